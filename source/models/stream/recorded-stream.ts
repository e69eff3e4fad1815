import type { Answer } from '../answer.ts';
import { createStreamReader, type StreamStanding } from './stream-reader.ts';

/**
 * The answer in the recorded body of a stream, by the rules of a live one; null when nothing had come.
 * Only one whose standing is `complete` is a whole answer.
 */
export const readRecordedStream = (
  body: string,
): { readonly answer: Answer | null; readonly standing: StreamStanding } => {
  const reader = createStreamReader();
  reader.push(new TextEncoder().encode(body));
  reader.end();
  return { answer: reader.answer(), standing: reader.standing() };
};
