import { isJsonObject, type JsonValue } from '../../text/json.ts';
import { createAccumulator } from './accumulator.ts';
import type { Answer } from '../answer.ts';
import { errorText } from '../call/error-message.ts';
import { chunkError } from './error-chunk.ts';
import { createSseParser, type ServerSentEvent } from './sse.ts';

/**
 * How a stream stands. `open`: more must come. `complete`: the answer is whole. `error`: the server
 * says that it failed.
 */
export type StreamStanding =
  { readonly kind: 'open' | 'complete' } | { readonly kind: 'error'; readonly message: string };

export type StreamReader = {
  /** Takes bytes of the body; the visible text that they brought. */
  readonly push: (bytes: Uint8Array) => string;
  /** Takes the end of the body; the visible text that was left. */
  readonly end: () => string;
  readonly standing: () => StreamStanding;
  /** Nothing more is worth reading: `[DONE]` or an error has come. */
  readonly ended: () => boolean;
  /** A chunk of the answer, `[DONE]` or an error has come. */
  readonly begun: () => boolean;
  /** Something came that a user of the product would see: text, refusal or a tool call. */
  readonly visible: () => boolean;
  /** The model has shown itself: something visible, or reasoning. */
  readonly alive: () => boolean;
  /** What has come so far; null when nothing has. */
  readonly answer: () => Answer | null;
  /** The name of the request that the body holds; null for none. */
  readonly requestId: () => string | null;
};

/** With these finish reasons a provider says that the answer broke off, not that it ended. */
const brokenFinishes: ReadonlySet<string> = new Set([
  'error',
  'network_error',
  'insufficient_system_resource',
]);

/**
 * Reads the body of a streamed chat completion. It is complete when every choice that began has a
 * finish reason and as many began as were asked for (`choices`, 1 or more), or, for servers that send
 * no finish reason or fewer choices, at `[DONE]` or at usage after the last text; a body that only
 * ends is not.
 */
export const createStreamReader = (choices = 1): StreamReader => {
  const parser = createSseParser();
  const accumulator = createAccumulator();
  let done = false;
  let error: string | null = null;

  const take = ({ event, data }: ServerSentEvent): string => {
    if (done || error !== null || data === '') return '';
    if (data.trim() === '[DONE]') {
      done = true;
      return '';
    }
    const chunk = parse(data);
    if (!isJsonObject(chunk)) {
      error = errorText(chunk) ?? data;
      return '';
    }
    error = chunkError(chunk) ?? (event === 'error' ? (errorText(chunk) ?? data) : null);
    // What an error chunk brings of the answer is still part of it.
    return accumulator.push(chunk);
  };

  const takeAll = (events: readonly ServerSentEvent[]): string => {
    let text = '';
    for (const event of events) text += take(event);
    return text;
  };

  return {
    push: (bytes) => takeAll(parser.push(bytes)),
    // Half an event at the end of the body is the cut, and no message from the server.
    end: () =>
      takeAll(
        parser.end().filter(({ data }) => data.trim() === '[DONE]' || isJsonObject(parse(data))),
      ),
    standing: () => {
      if (error !== null) return { kind: 'error', message: error };
      const { chunks, begun, finished, endedWithUsage } = accumulator.state();
      const broken = chunks > 0 ? brokenFinish(accumulator.answer()) : null;
      if (broken !== null) return { kind: 'error', message: broken };
      const whole = finished && begun >= choices;
      return { kind: chunks > 0 && (done || whole || endedWithUsage) ? 'complete' : 'open' };
    },
    ended: () => done || error !== null,
    begun: () => done || error !== null || accumulator.state().chunks > 0,
    visible: () => accumulator.state().visible,
    alive: () => accumulator.state().alive,
    answer: () => (accumulator.state().chunks > 0 ? accumulator.answer() : null),
    requestId: accumulator.requestId,
  };
};

/** That the finish reason of an answer says that it broke off; null when it does not. */
export const brokenFinish = ({ finishReason }: Answer): string | null =>
  finishReason !== null && brokenFinishes.has(finishReason)
    ? `the finish reason is ${finishReason}`
    : null;

const parse = (data: string): JsonValue | undefined => {
  try {
    return JSON.parse(data) as JsonValue;
  } catch {
    return undefined;
  }
};
