import { setImmediate } from 'node:timers/promises';
import { sides, type Side } from '../../comparison/outcome.ts';
import { batchInputLine } from '../../models/batch/batch-line.ts';
import type { Adaptation } from '../../models/model.ts';
import { costOf } from '../../models/prices.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { triesKey } from '../../store/batches/batch-tries.ts';
import type { NotSent } from '../../store/not-sent.ts';
import { orderedElsewhere } from '../../store/batches/batch-lines.ts';
import { reuseAnswer, saveResponse } from '../../store/responses.ts';
import { pendingPairs, type PendingPair } from '../../store/comparisons/pending-pairs.ts';
import { orderedReason, takenReason } from '../claims.ts';
import { usageBound } from '../limits/cost-bound.ts';
import { recordedAnswer } from '../recorded-answer.ts';
import { inBatch } from './amend-request.ts';
import type { BatchRun } from './batch-run.ts';
import { customIdOf } from './custom-id.ts';
import { openJobWriter, type JobLine, type JobWriter } from './job-writer.ts';
import { lostAnswers, type LostAnswers } from './lost-answers.ts';
import type { BatchSide } from './options.ts';
import { wantedSamples } from './wanted-samples.ts';

/** A request of a side that is to be ordered. */
type Order = { readonly side: Side; readonly to: BatchSide; readonly line: JobLine };

const pageSize = 256;

/**
 * Turns what a comparison still lacks into jobs, one after the other as their files are full. A pair
 * whose orders do not fit into the budget ends it: they and all that follow are not sent. What failed
 * for good in a batch before is not ordered again, and what is ordered already, or is being sent by a
 * live run, is left alone.
 */
export async function* planJobs(run: BatchRun): AsyncGenerator<BatchJob, void, undefined> {
  const { comparisonId } = run;
  const { signal, store } = run.options;
  const writers: Record<Side, JobWriter | null> = { baseline: null, candidate: null };
  const samples = wantedSamples(run);
  let budgetReached = false;
  try {
    let afterPosition: string | null = null;
    while (!signal.aborted) {
      const page = await pendingPairs(store, comparisonId, {
        afterPosition,
        limit: pageSize,
        samples,
      });
      const last = page.at(-1);
      if (last === undefined) break;
      const ids = page.map(({ capture }) => capture.id);
      const isLost = await lostAnswers(run, ids);
      const elsewhere = await orderedElsewhere(store, run.siblings, ids, 'baseline');
      const notSent: NotSent[] = [];
      // What is stored at once shares a transaction.
      const saving: Promise<unknown>[] = [];
      for (const pair of await claimPairs(run, page, notSent)) {
        const orders = await ordersOf(run, pair, { isLost, elsewhere, notSent, saving });
        budgetReached ||= !reserve(run, orders);
        for (const { line, side, to } of orders) {
          const problem = budgetReached
            ? 'budget reached'
            : (stopText(run, side) ?? tooLarge(line, to));
          if (problem !== null) {
            notSent.push({ captureId: line.captureId, side, sample: line.sample, reason: problem });
            continue;
          }
          const bytes = Buffer.byteLength(line.text);
          const full = writers[side];
          if (full !== null && !full.fits(bytes)) {
            writers[side] = null;
            const job = await full.finish();
            if (job !== null) yield job;
          }
          writers[side] ??= await openJobWriter(run, side, to);
          await writers[side].add(line, bytes);
        }
      }
      await Promise.all(saving);
      if (notSent.length > 0) await run.notSent(notSent);
      afterPosition = last.position;
      await setImmediate();
    }
    for (const side of sides) {
      const writer = writers[side];
      writers[side] = null;
      if (writer === null) continue;
      if (signal.aborted || run.stopped(side) !== null) {
        await writer.abandon(stopText(run, side));
        continue;
      }
      const job = await writer.finish();
      if (job !== null) yield job;
    }
  } finally {
    for (const side of sides) await writers[side]?.abandon(null);
  }
}

/**
 * Claims what pairs lack, so that no live run sends it until it is ordered. Gives the pairs with what
 * is left to do; what another run has claimed goes to `notSent`.
 */
const claimPairs = async (
  { claims, comparisonId, sides: models }: BatchRun,
  page: readonly PendingPair[],
  notSent: NotSent[],
): Promise<readonly PendingPair[]> => {
  const wanted = page.flatMap(({ capture, missing }) =>
    missing
      .filter(({ side }) => 'api' in models[side])
      .map(({ sample, side }) => ({ captureId: capture.id, side, sample })),
  );
  const results = await claims.take(
    wanted.map((one) => ({ ...one, comparisonIds: [comparisonId] })),
  );
  const lost = new Set<string>();
  for (const [index, { captureId, sample, side }] of wanted.entries()) {
    const result = results[index];
    if (result === undefined || result.claimed.length > 0) continue;
    lost.add(triesKey(captureId, side, sample));
    if (result.taken.length > 0) notSent.push({ captureId, side, sample, reason: takenReason });
  }
  return page.map((pair) => ({
    ...pair,
    missing: pair.missing.filter(
      ({ sample, side }) => !lost.has(triesKey(pair.capture.id, side, sample)),
    ),
  }));
};

/** Why nothing is sent to a side any more; null while it is. */
const stopText = (run: BatchRun, side: Side): string | null => run.stopped(side)?.reason ?? null;

const tooLarge = (line: JobLine, { profile }: BatchSide): string | null =>
  Buffer.byteLength(line.text) > profile.maximumBytes
    ? 'larger than a file of its Batch API may be'
    : null;

/** Stores what is recorded of a pair, and gives back what must be ordered. */
const ordersOf = async (
  run: BatchRun,
  { capture, missing }: PendingPair,
  page: {
    readonly isLost: LostAnswers;
    /** Answers of the baseline that are ordered for another comparison, by `triesKey`. */
    readonly elsewhere: ReadonlySet<string>;
    readonly notSent: NotSent[];
    readonly saving: Promise<unknown>[];
  },
): Promise<readonly Order[]> => {
  const { comparisonId, sides: models } = run;
  const { at, store } = run.options;
  const { elsewhere, isLost, notSent, saving } = page;
  const orders: Order[] = [];
  let incomparable = false;
  for (const answer of missing) {
    const { sample, side } = answer;
    const key = { comparisonId, captureId: capture.id, side, sample };
    const to = models[side];
    if ('api' in to) {
      if (await isLost(capture, answer, to)) continue;
      const { adaptations: asLive, body } = await to.adapt(capture.request);
      const adaptations = inBatch(asLive);
      if (side === 'baseline' && (await isReused(run, key, [adaptations, asLive]))) continue;
      if (side === 'baseline' && elsewhere.has(triesKey(capture.id, side, sample))) {
        notSent.push({ captureId: capture.id, side, sample, reason: orderedReason });
        continue;
      }
      const bound = to.price === null ? null : costOf(usageBound(body), to.price);
      orders.push({
        side,
        to,
        line: {
          customId: customIdOf(key),
          captureId: capture.id,
          sample,
          adaptations,
          text: batchInputLine(to.profile, customIdOf(key), body),
          atMost: (bound ?? 0) * to.profile.priceFactor,
        },
      });
      continue;
    }
    const found = recordedAnswer(capture, to);
    if (found.kind === 'missing') {
      incomparable = true;
      notSent.push({ captureId: capture.id, side, sample, reason: found.reason });
      continue;
    }
    const origin = { adaptations: [], recorded: true, providerRequestId: null };
    const { timings } = found;
    saving.push(
      saveResponse(store, { ...key, answer: found.answer, timings, ...origin, at: at() }),
    );
    run.answered(side, found.answer);
  }
  if (!incomparable) return orders;
  const reason = 'the other side has no recorded answer';
  for (const { line, side } of orders) {
    notSent.push({ captureId: capture.id, side, sample: line.sample, reason });
  }
  return [];
};

/** Takes a baseline's answer from a comparison of the same name that has it; false when none has. */
const isReused = async (
  { comparisonId, options, siblings }: BatchRun,
  key: { readonly captureId: string; readonly side: Side; readonly sample: number },
  adaptations: readonly (readonly Adaptation[])[],
): Promise<boolean> => {
  if (siblings.length === 0) return false;
  for (const made of adaptations) {
    const from = siblings.map((sibling) => ({
      comparisonId: sibling,
      adaptations: JSON.stringify(made),
    }));
    const to = [comparisonId];
    if (await reuseAnswer(options.store, { ...key, from, to })) return true;
  }
  return false;
};

/** Sets aside the most that the orders of a pair can cost; whether that fits. */
const reserve = (run: BatchRun, orders: readonly Order[]): boolean => {
  if (orders.length === 0) return true;
  const total = orders.reduce((sum, { line }) => sum + line.atMost, 0);
  return run.budget.reserve(total) !== null;
};
