import { compareAnswers, comparisonRules } from '../comparison/compare.ts';
import { sides, type Side } from '../comparison/outcome.ts';
import type { Answer } from '../models/answer.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import { saveOutcome, saveResponse } from '../store/responses.ts';
import type { Capture } from '../traffic/capture.ts';
import { answerLiveSide, prepareLiveSide, type LiveSide } from './live-side.ts';
import type { Pending } from './pending.ts';
import { recordedAnswer } from './recorded-answer.ts';
import type { Run } from './run.ts';

/**
 * Begins a pair: takes what is recorded from the recording, and waits until what is live may be sent.
 * The promise inside is of the pair's end; the run must not end before it. It rejects when the store
 * fails.
 */
export const beginPair = async (
  run: Run,
  { capture, missing }: Pending,
): Promise<{ readonly ended: Promise<void> }> => {
  const due = run.options.now();
  const answers: Partial<Record<Side, Answer>> = {};
  const live = await liveSides(run, capture, missing, answers);
  const calls: Promise<void>[] = [];
  for (const group of groups(run, live)) {
    const atMost = group.map((one) => one.atMost);
    const admitted = await run.gate.admit({ atMost, retry: false });
    if (admitted === 'closed') break;
    for (const [index, one] of group.entries()) {
      if (admitted === 'budget reached') {
        await run.notSent(capture.id, one.side, admitted);
        continue;
      }
      const reservation = admitted[index];
      if (reservation === undefined)
        throw new Error('The gate let fewer calls through than asked.');
      const stopped = run.stopped(one.side);
      if (stopped !== null) {
        run.gate.leave(reservation, 0);
        await run.notSent(capture.id, one.side, stopped);
        continue;
      }
      calls.push(
        answerLiveSide(run, one, reservation, due).then((answer) => {
          if (answer !== null) answers[one.side] = answer;
        }),
      );
    }
  }
  return { ended: endPair(run, capture, answers, calls) };
};

/** Stores what is recorded of the missing sides, and gives back those that must be sent. */
const liveSides = async (
  run: Run,
  capture: Capture,
  missing: readonly Side[],
  answers: Partial<Record<Side, Answer>>,
): Promise<readonly LiveSide[]> => {
  const { comparisonId, models, store } = run.options;
  const live: LiveSide[] = [];
  let incomparable = false;
  for (const side of missing) {
    const model = models[side];
    if (model.kind === 'live') {
      live.push(prepareLiveSide(run, capture, side, model));
      continue;
    }
    const found = recordedAnswer(capture, model);
    if (found.kind === 'missing') {
      incomparable = true;
      await run.notSent(capture.id, side, found.reason);
      continue;
    }
    const { answer, timings } = found;
    const key = { comparisonId, captureId: capture.id, side };
    const origin = { adaptations: [], recorded: true, providerRequestId: null };
    const at = run.options.at();
    const kept = await saveResponse(store, { ...key, answer, timings, ...origin, at });
    if (kept) answers[side] = answer;
    run.answered(capture.id, side, true);
  }
  const sent: LiveSide[] = [];
  for (const one of live) {
    const reason = incomparable ? 'the other side has no recorded answer' : run.stopped(one.side);
    if (reason === null) sent.push(one);
    else await run.notSent(capture.id, one.side, reason);
  }
  return sent;
};

/** The calls that start together, in random order. */
const groups = (run: Run, live: readonly LiveSide[]): readonly (readonly LiveSide[])[] => {
  const order = run.options.random() < 0.5 ? live : live.toReversed();
  if (order.length === 0) return [];
  return run.options.concurrency >= order.length ? [order] : order.map((one) => [one]);
};

const endPair = async (
  run: Run,
  capture: Capture,
  answers: Partial<Record<Side, Answer>>,
  calls: readonly Promise<void>[],
): Promise<void> => {
  await Promise.all(calls);
  if (!run.aborted()) run.tally.doneInRun++;
  await compareStored(run, capture, answers);
};

/** Compares a pair if both sides are answered, and stores what comes of it. */
export const compareStored = async (
  run: Run,
  capture: Capture,
  known: Partial<Record<Side, Answer>>,
): Promise<void> => {
  const { comparisonId, store } = run.options;
  let { baseline, candidate } = known;
  if (baseline === undefined || candidate === undefined) {
    // One side may have been answered in an earlier run, or by another process in this moment.
    const pair = await loadPair(store, comparisonId, capture.id);
    const [first, second] = sides.map((side) => pair.sides[side]);
    if (first?.kind !== 'answered' || second?.kind !== 'answered') return;
    baseline = first.answer;
    candidate = second.answer;
  }
  const comparison = compareAnswers(capture.request, baseline, candidate);
  const captureId = capture.id;
  await saveOutcome(store, { comparisonId, captureId, rules: comparisonRules, comparison });
  run.emit({ kind: 'outcome', captureId, outcome: comparison.outcome });
};
