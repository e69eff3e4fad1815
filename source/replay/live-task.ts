import { adaptRoutedRequest, routeRequest } from '../models/adaptation/route-request.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Failure, Usage } from '../models/answer.ts';
import type { Adaptation } from '../traffic/dialects/adaptation.ts';
import { costAtMost, dearestPrice } from '../models/prices.ts';
import type { JsonObject } from '../text/json.ts';
import type { Dialect } from '../traffic/dialects/dialect.ts';
import { chatForm } from '../traffic/dialects/translate-request.ts';
import { usageBound } from './limits/cost-bound.ts';
import type { OriginalRequest } from './original-requests.ts';
import type { RemedyScope } from './remedy-book.ts';
import type { LiveModel } from './replay-options.ts';
import type { LiveLane, Task } from './run-model.ts';
import type { ReplayRun } from './run.ts';

/** A task with its request. */
export type LiveTask = Task & {
  readonly model: LiveModel;
  readonly live: LiveLane;
  readonly dialect: Dialect;
  readonly path: RequestPath;
  readonly body: JsonObject;
  /** The body in the words of chat completions, for estimates. */
  readonly chatBody: JsonObject;
  /** Null if the body is sent unchanged. */
  readonly original: OriginalRequest | null;
  /** The size of the request sent, as JSON. */
  readonly bytes: number;
  readonly adaptations: readonly Adaptation[];
  /** The remedy book's `lessons` when the body was created. */
  readonly lessons: number;
  /** The most that one attempt can use, and its cost in USD; 0 without a budget. */
  readonly bound: Usage;
  readonly atMost: number;
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
  const { body, dialect } = sent;
  const chatBody = chatForm(dialect, body);
  const original = run.options.originals?.original(task.capture) ?? null;
  const bytes = Buffer.byteLength(JSON.stringify(original?.restore(body) ?? body));
  const bound = usageBound(chatBody, bytes);
  const dearest = dearestPrice(task.target.price, new Date(run.options.at()));
  const atMost = run.options.budget === null ? 0 : (costAtMost(bound, dearest) ?? 0);
  return { ...task, ...sent, model, live, chatBody, original, bytes, lessons, bound, atMost };
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

/**
 * The response to a rejection: the changed task to send next, or a change that was not approved.
 */
export type RefusalResponse =
  | { readonly task: LiveTask; readonly remedy: Remedy }
  | { readonly task: null; readonly unused: Remedy | null };

export const respondToRefusal = async (
  run: ReplayRun,
  task: LiveTask,
  failure: Failure,
): Promise<RefusalResponse> => {
  const { body, dialect, live, model } = task;
  const how = run.options.adapting ?? { policy: 'never', ask: null };
  const lesson = await run.remedies.learn(remedyScope(run, task, dialect), { failure, body }, how);
  if (lesson.kind !== 'learnt') {
    return { task: null, unused: lesson.kind === 'unused' ? lesson.remedy : null };
  }
  const next = await prepareLiveTask(run, task, model, live);
  return JSON.stringify(next.body) === JSON.stringify(body)
    ? { task: null, unused: null }
    : { task: next, remedy: lesson.remedy };
};

/** Returns the tokens that an attempt is expected to use; 0 if no limit counts tokens. */
export const expectedTokens = ({ live, chatBody, bytes }: LiveTask): number =>
  live.lane.countsTokens ? live.estimate.tokens(chatBody, bytes) : 0;
