import { setImmediate } from 'node:timers/promises';
import { sides, type Side } from '../../comparison/outcome.ts';
import { batchInputLine } from '../../models/batch/batch-line.ts';
import type { Model } from '../../models/model.ts';
import { costAtMost } from '../../models/prices.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { batchRefusals, batchTries, triesKey } from '../../store/batches/batch-tries.ts';
import type { NotSent } from '../../store/not-sent.ts';
import { orderedElsewhere } from '../../store/batches/batch-lines.ts';
import { pendingPairs, type PendingPair } from '../../store/comparisons/pending-pairs.ts';
import { saveResponses } from '../../store/responses.ts';
import { sha256 } from '../../traffic/hash.ts';
import { orderedReason, takenReason } from '../claims.ts';
import { recordedResponse, reuseBaselineAnswer, splitByRecording } from '../known-answers.ts';
import { usageBound } from '../limits/cost-bound.ts';
import { sharedSide, type Task } from '../run-model.ts';
import { budgetReached } from '../run-progress.ts';
import { inBatch } from './amend-request.ts';
import { modelOfSide, type BatchComparison } from './batch-comparison.ts';
import type { BatchModel, BatchSide } from './batch-options.ts';
import { JobWriter, type JobLine } from './job-writer.ts';
import type { Capture } from '../../traffic/capture.ts';
import { maximumRemedies } from '../remedy-book.ts';

/** A missing answer of a live or recorded model. */
type BatchTask = Task<{ readonly side: Side; readonly model: Model; readonly from: BatchModel }>;

/** A request to submit. */
type Order = { readonly side: Side; readonly to: BatchSide; readonly line: JobLine };

const pageSize = 256;

/**
 * Turns the missing answers of a comparison into jobs and yields each one when its file is full. It
 * ends at the first pair whose requests do not fit into the budget; that pair and all later ones
 * are not sent. It skips answers that failed permanently in an earlier batch, are already
 * submitted, or are being sent by a live run.
 */
export async function* planJobs(
  comparison: BatchComparison,
): AsyncGenerator<BatchJob, void, undefined> {
  const { id, options, samples } = comparison;
  const { signal, store } = options;
  const writers: Record<Side, JobWriter | null> = { baseline: null, candidate: null };
  let isOverBudget = false;
  try {
    let afterPosition: string | null = null;
    while (!signal.aborted) {
      const page = await pendingPairs(store, id, { afterPosition, limit: pageSize, samples });
      const last = page.at(-1);
      if (last === undefined) break;
      const { notSent, pairs, saving } = await ordersOnPage(comparison, page);
      for (const orders of pairs) {
        isOverBudget ||= !reserve(comparison, orders);
        for (const order of orders) {
          const { line, side, to } = order;
          const reason = isOverBudget ? budgetReached : unsendable(comparison, order);
          if (reason !== null) {
            notSent.push({ captureId: line.captureId, side, sample: line.sample, reason });
            continue;
          }
          const bytes = Buffer.byteLength(line.text);
          const writer = writers[side];
          if (writer !== null && !writer.fits(bytes)) {
            writers[side] = null;
            const job = await writer.finish();
            if (job !== null) yield job;
          }
          writers[side] ??= await JobWriter.open(comparison, side, to);
          await writers[side].add(line, bytes);
        }
      }
      await Promise.all(saving);
      await comparison.notSent(notSent);
      afterPosition = last.position;
      await setImmediate();
    }
    for (const side of sides) {
      const writer = writers[side];
      writers[side] = null;
      if (writer === null) continue;
      const stopped = comparison.stopped(side);
      if (signal.aborted || stopped !== null) {
        await writer.abandon(stopped?.reason ?? null);
        continue;
      }
      const job = await writer.finish();
      if (job !== null) yield job;
    }
  } finally {
    for (const side of sides) await writers[side]?.abandon(null);
  }
}

/** The work for a page of pairs. */
type PagePlan = {
  /** The requests of each pair. */
  readonly pairs: readonly (readonly Order[])[];
  readonly notSent: NotSent[];
  /** Writes started together so that they share a transaction. */
  readonly saving: readonly Promise<unknown>[];
};

/**
 * Settles the answers on a page of pairs that need no provider, and creates requests for the rest.
 */
const ordersOnPage = async (
  comparison: BatchComparison,
  page: readonly PendingPair[],
): Promise<PagePlan> => {
  const { options, run, siblings } = comparison;
  const { at, store } = options;
  const captureIds = page.map(({ capture }) => capture.id);
  const lost = await findLostAnswers(comparison, captureIds);
  const elsewhere = await orderedElsewhere(store, [...siblings], captureIds, 'baseline');
  const notSent: NotSent[] = [];
  const saving: Promise<unknown>[] = [];
  const pairs: (readonly Order[])[] = [];
  for (const tasks of await claimTasks(comparison, page, notSent)) {
    const split = splitByRecording(tasks, options.thinkTags ?? 'apart');
    for (const found of split.recorded) {
      const { answer, task } = found;
      saving.push(saveResponses(store, task.comparisonIds, recordedResponse(found, at())));
      run.answered(task.target.from, answer);
    }
    for (const { reason, task } of split.notSent) notSent.push(notSentTask(task, reason));
    const orders: Order[] = [];
    for (const task of split.live) {
      const order = await makeOrder(comparison, task, { lost, elsewhere });
      if (order === 'not needed') continue;
      if (order === 'ordered') notSent.push(notSentTask(task, orderedReason));
      else orders.push(order);
    }
    pairs.push(orders);
  }
  return { pairs, notSent, saving };
};

/**
 * Claims the missing answers of pairs, so that no live run sends them before they are submitted.
 * Returns the remaining tasks of each pair. Answers claimed by another run go to `notSent`.
 */
const claimTasks = async (
  { id, models, run }: BatchComparison,
  page: readonly PendingPair[],
  notSent: NotSent[],
): Promise<readonly (readonly BatchTask[])[]> => {
  const pairs = page.map(({ capture, missing }) =>
    missing.map(({ sample, side }): BatchTask => {
      const from = models[side];
      const target = { side, model: modelOfSide(from), from };
      return { capture, target, sample, comparisonIds: [id] };
    }),
  );
  const live = pairs.flat().filter(({ target }) => target.model.kind === 'live');
  const results = await run.claims.take(live.map(sharedSide));
  const unclaimed = new Set<BatchTask>();
  for (const [index, task] of live.entries()) {
    const result = results[index];
    if (result === undefined || result.claimed.length > 0) continue;
    unclaimed.add(task);
    if (result.taken.length > 0) notSent.push(notSentTask(task, takenReason));
  }
  return pairs.map((tasks) => tasks.filter((task) => !unclaimed.has(task)));
};

/**
 * Creates the request for a task, unless its answer is not needed or is submitted for another
 * comparison.
 */
const makeOrder = async (
  comparison: BatchComparison,
  task: BatchTask,
  page: {
    readonly lost: LostAnswers;
    /** Answers of the baseline that are submitted for another comparison, by `triesKey`. */
    readonly elsewhere: ReadonlySet<string>;
  },
): Promise<Order | 'not needed' | 'ordered'> => {
  const { capture, sample, target } = task;
  const { from: to, side } = target;
  if (!('api' in to) || (await page.lost.has(task, to))) return 'not needed';
  const { adaptations: asLive, body } = await to.adapt(capture.request);
  const adaptations = inBatch(asLive);
  const isReused = await reuseBaselineAnswer(comparison.options.store, task, {
    own: [],
    siblings: comparison.siblings,
    adaptations: [adaptations, asLive],
    originals: false,
  });
  if (isReused) return 'not needed';
  const isElsewhere = page.elsewhere.has(triesKey(capture.id, side, sample));
  if (side === 'baseline' && isElsewhere) return 'ordered';
  const bound = to.price === null ? null : costAtMost(usageBound(body), to.price);
  const id = customId({ comparisonId: comparison.id, captureId: capture.id, side, sample });
  return {
    side,
    to,
    line: {
      customId: id,
      captureId: capture.id,
      sample,
      adaptations,
      text: batchInputLine(to.profile, id, body),
      atMost: (bound ?? 0) * to.profile.priceFactor,
    },
  };
};

/**
 * Returns the `custom_id` of an answer in a batch: 33 characters, the same on every machine. It
 * does not contain the capture's own id, which may be private or longer than the 64 characters that
 * providers accept.
 */
export const customId = (answer: {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  readonly sample: number;
}): string => {
  const { captureId, comparisonId, sample, side } = answer;
  return `u${sha256([comparisonId, side, sample, captureId].join('\0')).slice(0, 32)}`;
};

const notSentTask = ({ capture, sample, target }: BatchTask, reason: string): NotSent => ({
  captureId: capture.id,
  side: target.side,
  sample,
  reason,
});

/** Returns why a request cannot be submitted; null if it can. */
const unsendable = (comparison: BatchComparison, { line, side, to }: Order): string | null => {
  const stopped = comparison.stopped(side);
  if (stopped !== null) return stopped.reason;
  return Buffer.byteLength(line.text) > to.profile.maximumBytes
    ? 'larger than a file of its Batch API may be'
    : null;
};

/**
 * Reserves the most that the requests of a pair can cost. Returns whether it fits into the budget.
 */
const reserve = ({ run }: BatchComparison, orders: readonly Order[]): boolean => {
  if (orders.length === 0) return true;
  const total = orders.reduce((sum, { line }) => sum + line.atMost, 0);
  return run.budget.reserve(total) !== null;
};

/** The answers that failed permanently in a batch. */
type LostAnswers = {
  readonly has: (
    answer: {
      readonly capture: Capture;
      readonly target: { readonly side: Side };
      readonly sample: number;
    },
    side: BatchSide,
  ) => Promise<boolean>;
};

/**
 * Finds the answers to these captures that have failed permanently. A refused answer does not count
 * if a remedy has been found since, or if changes are now allowed.
 */
const findLostAnswers = async (
  comparison: BatchComparison,
  captureIds: readonly string[],
): Promise<LostAnswers> => {
  const { store } = comparison.options;
  const tries = await batchTries(store, comparison.id, captureIds);
  const isAnyFinal = [...tries.values()].some(({ final }) => final);
  const refusals = isAnyFinal
    ? await batchRefusals(store, comparison.id, captureIds)
    : new Map<string, never>();
  return {
    has: async ({ capture, sample, target }, side) => {
      const key = triesKey(capture.id, target.side, sample);
      const known = tries.get(key);
      if (known === undefined || !known.final) return false;
      const failure = refusals.get(key);
      if (failure === undefined || known.tries > maximumRemedies) return true;
      const amendment = await side.amend(capture.request, { failure, adaptations: null });
      return amendment.kind !== 'changed';
    },
  };
};
