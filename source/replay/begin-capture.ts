import type { Side } from '../comparison/outcome.ts';
import { routeProblem } from '../models/adaptation/route-request.ts';
import type { Answer } from '../models/answer.ts';
import { saveResponses } from '../store/responses.ts';
import { sendCalls, type CallEnd } from './calls/send-calls.ts';
import type { ClaimedCapture } from './claimed-captures.ts';
import { orderedReason } from './claims.ts';
import { comparePair } from './compare-stored.ts';
import { recordedResponse, reuseBaselineAnswer, splitTasks } from './known-answers.ts';
import { prepareLiveTask, type LiveTask } from './live-task.ts';
import { noOriginal } from './original-requests.ts';
import { sharedSide, type Task } from './run-model.ts';
import type { ReplayRun } from './run.ts';
import { endTask, taskKeeper, type AreNew } from './task-keeper.ts';

/** The outcome of a capture: `later` if calls were deferred to later in this run. */
export type CaptureEnd = 'done' | 'later';

/** The answers of sample 0 that are already available, by comparison; null if the store has it. */
class KnownAnswers {
  readonly #answers = new Map<string, Partial<Record<Side, Answer | null>>>();

  add({ comparisonIds, sample, target }: Task, answer: Answer | null): void {
    if (sample > 0) return;
    for (const comparisonId of comparisonIds) {
      this.#answers.set(comparisonId, { ...this.sides(comparisonId), [target.side]: answer });
    }
  }

  sides(comparisonId: string): Partial<Record<Side, Answer | null>> {
    return this.#answers.get(comparisonId) ?? {};
  }
}

/**
 * Starts the pairs of a capture: takes answers from the recording or another comparison where
 * possible, and waits until the remaining calls may be sent. `ended` resolves when the pairs have
 * ended, and rejects when the store fails; the run must not end before. `dueMs` is the scheduled
 * time of the capture.
 */
export const beginCapture = async (
  run: ReplayRun,
  claimed: ClaimedCapture,
  options: { readonly isPatient: boolean; readonly dueMs: number },
): Promise<{ readonly ended: Promise<CaptureEnd> }> => {
  const { dueMs, isPatient: patient } = options;
  const keeper = taskKeeper(run);
  const known = new KnownAnswers();
  const live = await unknownAnswers(run, claimed, known);
  const calls: Promise<readonly string[]>[] = [];
  for (const group of callGroups(run, live)) {
    for (const task of group) run.tell(task, { kind: 'queued' });
    const { ends } = await sendCalls(run.calls, group, keeper, {
      dueMs,
      patient,
      settle: (end, task) => settleCall(run, task, end, known),
    });
    calls.push(...ends);
    if (run.calls.isEnding) break;
  }
  return { ended: endCapture(run, claimed, known, calls) };
};

/** Settles the tasks that need no call and returns the others. */
const unknownAnswers = async (
  run: ReplayRun,
  claimed: ClaimedCapture,
  known: KnownAnswers,
): Promise<readonly LiveTask[]> => {
  const { at, store } = run.options;
  for (const task of claimed.ordered) await run.notSent(task, orderedReason);
  const { live, notSent, recorded } = splitTasks(claimed.tasks, {
    thinkTags: run.options.thinkTags ?? 'apart',
    problem: routeProblem,
  });
  for (const found of recorded) {
    const { answer, task } = found;
    const response = recordedResponse(found, at());
    const areNew = await saveResponses(store, task.comparisonIds, response);
    for (const [index, comparisonId] of task.comparisonIds.entries()) {
      known.add({ ...task, comparisonIds: [comparisonId] }, areNew[index] === true ? answer : null);
    }
    run.answered(task, areNew, { answer, recorded: true });
  }
  for (const { reason, task } of notSent) await run.notSent(task, reason);
  const unknown: LiveTask[] = [];
  for (const task of live) {
    const { live: lane, model } = task.target;
    if (lane === null || model.kind !== 'live') continue;
    const prepared = await prepareLiveTask(run, task, model, lane);
    if (await isReused(run, prepared, known)) continue;
    const reason = isOriginalGone(run, prepared) ? noOriginal : lane.lane.stopped;
    if (reason === null) unknown.push(prepared);
    else await run.notSent(task, reason);
  }
  return unknown;
};

/**
 * Returns whether a requested original is missing. Its stored, redacted request is never sent
 * instead.
 */
const isOriginalGone = ({ options }: ReplayRun, { capture, original }: LiveTask): boolean =>
  options.originals !== undefined && capture.redacted === true && original === null;

const isReused = async (run: ReplayRun, task: LiveTask, known: KnownAnswers): Promise<boolean> => {
  const { comparisons, originals, store } = run.options;
  const isFound = await reuseBaselineAnswer(store, task, {
    own: comparisons.map(({ comparisonId }) => comparisonId),
    siblings: run.siblings,
    adaptations: [task.adaptations],
    originals: originals !== undefined && task.capture.redacted === true,
  });
  if (!isFound) return false;
  known.add(task, null);
  const areNew = task.comparisonIds.map(() => true);
  run.answered(task, areNew, { answer: null, recorded: false });
  return true;
};

/** Returns groups of calls that start together: the calls of one sample, in random order. */
const callGroups = (
  run: ReplayRun,
  live: readonly LiveTask[],
): readonly (readonly LiveTask[])[] => {
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

/** Keeps what became of a task. Returns the comparisons for which it must be sent later. */
const settleCall = async (
  run: ReplayRun,
  task: LiveTask,
  ended: CallEnd<LiveTask, AreNew>,
  known: KnownAnswers,
): Promise<readonly string[]> => {
  const end = await endTask(run, ended);
  if (end.kind === 'answered') known.add(task, end.answer);
  if (end.kind !== 'later') return [];
  await run.calls.claims.release([sharedSide(task)]);
  return task.comparisonIds;
};

const endCapture = async (
  run: ReplayRun,
  claimed: ClaimedCapture,
  known: KnownAnswers,
  calls: readonly Promise<readonly string[]>[],
): Promise<CaptureEnd> => {
  const { awaited, capture, comparisonIds, tasks } = claimed;
  const later = new Set((await Promise.all(calls)).flat());
  for (const comparisonId of comparisonIds) {
    const isDone = !later.has(comparisonId) && !awaited.has(comparisonId);
    if (isDone && !run.calls.isEnding) run.tally(comparisonId).doneInRun++;
    const own = tasks.filter(
      (task) => task.sample === 0 && task.comparisonIds.includes(comparisonId),
    );
    const sides = known.sides(comparisonId);
    if (own.length === 0 || own.some(({ target }) => sides[target.side] === undefined)) continue;
    await comparePair(run.options.store, comparisonId, {
      capture,
      known: sides,
      onOutcome: (captureId, outcome, { byRule }) => {
        run.emit({ kind: 'outcome', comparisonId, captureId, outcome, byRule });
      },
    });
  }
  return later.size > 0 ? 'later' : 'done';
};
