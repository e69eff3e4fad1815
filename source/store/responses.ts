import type { Insertable, Transaction } from 'kysely';
import type { Side } from '../comparison/outcome.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { Answer, Timings, Usage } from '../models/answer.ts';
import type { Adaptation } from '../traffic/dialects/adaptation.ts';
import { deleteBody, encodeBody, saveBody, storableOrNull } from './bodies.ts';
import { endClaim } from './side-claims.ts';
import { insertOnce } from './compiled-queries.ts';
import type { Store } from './open.ts';
import type { Tables } from './tables.ts';
import { timingColumns, usageColumns } from './usage-columns.ts';
import { writeTogether } from './write-together.ts';

/** One side of a pair. `sample` numbers repeated answers; the default is 0. */
export type SideKey = {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  readonly sample?: number;
};

/** An answer to store. */
export type NewResponse = SideKey & {
  readonly answer: Answer;
  readonly timings: Timings;
  readonly adaptations: readonly Adaptation[];
  /** How the request reached the model; default: `native`. */
  readonly path?: RequestPath;
  /**
   * The number of placeholders in the request that were replaced by their values when it was sent;
   * default 0.
   */
  readonly originals?: number;
  /** Whether it was taken from the recording, without a call. */
  readonly recorded: boolean;
  /** Whether it was answered in a batch, at the batch price; default false. */
  readonly batch?: boolean;
  /** Made for another comparison with the same baseline, which counts its cost; default false. */
  readonly reused?: boolean;
  /** The most that the call can have used. Stored if the provider reported no usage. */
  readonly bound?: Usage;
  readonly providerRequestId: string | null;
  readonly at: string;
};

/** A response that is saved for several comparisons. */
type SharedResponse = Omit<NewResponse, 'comparisonId'>;

const insertResponse = insertOnce('response');

/**
 * Saves an answer. It is committed when the promise resolves. False if the side already has an
 * answer, which stays unchanged.
 */
export const saveResponse = async (store: Store, response: NewResponse): Promise<boolean> =>
  (await saveResponses(store, [response.comparisonId], response))[0] ?? false;

/**
 * Saves an answer like `saveResponse`, but for several comparisons, with one result for each. The
 * text is stored once. A paid answer counts as reused in all comparisons except the first in which
 * it is new. If it is new in none, its cost is kept for the ledger.
 */
export const saveResponses = async (
  store: Store,
  comparisonIds: readonly string[],
  response: SharedResponse,
): Promise<readonly boolean[]> => {
  let areNew: readonly boolean[] = [];
  await writeTogether(store, async (transaction) => {
    areNew = await insertAnswers(transaction, comparisonIds, response);
  });
  return areNew;
};

/** Saves answers like `saveResponses`, within a transaction that writes more. */
export const insertAnswers = async (
  transaction: Transaction<Tables>,
  comparisonIds: readonly string[],
  response: SharedResponse,
): Promise<readonly boolean[]> => {
  const body = await saveBody(transaction, encodeBody(response.answer));
  const { captureId, recorded, sample = 0, side } = response;
  const areNew: boolean[] = [];
  let isBooked = recorded || response.reused === true;
  for (const comparisonId of comparisonIds) {
    const reused = isBooked && !recorded;
    const row = responseRow({ ...response, comparisonId, reused }, body);
    const isNew = await insertResponse(transaction, row);
    areNew.push(isNew);
    isBooked ||= isNew;
    await endClaim(transaction, { captureId, side, sample, comparisonId });
  }
  const [first] = comparisonIds;
  if (!isBooked && first !== undefined) await insertSurplus(transaction, first, response);
  if (!areNew.includes(true)) await deleteBody(transaction, body);
  return areNew;
};

const responseRow = (response: NewResponse, body: number): Insertable<Tables['response']> => ({
  comparison_id: response.comparisonId,
  capture_id: response.captureId,
  side: response.side,
  sample: response.sample ?? 0,
  answer_body: body,
  finish_reason: storableOrNull(response.answer.finishReason),
  model: storableOrNull(response.answer.model),
  ...usageColumns(response.answer, response.bound),
  ...timingColumns(response.timings),
  recorded: Number(response.recorded),
  batch: Number(response.batch ?? false),
  reused: Number(response.reused ?? false),
  adaptations: JSON.stringify(response.adaptations),
  path: response.path ?? 'native',
  originals: response.originals ?? 0,
  provider_request_id: storableOrNull(response.providerRequestId),
  created_at: response.at,
});

/** Keeps the cost of an answer that no comparison needed any more, for the ledger. */
const insertSurplus = async (
  transaction: Transaction<Tables>,
  comparisonId: string,
  response: SharedResponse,
): Promise<void> => {
  await transaction
    .insertInto('surplus_answer')
    .values({
      comparison_id: comparisonId,
      capture_id: response.captureId,
      side: response.side,
      sample: response.sample ?? 0,
      ...usageColumns(response.answer, response.bound),
      batch: Number(response.batch ?? false),
      provider_request_id: storableOrNull(response.providerRequestId),
      created_at: response.at,
    })
    .execute();
};

/**
 * Copies an answer of another comparison, as reused, into those that lack it. `from` are the
 * comparisons to search, each with the adaptations that the answer must have been made with, as
 * JSON (null for any). An answer to a request with original values does not serve a request with
 * placeholders, nor vice versa. False if no comparison has a suitable answer.
 */
export const reuseAnswer = async (
  store: Store,
  answer: {
    readonly captureId: string;
    readonly side: Side;
    readonly sample: number;
    readonly sources: readonly {
      readonly comparisonId: string;
      readonly adaptations: string | null;
    }[];
    readonly targets: readonly string[];
    /** Whether the request would be sent with its original values; default false. */
    readonly originals?: boolean;
  },
): Promise<boolean> => {
  const { captureId, originals = false, sample, side, sources, targets } = answer;
  const adaptationsOf = new Map(sources.map((one) => [one.comparisonId, one.adaptations]));
  const rows = await store.db
    .selectFrom('response')
    .selectAll()
    .where('capture_id', '=', captureId)
    .where('side', '=', side)
    .where('sample', '=', sample)
    .where('comparison_id', 'in', [...adaptationsOf.keys()])
    .orderBy('reused')
    .execute();
  const found = rows.find((row) => {
    const wanted = adaptationsOf.get(row.comparison_id) ?? null;
    return row.originals > 0 === originals && (wanted === null || wanted === row.adaptations);
  });
  if (found === undefined) return false;
  await writeTogether(store, async (transaction) => {
    for (const comparisonId of targets) {
      await transaction
        .insertInto('response')
        .values({ ...found, comparison_id: comparisonId, reused: 1 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await endClaim(transaction, { captureId, side, sample, comparisonId });
    }
  });
  return true;
};
