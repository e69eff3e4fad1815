import type { FormatTools } from '../../traffic/formats/format.ts';
import type { Answer } from '../answer.ts';
import { completionOf } from './recorded-completion.ts';
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

const assembleStream: FormatTools['assembleStream'] = (body) => {
  const { answer, standing } = readRecordedStream(body);
  const problem = problemOf(standing);
  if (answer === null && standing.kind !== 'error') return null;
  return { body: answer === null ? { choices: [] } : completionOf(answer), problem };
};

const problemOf = (standing: StreamStanding): string | null => {
  if (standing.kind === 'complete') return null;
  return standing.kind === 'error'
    ? standing.message
    : 'the stream ended before the answer was complete';
};

/** What formats of captured traffic need to read recorded streams by the rules of live ones. */
export const recordedStreams: FormatTools = {
  assembleStream,
  assembleChunks: (chunks) =>
    assembleStream(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')),
};
