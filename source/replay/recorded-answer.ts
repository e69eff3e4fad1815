import type { Answer, Timings } from '../models/answer.ts';
import { answerOfCompletion } from '../models/stream/accumulator.ts';
import type { Model } from '../models/model.ts';
import type { Capture } from '../traffic/capture.ts';

/** What the recording holds of a model, or why it holds nothing that can be compared. */
export type RecordedAnswer =
  | { readonly kind: 'found'; readonly answer: Answer; readonly timings: Timings }
  | { readonly kind: 'missing'; readonly reason: string };

/** What this recorded model answered to the capture when the traffic was recorded. */
export const recordedAnswer = (
  capture: Capture,
  model: Extract<Model, { kind: 'recorded' }>,
): RecordedAnswer => {
  const { name } = model;
  const who = name ?? 'production';
  const found = capture.recorded.find((response) =>
    name === null ? response.production : response.model === name,
  );
  if (found === undefined) return { kind: 'missing', reason: `no recorded answer of ${who}` };
  const answer = answerOfCompletion(found.body);
  if (answer === null) {
    return { kind: 'missing', reason: `the recorded answer of ${who} is no completion` };
  }
  const { timeToFirstTokenMs, totalMs } = found;
  return {
    kind: 'found',
    answer,
    timings: { queueMs: null, connectMs: null, timeToFirstTokenMs, totalMs },
  };
};
