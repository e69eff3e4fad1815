import type { Dialect } from '../../traffic/dialects/dialect.ts';
import type { FormatTools } from '../../traffic/formats/format.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Answer } from '../answer.ts';
import { StreamReader, type StreamStanding } from './stream-reader.ts';

/**
 * Reads the recorded body of a stream by the rules of a live one. `answer` is null if nothing of it
 * arrived, and so is `assembled`, the body that the server would have sent instead of a stream. They are
 * complete only if `standing` is `complete`.
 */
export const readRecordedStream = (
  body: string,
  dialect: Dialect = 'chat',
): {
  readonly answer: Answer | null;
  readonly assembled: JsonObject | null;
  readonly standing: StreamStanding;
} => {
  const reader = new StreamReader(1, 'text', dialect);
  reader.push(new TextEncoder().encode(body));
  reader.end();
  return { answer: reader.answer(), assembled: reader.body(), standing: reader.standing };
};

const assembleStream: FormatTools['assembleStream'] = (text, dialect = 'chat') => {
  const { assembled, standing } = readRecordedStream(text, dialect);
  const problem = standingProblem(standing);
  if (assembled === null && standing.kind !== 'error') return null;
  return { body: assembled ?? emptyBodies[dialect], problem };
};

/** What stands for an answer of which nothing came but an error. */
const emptyBodies: Readonly<Record<Dialect, JsonObject>> = {
  chat: { choices: [] },
  responses: { output: [] },
  messages: { content: [] },
  gemini: { candidates: [] },
};

const standingProblem = (standing: StreamStanding): string | null => {
  if (standing.kind === 'complete') return null;
  return standing.kind === 'error'
    ? standing.message
    : 'the stream ended before the answer was complete';
};

/** Lets formats of captured traffic read recorded streams by the rules of live ones. */
export const recordedStreams: FormatTools = {
  assembleStream,
  assembleChunks: (chunks, dialect) =>
    assembleStream(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''), dialect),
};
