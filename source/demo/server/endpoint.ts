import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { demoAnswer } from '../answers/answers.ts';
import type { CallBook, DemoCall } from './calls.ts';
import { createCallBook } from './calls.ts';
import { contentText, sendCompletion, sendReply } from '../answers/completion.ts';
import type { ChooseFault, Fault, FaultRequest } from './faults.ts';
import { demoModels } from '../../money/simulated-models.ts';
import type { Pace } from './pace.ts';
import { simulatedPace } from './pace.ts';
import type { Recordings } from '../answers/recordings.ts';
import { demoTrafficFile, readRecordings } from '../answers/recordings.ts';
import type { DemoRequest } from './request.ts';
import { readRequest, refusal } from './request.ts';

export type DemoEndpointOptions = {
  /** Seed of the simulated timings; default 1. */
  readonly seed?: number;
  /** `simulated` (default): every model at its own pace. `instant`: each answer in one write. */
  readonly timings?: 'simulated' | 'instant';
  /** How many times faster than the simulated pace; default 4, with which the demo takes half a minute. */
  readonly speed?: number;
  /** How calls fail; default: none does. */
  readonly faults?: ChooseFault;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Native captures with the recorded answers; default the bundled traffic. */
  readonly trafficFile?: string;
  /** Milliseconds since the Unix epoch; default the clock. */
  readonly now?: () => number;
};

export type DemoEndpoint = {
  /** The base URL for an OpenAI client: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** Every chat-completions call so far, in the order of coming. */
  readonly calls: () => readonly DemoCall[];
  /** Breaks off what is in flight and stops listening. */
  readonly close: () => Promise<void>;
};

/**
 * Starts an OpenAI-compatible endpoint on loopback that serves the two demo models over HTTP, with
 * server-sent events when a stream is asked for. It answers tickets by rules and bundled prompts with
 * what real models answered, says which in the answer's `model`, and refuses the rest. Rejects when
 * the port is taken or the traffic cannot be read.
 */
export const startDemoEndpoint = async (
  options: DemoEndpointOptions = {},
): Promise<DemoEndpoint> => {
  const now = options.now ?? Date.now;
  const book = createCallBook(now);
  const recordings = await readRecordings(options.trafficFile ?? demoTrafficFile());
  const context: Context = { options, recordings, book, now };
  const server = createServer((request, response) => {
    void route(context, request, response);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls: book.calls,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

type Context = {
  readonly options: DemoEndpointOptions;
  readonly recordings: Recordings;
  readonly book: CallBook;
  readonly now: () => number;
};

const route = async (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const path = request.url?.split('?')[0];
  if (path === '/v1/models' && request.method === 'GET') {
    const data = demoModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'demo' }));
    sendReply(response, 200, {}, { object: 'list', data });
  } else if (path === '/v1/chat/completions' && request.method === 'POST') {
    await answerCall(context, request, response);
  } else {
    const { status, body } = refusal(404, 'unknown_url', null, 'The demo has no such URL.');
    sendReply(response, status, {}, body);
  }
};

const answerCall = async (
  context: Context,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { options, recordings, book, now } = context;
  const bytes = await readBody(incoming);
  if (bytes === null) return;
  const bodyHash = createHash('sha256').update(bytes).digest('hex');
  const request = readRequest(bytes.toString('utf8'));
  const refused = 'status' in request;
  const call = book.open(refused ? null : request.model, bodyHash);
  const abort = new AbortController();
  let fault: Fault | null = null;
  response.once('close', () => {
    abort.abort();
    book.close(call.number, endOf(response, fault), statusOf(response));
  });
  response.setHeader('x-request-id', `demo-${call.number}`);
  if (refused) return sendReply(response, request.status, {}, request.body);
  fault = options.faults?.(faultRequest(request, call)) ?? null;
  const answer = demoAnswer(recordings, request.model, request.messages);
  if (answer === null && (fault === null || fault.kind === 'slow')) {
    const { status, body } = refusal(
      400,
      'no_answer',
      'messages',
      'The demo knows no answer to this: it is no support ticket of its own kind and no prompt whose answer was recorded.',
    );
    return sendReply(response, status, {}, body);
  }
  try {
    await sendCompletion(response, {
      request,
      answer: answer ?? { text: 'This answer was asked for by a test.', model: 'fault' },
      fault,
      pace: paceOf(options, request, bodyHash),
      id: `chatcmpl-demo-${call.number}`,
      created: Math.floor(now() / 1000),
      signal: abort.signal,
    });
    // The client can see a reset before our own socket reports it.
    if (breaks(fault)) book.close(call.number, 'faulted', statusOf(response));
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  }
};

const faultRequest = (request: DemoRequest, call: DemoCall): FaultRequest => ({
  model: request.model,
  attempt: call.attempt,
  number: call.number,
  bodyHash: call.bodyHash,
  prompt: contentText(request.messages.at(-1) ?? {}),
  body: request.body,
});

const paceOf = (
  { timings = 'simulated', seed = 1, speed = 4 }: DemoEndpointOptions,
  request: DemoRequest,
  key: string,
): Pace | null => {
  if (timings === 'instant') return null;
  const { firstTokenMs, tokensPerSecond } = simulatedPace(seed, request.model, key);
  return { firstTokenMs: firstTokenMs / speed, tokensPerSecond: tokensPerSecond * speed };
};

/** Faults with which the whole answer still goes out. */
const harmlessFaults: ReadonlySet<Fault['kind']> = new Set([
  'slow',
  'json',
  'text',
  'huge',
  'without_done',
]);

const breaks = (fault: Fault | null): boolean =>
  fault?.kind === 'refuse' || fault?.kind === 'reset';

const statusOf = (response: ServerResponse): number | null =>
  response.headersSent ? response.statusCode : null;

const endOf = (response: ServerResponse, fault: Fault | null): DemoCall['end'] => {
  if (breaks(fault)) return 'faulted';
  if (!response.writableFinished) return 'aborted';
  if (fault !== null && !harmlessFaults.has(fault.kind)) return 'faulted';
  return response.statusCode < 400 ? 'answered' : 'refused';
};

/** The body's bytes; null when the client hung up while it sent them. */
const readBody = async (incoming: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
};
