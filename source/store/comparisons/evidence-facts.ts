import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import { chatRequestOf, systemPrompt } from '../../traffic/chat-request.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { parseJsonObject } from '../../text/json.ts';
import { decodeBody, type BodyText } from '../bodies.ts';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** The answers of a side in an endpoint that name the same model, and when they were given, ISO 8601 in UTC. */
export type AnsweringFact = {
  readonly side: Side;
  readonly endpoint: string;
  /** Null if the answers name none. */
  readonly model: string | null;
  readonly answers: number;
  readonly first: string;
  readonly last: string;
};

/** Counts the answers of a comparison by endpoint and the model that they name. A recorded one is as old as its capture. */
export const answeringFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly AnsweringFact[]> => {
  const { rows } = await sql<AnsweringFact>`
    select side, endpoint, model, count(*) as answers, min(given) as first, max(given) as last
    from (
      select r.side, t.endpoint, r.model,
        case when r.recorded = 1 then coalesce(t.timestamp, r.created_at) else r.created_at end
          as given
      from response r
      join capture t on t.id between r.capture_id and r.capture_id
      where r.comparison_id = ${comparisonId} and r.sample = 0 and ${within(scope, 'r.capture_id')}
        -- Both sides, in the order of an index that has all of this.
        and r.side in ('baseline', 'candidate')
    ) answered
    group by side, endpoint, model
    order by side, endpoint, first, model
  `.execute(store.db);
  return rows.map((row) => ({ ...row, answers: Number(row.answers) }));
};

/**
 * When the last verdict that stands was given, ISO 8601 in UTC; null if there is none. `reviewer`: whose; null:
 * anyone's. See `fillStandingVerdicts`.
 */
export const lastVerdictAt = async (
  store: Store,
  { reviewer, scope }: { readonly reviewer: string | null; readonly scope: PairScope },
): Promise<string | null> => {
  const { rows } = await sql<{ readonly last: string | null }>`
    select max(created_at) as last from standing_verdict v
    where ${within(scope, 'v.capture_id')}
      and ${reviewer === null ? sql`1 = 1` : sql`v.reviewer = ${reviewer}`}
  `.execute(store.db);
  return rows[0]?.last ?? null;
};

/** Adds up the facts of several parts of a comparison; by side, endpoint, the first moment and model. */
export const mergeAnswering = (facts: readonly AnsweringFact[]): readonly AnsweringFact[] => {
  const groups = Map.groupBy(facts, ({ endpoint, model, side }) =>
    JSON.stringify([side, endpoint, model]),
  );
  return [...groups.values()]
    .map((own) =>
      own.reduce((sum, fact) => ({
        side: sum.side,
        endpoint: sum.endpoint,
        model: sum.model,
        answers: sum.answers + fact.answers,
        first: fact.first < sum.first ? fact.first : sum.first,
        last: fact.last > sum.last ? fact.last : sum.last,
      })),
    )
    .toSorted(
      (a, b) =>
        inOrder(a.side, b.side) ||
        inOrder(a.endpoint, b.endpoint) ||
        inOrder(a.first, b.first) ||
        inOrder(a.model ?? '', b.model ?? ''),
    );
};

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A capture, and its timestamp, ISO 8601 in UTC. */
type TimedCapture = readonly [at: string, captureId: string];

/** The captures of an endpoint with a timestamp: how many there are, and those at either end, by time. */
export type CaptureEnds = {
  readonly endpoint: string;
  readonly captures: number;
  readonly ends: readonly TimedCapture[];
};

/** The captures that are read at either end of an endpoint's traffic. */
const readAtEachEnd = 10;

/** Finds the first and the last captures of each endpoint. */
export const captureEnds = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly CaptureEnds[]> => {
  const { rows } = await sql<{
    readonly endpoint: string;
    readonly at: string;
    readonly id: string;
    readonly captures: number;
  }>`
    select endpoint, at, id, captures
    from (
      select t.endpoint, t.timestamp as at, t.id,
        row_number() over (partition by t.endpoint order by t.timestamp, t.id) as place,
        count(*) over (partition by t.endpoint) as captures
      from comparison_capture c
      join capture t on t.id between c.capture_id and c.capture_id
      where c.comparison_id = ${comparisonId} and t.timestamp is not null
        and ${within(scope, 'c.capture_id')}
    ) placed
    where place <= ${readAtEachEnd} or place > captures - ${readAtEachEnd}
    order by endpoint, place
  `.execute(store.db);
  return [...Map.groupBy(rows, ({ endpoint }) => endpoint)].map(([endpoint, own]) => ({
    endpoint,
    captures: Number(own[0]?.captures ?? 0),
    ends: own.map(({ at, id }): TimedCapture => [at, id]),
  }));
};

/** The same for several parts of a comparison together. */
export const mergeEnds = (parts: readonly CaptureEnds[]): readonly CaptureEnds[] =>
  [...Map.groupBy(parts, ({ endpoint }) => endpoint)]
    .map(([endpoint, own]) => {
      const all = own
        .flatMap(({ ends }) => ends)
        .toSorted(([a, one], [b, other]) => inOrder(a, b) || inOrder(one, other));
      return {
        endpoint,
        captures: own.reduce((sum, { captures }) => sum + captures, 0),
        ends:
          all.length <= 2 * readAtEachEnd
            ? all
            : [...all.slice(0, readAtEachEnd), ...all.slice(-readAtEachEnd)],
      };
    })
    .toSorted((a, b) => inOrder(a.endpoint, b.endpoint));

/** The system prompts of an endpoint's first captures and of its last, in the order of their timestamps. */
export type PromptFact = {
  readonly endpoint: string;
  readonly first: readonly TimedPrompt[];
  readonly last: readonly TimedPrompt[];
};

/** The system prompt of a capture; empty if it has none. */
type TimedPrompt = { readonly at: string; readonly prompt: string };

/** Captures per statement. */
const pageSize = 200;

/** Reads the system prompts at both ends of each endpoint's traffic. Endpoints with few captures are left out. */
export const promptFacts = async (
  store: Store,
  endpoints: readonly CaptureEnds[],
): Promise<readonly PromptFact[]> => {
  const read = endpoints.filter(({ captures }) => captures >= 2 * readAtEachEnd);
  const ids = read.flatMap(({ ends }) => ends.map(([, id]) => id));
  const prompts = new Map<string, string>();
  for (let at = 0; at < ids.length; at += pageSize) {
    const rows = await store.db
      .selectFrom('capture')
      .innerJoin('body', 'body.number', 'capture.request_body')
      .select(['capture.id', 'capture.dialect', 'capture.model', 'body.text'])
      .where('capture.id', 'in', ids.slice(at, at + pageSize))
      .$castTo<{
        readonly id: string;
        readonly dialect: Dialect;
        readonly model: string | null;
        readonly text: BodyText;
      }>()
      .execute();
    for (const { dialect, id, model, text } of rows) {
      const request = parseJsonObject(decodeBody(text));
      prompts.set(id, systemPrompt(chatRequestOf({ dialect, model, request })));
    }
  }
  return read.map(({ endpoint, ends }) => {
    const timed = ends.map(([at, id]) => ({ at, prompt: prompts.get(id) ?? '' }));
    return {
      endpoint,
      first: timed.slice(0, readAtEachEnd),
      last: timed.slice(-readAtEachEnd),
    };
  });
};
