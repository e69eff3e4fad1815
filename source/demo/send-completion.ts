import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../text/json.ts';
import {
  completionBody,
  estimatedTokens,
  eventScript,
  type Completion,
  type EventScript,
} from './completion-events.ts';
import type { DemoAnswer } from './demo-answers.ts';
import type { DemoRequest } from './demo-request.ts';
import type { Fault } from './faults.ts';
import type { AnswerPace } from './simulated-pace.ts';

/** The facts about a call when its answer begins. */
export type CompletionCall = {
  readonly request: DemoRequest;
  readonly answer: DemoAnswer;
  readonly fault: Fault | null;
  /** Null sends the answer at once. */
  readonly pace: AnswerPace | null;
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  /** Fires when the client hangs up or the endpoint closes. */
  readonly signal: AbortSignal;
};

/**
 * Answers a chat-completions call, or fails as its fault says. Rejects with an AbortError if the signal
 * fires first.
 */
export const sendCompletion = async (
  response: ServerResponse,
  { request, answer, fault, pace, id, created, signal }: CompletionCall,
): Promise<void> => {
  switch (fault?.kind) {
    case 'reply':
      return sendReply(response, fault.status, fault.headers ?? {}, fault.body ?? '');
    case 'html':
      return sendReply(response, 200, { 'content-type': 'text/html' }, webPage);
    case 'empty':
      return sendReply(response, 200, { 'content-type': 'text/event-stream' }, '');
    case 'refuse':
      return reset(response);
    case 'silence':
      return untilAborted(signal);
    case 'slow':
      await sleep(fault.delayMs, undefined, { signal });
      break;
    default:
  }
  const text = faultText(fault) ?? answer.text;
  const completion: Completion = {
    id,
    created,
    model: faultText(fault) === null ? answer.model : 'fault',
    text,
    finishReason: (fault?.kind === 'text' ? fault.finishReason : undefined) ?? 'stop',
    promptTokens: estimatedTokens(request.messages.map(promptText).join('\n')),
    completionTokens: estimatedTokens(text),
  };
  if (request.stream && fault?.kind !== 'json') {
    return sendEvents(response, eventScript(completion, request.includeUsage, fault), pace, signal);
  }
  await sendWhole(response, completion, fault, pace, signal);
};

const sendWhole = async (
  response: ServerResponse,
  completion: Completion,
  fault: Fault | null,
  pace: AnswerPace | null,
  signal: AbortSignal,
): Promise<void> => {
  if (pace !== null) {
    const generationMs = (completion.completionTokens / pace.tokensPerSecond) * 1000;
    await sleep(pace.firstTokenMs + generationMs, undefined, { signal });
  }
  if (fault?.kind === 'reset') return reset(response);
  if (fault?.kind === 'stall') return untilAborted(signal);
  const body = JSON.stringify(completionBody(completion));
  const cut =
    fault?.kind === 'cut' || fault?.kind === 'error_chunk' || fault?.kind === 'invalid_chunk';
  sendReply(response, 200, {}, cut ? body.slice(0, body.length / 2) : body);
};

/** Sends a whole body, as JSON unless the headers say otherwise. */
export const sendReply = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | JsonObject,
): void => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
};

const faultText = (fault: Fault | null): string | null => {
  if (fault?.kind === 'text') return fault.text;
  return fault?.kind === 'huge' ? 'x'.repeat(fault.bytes) : null;
};

/** The text of a message: its content, or the JSON of its parts. */
export const promptText = (message: JsonObject): string => {
  const { content } = message;
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
};

const webPage = '<!doctype html><title>Sign in</title><h1>Sign in to the network</h1>';

/** The least time between two writes of a paced stream; tokens that are due by then go together. */
const tickMs = 8;

/** Sends a stream of events: at once without a pace, else each when it is due. */
const sendEvents = async (
  response: ServerResponse,
  { events, ending }: EventScript,
  pace: AnswerPace | null,
  signal: AbortSignal,
): Promise<void> => {
  if (pace !== null) await sleep(pace.firstTokenMs, undefined, { signal });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  if (pace === null && ending === 'end') {
    response.end(events.join(''));
    return;
  }
  await (pace === null
    ? flush(response, events.join(''))
    : sendPaced(response, events, pace.tokensPerSecond, signal));
  if (ending === 'end') response.end();
  else if (ending === 'reset') await reset(response);
  else await untilAborted(signal);
};

const sendPaced = async (
  response: ServerResponse,
  events: readonly string[],
  tokensPerSecond: number,
  signal: AbortSignal,
): Promise<void> => {
  const start = performance.now();
  let sent = 0;
  for (;;) {
    // The role and the first token are sent together.
    const due = 2 + Math.floor(((performance.now() - start) / 1000) * tokensPerSecond);
    if (due > sent) {
      await flush(response, events.slice(sent, due).join(''));
      sent = due;
    }
    if (sent >= events.length) return;
    const nextMs = start + ((sent - 1) / tokensPerSecond) * 1000 - performance.now();
    await sleep(Math.max(nextMs, tickMs), undefined, { signal });
  }
};

/** Resolves when the kernel has the bytes, or when it can no longer get them. */
const flush = (response: ServerResponse, text: string): Promise<void> =>
  new Promise((resolve) => {
    response.write(text, () => resolve());
  });

/** Resets the connection as a crashed server does. */
const reset = async (response: ServerResponse): Promise<void> => {
  // A reset can overtake bytes that the client has not read yet.
  await sleep(20);
  response.socket?.resetAndDestroy();
};

/** Never resolves; rejects with an AbortError when the signal fires. */
const untilAborted = async (signal: AbortSignal): Promise<void> => {
  for (;;) await sleep(2 ** 30, undefined, { signal });
};
