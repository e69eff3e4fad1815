import { compareAnswers, comparisonRules } from '../comparison/compare-answers.ts';
import { sides, type Side } from '../comparison/outcome.ts';
import type { Answer } from '../models/answer.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import { reuseAnswer, saveResponses } from '../store/responses.ts';
import { saveOutcome } from '../store/comparisons/outcomes.ts';
import type { Capture } from '../traffic/capture.ts';
import { answerLiveTask } from './answer-live-task.ts';
import { orderedReason } from './claims.ts';
import type { Admitted, Wanted } from './limits/admission.ts';
import { expectedTokens, prepareLiveTask, type LiveTask } from './live-task.ts';
import { noOriginal } from './original/originals.ts';
import { recordedAnswer } from './recorded-answer.ts';
import type { Run } from './run.ts';
import { sharedSide, type Task } from './task.ts';
import type { ClaimedCapture } from './tasks.ts';

/** How a capture was left: with calls that are to be made later in this run, or with none. */
export type CaptureEnd = 'done' | 'later';

/** Answers of sample 0 that are there now, by comparison; null: the store has it. */
type Known = Map<string, Partial<Record<Side, Answer | null>>>;

/**
 * Begins the pairs of a capture: takes what is recorded from the recording and what another comparison
 * has from there, and waits until what is live may be sent. The promise inside is of the pairs' end;
 * the run must not end before it. It rejects when the store fails. `dueMs` is when the capture's turn
 * was.
 */
export const beginCapture = async (
  run: Run,
  claimed: ClaimedCapture,
  options: { readonly patient: boolean; readonly dueMs: number },
): Promise<{ readonly ended: Promise<CaptureEnd> }> => {
  for (const task of claimed.ordered) await run.notSent(task, orderedReason);
  const known: Known = new Map();
  const tasks = await withoutRecorded(run, claimed.tasks, known);
  const live: LiveTask[] = [];
  for (const task of tasks) {
    const { live: lane, model } = task.of;
    if (lane === null || model.kind !== 'live') continue;
    const stopped = lane.lane.stopped;
    const prepared = await prepareLiveTask(run, task, model, lane);
    if (await isReused(run, prepared, known)) continue;
    if (isOriginalGone(run, prepared)) await run.notSent(task, noOriginal);
    else if (stopped !== null) await run.notSent(task, stopped);
    else live.push(prepared);
  }
  const calls: Promise<readonly string[]>[] = [];
  for (const group of groupsOf(run, live)) {
    for (const task of group) run.tell(task, { kind: 'queued' });
    await new Promise<void>((taken) => {
      const wanted = group.map((task): Wanted => {
        const admission = Promise.withResolvers<Admitted>();
        calls.push(callOf(run, task, admission.promise, options.dueMs, known));
        const { atMost, live: lane } = task;
        const tokens = expectedTokens(task);
        return { lane: lane.lane, atMost, tokens, admitted: admission.resolve };
      });
      run.gate.begin(wanted, { patient: options.patient, taken });
    });
    if (run.aborted()) break;
  }
  return { ended: endCapture(run, claimed, known, calls) };
};

/** Sends a task; the comparisons for which it is to be sent later. */
const callOf = async (
  run: Run,
  task: LiveTask,
  admission: Promise<Admitted>,
  dueMs: number,
  known: Known,
): Promise<readonly string[]> => {
  const end = await answerLiveTask(run, task, admission, dueMs);
  if (end.kind === 'answered') know(known, task, end.answer);
  if (end.kind !== 'later') return [];
  await run.claims.release([sharedSide(task)]);
  return task.comparisonIds;
};

const know = (known: Known, { comparisonIds, of, sample }: Task, answer: Answer | null): void => {
  if (sample > 0) return;
  for (const comparisonId of comparisonIds) {
    known.set(comparisonId, { ...known.get(comparisonId), [of.side]: answer });
  }
};

/**
 * Stores what is recorded of the tasks, and gives back those of live models. Where the recording has
 * no answer, the other side is not sent either: its answer could be compared with nothing.
 */
const withoutRecorded = async (
  run: Run,
  tasks: readonly Task[],
  known: Known,
): Promise<readonly Task[]> => {
  const { store } = run.options;
  const incomparable = new Set<string>();
  for (const task of tasks) {
    const { capture, comparisonIds, of, sample } = task;
    if (of.model.kind !== 'recorded') continue;
    const found = recordedAnswer(capture, of.model);
    if (found.kind === 'missing') {
      for (const comparisonId of comparisonIds) incomparable.add(comparisonId);
      await run.notSent(task, found.reason);
      continue;
    }
    const { answer, timings } = found;
    const key = { captureId: capture.id, side: of.side, sample };
    const origin = { adaptations: [], recorded: true, providerRequestId: null };
    const response = { ...key, answer, timings, ...origin, at: run.options.at() };
    const areNew = await saveResponses(store, comparisonIds, response);
    for (const [index, comparisonId] of comparisonIds.entries()) {
      know(known, { ...task, comparisonIds: [comparisonId] }, areNew[index] ? answer : null);
    }
    run.answered(task, true, areNew);
  }
  const live: Task[] = [];
  for (const task of tasks) {
    if (task.of.model.kind !== 'live') continue;
    const useless = task.comparisonIds.filter((id) => incomparable.has(id));
    const useful = task.comparisonIds.filter((id) => !incomparable.has(id));
    if (useless.length > 0) {
      const reason = 'the other side has no recorded answer';
      await run.notSent({ ...task, comparisonIds: useless }, reason);
    }
    if (useful.length > 0) live.push({ ...task, comparisonIds: useful });
  }
  return live;
};

/** What is stored is never sent in place of an original that was asked for. */
const isOriginalGone = ({ options }: Run, { capture, original }: LiveTask): boolean =>
  options.originals !== undefined && capture.redacted === true && original === null;

/** Takes a baseline's answer from a comparison that has it; false when none has. */
const isReused = async (run: Run, task: LiveTask, known: Known): Promise<boolean> => {
  const { capture, comparisonIds, of, sample } = task;
  if (of.side !== 'baseline') return false;
  const own = run.options.comparisons.map(({ comparisonId }) => comparisonId);
  const adaptations = JSON.stringify(task.adaptations);
  const from = [
    ...own.map((comparisonId) => ({ comparisonId, adaptations: null })),
    ...[...run.siblings].map((comparisonId) => ({ comparisonId, adaptations })),
  ].filter(({ comparisonId }) => !comparisonIds.includes(comparisonId));
  if (from.length === 0) return false;
  const originals = run.options.originals !== undefined && capture.redacted === true;
  const key = { captureId: capture.id, side: of.side, sample, originals };
  if (!(await reuseAnswer(run.options.store, { ...key, from, to: comparisonIds }))) return false;
  know(known, task, null);
  run.answered(
    task,
    false,
    comparisonIds.map(() => true),
  );
  return true;
};

/** The calls that start together, in random order: those of one sample. */
const groupsOf = (run: Run, live: readonly LiveTask[]): readonly (readonly LiveTask[])[] => {
  const samples = [...new Set(live.map(({ sample }) => sample))];
  return samples.map((sample) =>
    shuffled(
      live.filter((task) => task.sample === sample),
      run.options.random,
    ),
  );
};

const shuffled = <Item>(items: readonly Item[], random: () => number): readonly Item[] =>
  items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);

const endCapture = async (
  run: Run,
  claimed: ClaimedCapture,
  known: Known,
  calls: readonly Promise<readonly string[]>[],
): Promise<CaptureEnd> => {
  const { awaited, capture, comparisonIds, tasks } = claimed;
  const later = new Set((await Promise.all(calls)).flat());
  for (const comparisonId of comparisonIds) {
    const tally = run.tallies.get(comparisonId);
    const isDone = !later.has(comparisonId) && !awaited.has(comparisonId);
    if (isDone && !run.aborted() && tally !== undefined) tally.doneInRun++;
    const own = tasks.filter(
      (task) => task.sample === 0 && task.comparisonIds.includes(comparisonId),
    );
    const has = known.get(comparisonId) ?? {};
    if (own.length === 0 || own.some(({ of }) => has[of.side] === undefined)) continue;
    await compareStored(run, comparisonId, capture, has);
  }
  return later.size > 0 ? 'later' : 'done';
};

/** Compares a pair if both sides are answered, and stores what comes of it. */
export const compareStored = async (
  run: Run,
  comparisonId: string,
  capture: Capture,
  known: Partial<Record<Side, Answer | null>>,
): Promise<void> => {
  const { store } = run.options;
  let baseline = known.baseline ?? null;
  let candidate = known.candidate ?? null;
  if (baseline === null || candidate === null) {
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
  run.emit({ kind: 'outcome', comparisonId, captureId, outcome: comparison.outcome });
};
