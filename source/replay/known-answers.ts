import type { Side } from '../comparison/outcome.ts';
import type { Answer, Timings } from '../models/answer.ts';
import type { Model } from '../models/model.ts';
import { answerOfRecording } from '../models/stream/recorded-answer.ts';
import type { Adaptation } from '../traffic/dialects/adaptation.ts';
import type { ThinkTags } from '../models/stream/think-tags.ts';
import { reuseAnswer } from '../store/responses.ts';
import type { Store } from '../store/open.ts';
import type { Capture, RecordedResponse } from '../traffic/capture.ts';
import type { LiveModel } from './replay-options.ts';
import type { Task } from './run-model.ts';

type AnyTask = Task<{ readonly side: Side; readonly model: Model }>;

/** An answer that the recording holds. */
export type RecordedAnswer = { readonly answer: Answer; readonly timings: Timings };

/** Tasks split by whether the recording has their answer. */
export type SplitTasks<One extends AnyTask> = {
  readonly recorded: readonly (RecordedAnswer & { readonly task: One })[];
  readonly notSent: readonly { readonly task: One; readonly reason: string }[];
  /** The tasks of live models that should be sent. */
  readonly live: readonly One[];
};

/** The reason for not sending one side where the other has no answer to compare it with. */
export const otherSideUnasked = 'the other side cannot be asked';

/** The reason for not taking a recorded answer as that of a candidate. */
export const sameAnswer = "the baseline's recorded answer is this one";

/**
 * Takes the answers of recorded models from the recordings of their captures, but never the same one for both
 * sides of a pair: production's answer is also that of the model which production asked. If a recording has no
 * answer, or the request cannot be asked of one side (`problem`: why), the other side of the pair is not
 * sent either, because there is nothing to compare it with.
 */
export const splitTasks = <One extends AnyTask>(
  tasks: readonly One[],
  {
    problem,
    thinkTags,
  }: {
    readonly thinkTags: ThinkTags;
    readonly problem: (capture: Capture, model: LiveModel) => string | null;
  },
): SplitTasks<One> => {
  const recorded: (RecordedAnswer & { task: One })[] = [];
  const notSent: { task: One; reason: string }[] = [];
  /** Why the other side of a comparison is not sent. */
  const incomparable = new Map<string, string>();
  const refuse = (task: One, reason: string, toOther: string): void => {
    notSent.push({ task, reason });
    for (const comparisonId of task.comparisonIds) incomparable.set(comparisonId, toOther);
  };
  const askable: One[] = [];
  const ofBaseline = tasks.filter(({ target }) => target.side === 'baseline');
  for (const task of tasks) {
    const { capture, target } = task;
    if (target.model.kind === 'recorded') {
      const found = recordedAnswer(capture, target.model, thinkTags);
      const own = task.comparisonIds.filter(
        (id) => target.side === 'baseline' || !isTakenBy(ofBaseline, task, id),
      );
      const same = task.comparisonIds.filter((id) => !own.includes(id));
      if (typeof found === 'string') refuse(task, found, 'the other side has no recorded answer');
      else if (own.length > 0) recorded.push({ task: { ...task, comparisonIds: own }, ...found });
      if (typeof found !== 'string' && same.length > 0) {
        notSent.push({ task: { ...task, comparisonIds: same }, reason: sameAnswer });
      }
    } else {
      const reason = problem(capture, target.model);
      if (reason === null) askable.push(task);
      else refuse(task, reason, otherSideUnasked);
    }
  }
  const live: One[] = [];
  for (const task of askable) {
    const useful = task.comparisonIds.filter((id) => !incomparable.has(id));
    if (useful.length > 0) live.push({ ...task, comparisonIds: useful });
    for (const [reason, comparisonIds] of Map.groupBy(
      task.comparisonIds.filter((id) => incomparable.has(id)),
      (id) => incomparable.get(id) ?? otherSideUnasked,
    )) {
      notSent.push({ task: { ...task, comparisonIds }, reason });
    }
  }
  return { recorded, notSent, live };
};

/** Whether a baseline takes the recorded answer of a task for the same pair. */
const isTakenBy = (
  baselines: readonly AnyTask[],
  { capture, sample, target: { model } }: AnyTask,
  comparisonId: string,
): boolean =>
  baselines.some(
    ({ comparisonIds, sample: other, target }) =>
      other === sample &&
      comparisonIds.includes(comparisonId) &&
      target.model.kind === 'recorded' &&
      model.kind === 'recorded' &&
      recordingOf(capture, model) === recordingOf(capture, target.model),
  );

const recordingOf = (
  { recorded }: Capture,
  { name }: Extract<Model, { kind: 'recorded' }>,
): RecordedResponse | undefined =>
  recorded.find((response) => (name === null ? response.production : response.model === name));

/** Returns the recorded model's answer to a capture, or why there is nothing to compare. */
export const recordedAnswer = (
  capture: Capture,
  model: Extract<Model, { kind: 'recorded' }>,
  thinkTags: ThinkTags,
): RecordedAnswer | string => {
  const who = model.name ?? 'production';
  const found = recordingOf(capture, model);
  if (found === undefined) return `no recorded answer of ${who}`;
  const answer = answerOfRecording(capture.dialect, found.body, thinkTags);
  if (answer === null) return `the recorded answer of ${who} cannot be read`;
  const { timeToFirstTokenMs, totalMs } = found;
  return { answer, timings: { queueMs: null, connectMs: null, timeToFirstTokenMs, totalMs } };
};

/** Converts a recorded answer to its stored form. */
export const recordedResponse = (
  { answer, task, timings }: RecordedAnswer & { readonly task: AnyTask },
  at: string,
) => ({
  captureId: task.capture.id,
  side: task.target.side,
  sample: task.sample,
  answer,
  timings,
  adaptations: [],
  recorded: true,
  providerRequestId: null,
  at,
});

/**
 * Copies a baseline's answer from another comparison; false if none has one. Comparisons of the
 * same run (`own`) share any answer, `siblings` only an answer to a request with the same
 * adaptations.
 */
export const reuseBaselineAnswer = async (
  store: Store,
  { capture, comparisonIds, sample, target }: AnyTask,
  from: {
    readonly own: Iterable<string>;
    readonly siblings: Iterable<string>;
    /** The adaptations that count as equal; several if the wire form makes no difference. */
    readonly adaptations: readonly (readonly Adaptation[])[];
    /** Whether the request is sent with the original values of a redacted capture. */
    readonly originals: boolean;
  },
): Promise<boolean> => {
  if (target.side !== 'baseline') return false;
  const own = [...from.own].map((comparisonId) => ({ comparisonId, adaptations: null }));
  const siblings = [...from.siblings];
  const key = { captureId: capture.id, side: target.side, sample, originals: from.originals };
  for (const made of from.adaptations) {
    const adaptations = JSON.stringify(made);
    const sources = [
      ...own,
      ...siblings.map((comparisonId) => ({ comparisonId, adaptations })),
    ].filter(({ comparisonId }) => !comparisonIds.includes(comparisonId));
    if (sources.length === 0) return false;
    if (await reuseAnswer(store, { ...key, sources, targets: comparisonIds })) return true;
  }
  return false;
};
