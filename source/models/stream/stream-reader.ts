import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { createAccumulator } from './accumulator.ts';
import type { Answer } from '../answer.ts';
import { errorText } from '../call/error-message.ts';
import { createSseParser, type ServerSentEvent } from './sse.ts';

/**
 * How a stream stands. `open`: more must come. `complete`: the answer is whole. `error`: the server
 * says that it failed.
 */
export type StreamStanding =
  { readonly kind: 'open' | 'complete' } | { readonly kind: 'error'; readonly message: string };

export type StreamReader = {
  /** Takes bytes of the body; the visible text that they brought. */
  readonly push: (bytes: Uint8Array) => { readonly text: string };
  /** Takes the end of the body; the visible text that was left. */
  readonly end: () => { readonly text: string };
  readonly standing: () => StreamStanding;
  /** Nothing more is worth reading: `[DONE]` or an error has come. */
  readonly ended: () => boolean;
  /** Something came that a user of the product would see: text, refusal or a tool call. */
  readonly visible: () => boolean;
  /** What has come so far; null when nothing has. */
  readonly answer: () => Answer | null;
};

/** With these finish reasons a provider says that the answer broke off, not that it ended. */
const brokenFinishes = new Set(['error', 'network_error', 'insufficient_system_resource']);

/**
 * Reads the body of a streamed chat completion. It is complete when every choice that began has a
 * finish reason, or, for servers that send none, at `[DONE]` or at usage after the last text; a body
 * that only ends is not.
 */
export const createStreamReader = (): StreamReader => {
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
    if (event !== 'error' && isJsonObject(chunk) && !isError(chunk)) {
      return accumulator.push(chunk).text;
    }
    error = errorText(chunk) ?? data;
    return '';
  };

  const takeAll = (events: readonly ServerSentEvent[]): { text: string } => {
    let text = '';
    for (const event of events) text += take(event);
    return { text };
  };

  return {
    push: (bytes) => takeAll(parser.push(bytes)),
    // Half an event at the end of the body is the cut, and no message from the server.
    end: () =>
      takeAll(parser.end().filter(({ data }) => data === '[DONE]' || parse(data) !== undefined)),
    standing: () => {
      if (error !== null) return { kind: 'error', message: error };
      const { chunks, finished, endedWithUsage } = accumulator.state();
      const reason = chunks > 0 ? accumulator.answer().finishReason : null;
      if (reason !== null && brokenFinishes.has(reason)) {
        return { kind: 'error', message: `the finish reason is ${reason}` };
      }
      const complete = chunks > 0 && (done || finished || endedWithUsage);
      return { kind: complete ? 'complete' : 'open' };
    },
    ended: () => done || error !== null,
    visible: () => accumulator.state().visible,
    answer: () => (accumulator.state().chunks > 0 ? accumulator.answer() : null),
  };
};

const parse = (data: string): JsonValue | undefined => {
  try {
    return JSON.parse(data) as JsonValue;
  } catch {
    return undefined;
  }
};

const isError = (chunk: JsonObject): boolean =>
  Boolean(chunk['error']) || chunk['object'] === 'error';
