import { adaptRoutedRequest, routeRequest } from '../models/adaptation/route-request.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { Failure } from '../models/answer.ts';
import type { Adaptation } from '../traffic/dialects/adaptation.ts';
import type { Dialect } from '../traffic/dialects/dialect.ts';
import { measureCall, type LiveLane, type OutgoingCall } from './calls/outgoing-call.ts';
import type { RefusalResponse } from './calls/send-calls.ts';
import type { RemedyScope } from './remedy-book.ts';
import type { LiveModel } from './replay-options.ts';
import type { Task } from './run-model.ts';
import type { ReplayRun } from './run.ts';

/** A task with its request. */
export type LiveTask = Task &
  OutgoingCall & {
    readonly path: RequestPath;
    readonly adaptations: readonly Adaptation[];
    /** The remedy book's `lessons` when the body was created. */
    readonly lessons: number;
  };

/** Prepares the request of a live model, with the remedies from earlier refusals. */
export const prepareLiveTask = async (
  run: ReplayRun,
  task: Task,
  model: LiveModel,
  live: LiveLane,
): Promise<LiveTask> => {
  const keep = run.options.adapting?.keep ?? new Set();
  const routed = routeRequest(task.capture, model, keep);
  const scope = remedyScope(run, task, routed.dialect);
  const remedies = await run.remedies.remedies(scope, routed.body);
  const { lessons } = run.remedies;
  const sent = adaptRoutedRequest(routed, model, { keep, remedies });
  const original = run.options.originals?.original(task.capture) ?? null;
  return measureCall({ ...task, ...sent, model, live, original, lessons }, run.options);
};

/**
 * Returns the scope of a task's remedies. A baseline's remedies apply to every comparison that it
 * serves.
 */
const remedyScope = (
  run: ReplayRun,
  { comparisonIds, target }: Task,
  dialect: Dialect,
): RemedyScope => ({
  comparisonIds:
    target.side === 'candidate'
      ? comparisonIds
      : run.options.comparisons.map(({ comparisonId }) => comparisonId),
  modelLabel: target.model.label,
  dialect,
});

/** Adds remedies learned while the task waited, unless they need a larger reservation. */
export const refreshTask = async (run: ReplayRun, task: LiveTask): Promise<LiveTask> => {
  if (task.lessons === run.remedies.lessons) return task;
  const fresh = await prepareLiveTask(run, task, task.model, task.live);
  return fresh.atMost > task.atMost ? task : fresh;
};

/** Finds what may help a rejected task, as the run's policy has it. */
export const respondToRefusal = async (
  run: ReplayRun,
  task: LiveTask,
  failure: Failure,
): Promise<RefusalResponse<LiveTask>> => {
  const { body, dialect, live, model } = task;
  const how = run.options.adapting ?? { policy: 'never', ask: null };
  const lesson = await run.remedies.learn(remedyScope(run, task, dialect), { failure, body }, how);
  if (lesson.kind !== 'learnt') {
    return { kind: 'unchanged', unused: lesson.kind === 'unused' ? lesson.remedy : null };
  }
  const next = await prepareLiveTask(run, task, model, live);
  return JSON.stringify(next.body) === JSON.stringify(body)
    ? { kind: 'unchanged', unused: null }
    : { kind: 'changed', call: next, remedy: lesson.remedy };
};
