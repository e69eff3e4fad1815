import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../text/json.ts';
import type { DemoAnswer } from './answers.ts';
import type { Fault } from '../server/faults.ts';
import type { Pace } from '../server/pace.ts';
import { estimatedTokens } from '../server/pieces.ts';
import type { DemoRequest } from '../server/request.ts';
import { reset, sendEvents, untilAborted } from '../server/send.ts';
import type { Completion } from '../server/wire.ts';
import { completionBody, eventScript } from '../server/wire.ts';

/** Everything that is known of a call when its answer begins. */
export type CompletionCall = {
  readonly request: DemoRequest;
  readonly answer: DemoAnswer;
  readonly fault: Fault | null;
  /** Null: at once. */
  readonly pace: Pace | null;
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  /** Fires when the client hangs up or the endpoint closes. */
  readonly signal: AbortSignal;
};

/**
 * Answers one chat-completions call, or fails as its fault says. Rejects with an AbortError when the
 * signal fires first.
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
    promptTokens: estimatedTokens(request.messages.map(contentText).join('\n')),
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
  pace: Pace | null,
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

/** The text of a message, whether it is a string or a list of parts. */
export const contentText = (message: JsonObject): string => {
  const { content } = message;
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
};

const webPage = '<!doctype html><title>Sign in</title><h1>Sign in to the network</h1>';
