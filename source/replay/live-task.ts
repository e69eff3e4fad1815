import { adaptRequest } from '../models/adaptation/adapt-request.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Failure, Usage } from '../models/answer.ts';
import type { Adaptation } from '../models/model.ts';
import { costOf } from '../models/prices.ts';
import type { JsonObject } from '../text/json.ts';
import { usageBound } from './limits/cost-bound.ts';
import type { LiveModel } from './options.ts';
import type { Original } from './original/originals.ts';
import type { RemedyScope } from './remedy-book.ts';
import type { Run } from './run.ts';
import type { LiveLane } from './run-model.ts';
import type { Task } from './task.ts';

/** A task as it will be sent, however often. */
export type LiveTask = Task & {
  readonly model: LiveModel;
  readonly live: LiveLane;
  readonly body: JsonObject;
  /** Null: the body is sent as it is. */
  readonly original: Original | null;
  /** Of what is sent, as JSON. */
  readonly bytes: number;
  readonly adaptations: readonly Adaptation[];
  /** `lessons` of the book of remedies when the body was made. */
  readonly lessons: number;
  /** The most that one try can use, and what that costs in USD; 0 without a budget. */
  readonly bound: Usage;
  readonly atMost: number;
};

/** Prepares what is sent to a live model, with what earlier refusals have taught. */
export const prepareLiveTask = async (
  run: Run,
  task: Task,
  model: LiveModel,
  live: LiveLane,
): Promise<LiveTask> => {
  const { request } = task.capture;
  const remedies = await run.remedies.remedies(scopeOf(run, task), request);
  const keep = run.options.adapting?.keep ?? new Set();
  const { lessons } = run.remedies;
  const { body, adaptations } = adaptRequest(request, model, { keep, remedies });
  const original = run.options.originals?.of(task.capture) ?? null;
  const bytes = Buffer.byteLength(JSON.stringify(original?.restore(body) ?? body));
  const bound = usageBound(body, bytes);
  const atMost = run.options.budget === null ? 0 : (costOf(bound, task.of.price) ?? 0);
  return { ...task, model, live, body, original, bytes, adaptations, lessons, bound, atMost };
};

/** A baseline's remedies count in every comparison that it serves. */
const scopeOf = (run: Run, { comparisonIds, of }: Task): RemedyScope => ({
  comparisonIds:
    of.side === 'candidate'
      ? comparisonIds
      : run.options.comparisons.map(({ comparisonId }) => comparisonId),
  modelLabel: of.model.label,
});

/** The task with what has been learnt while it waited, unless more money would have to be set aside. */
export const upToDate = async (run: Run, task: LiveTask): Promise<LiveTask> => {
  if (task.lessons === run.remedies.lessons) return task;
  const now = await prepareLiveTask(run, task, task.model, task.live);
  return now.atMost > task.atMost ? task : now;
};

/** What a refusal of a task comes to: the task as it is sent next, or what could have been changed. */
export type Change =
  | { readonly task: LiveTask; readonly remedy: Remedy }
  | { readonly task: null; readonly unused: Remedy | null };

export const remedied = async (run: Run, task: LiveTask, failure: Failure): Promise<Change> => {
  const { body, live, model } = task;
  const how = run.options.adapting ?? { policy: 'never', ask: null };
  const lesson = await run.remedies.learn(scopeOf(run, task), { failure, body }, how);
  if (lesson.kind !== 'learnt') {
    return { task: null, unused: lesson.kind === 'unused' ? lesson.remedy : null };
  }
  const next = await prepareLiveTask(run, task, model, live);
  return JSON.stringify(next.body) === JSON.stringify(body)
    ? { task: null, unused: null }
    : { task: next, remedy: lesson.remedy };
};

/** Tokens that a try is expected to use; 0 where nobody limits them. */
export const expectedTokens = ({ live, body, bytes }: LiveTask): number =>
  live.lane.countsTokens ? live.estimate.of(body, bytes) : 0;
