import { completionOf } from '../../models/stream/recorded-stream.ts';
import { StreamReader, type StreamStanding } from '../../models/stream/stream-reader.ts';
import type { JsonObject } from '../../text/json.ts';
import type { TimedBody } from './decode-timed.ts';

/** What a stream came to. */
export type ReadStream = {
  /** A `chat.completion` of what came; null: nothing did. */
  readonly body: JsonObject | null;
  readonly standing: StreamStanding;
  /** When the first text, refusal or tool call was there, in milliseconds; null: none came. */
  readonly timeToFirstTokenMs: number | null;
};

/** Whether a body is a stream of server-sent events, whatever its content type says. */
export const isEventStream = ({ bytes }: TimedBody): boolean =>
  /^\s*(?:(?:data|event|id|retry)?:)/.test(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length)).toString('latin1'),
  );

/** Reads a stream by the rules of a live one. `choices` are as many as the request asks for. */
export const readTimedStream = ({ bytes, arrivals }: TimedBody, choices: number): ReadStream => {
  const reader = new StreamReader(choices);
  let timeToFirstTokenMs: number | null = null;
  let start = 0;
  for (const { end, atMs } of arrivals) {
    reader.push(bytes.subarray(start, end));
    start = end;
    if (reader.visible) {
      timeToFirstTokenMs = atMs;
      break;
    }
  }
  reader.push(bytes.subarray(start));
  reader.end();
  const answer = reader.answer();
  return {
    body: answer === null ? null : completionOf(answer),
    standing: reader.standing,
    timeToFirstTokenMs,
  };
};
