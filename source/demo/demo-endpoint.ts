import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  demoAnswer,
  demoTrafficFile,
  readDemoRecordings,
  type DemoRecordings,
} from './demo-answers.ts';
import { readDemoRequest, refusal, type DemoRefusal, type DemoRequest } from './demo-request.ts';
import type { ChooseFault, Fault, FaultRequest } from './faults.ts';
import { demoModels } from './models.ts';
import { promptText, sendCompletion, sendReply } from './send-completion.ts';
import { simulatedPace, type AnswerPace } from './simulated-pace.ts';

export type DemoEndpointOptions = {
  /** The seed of the simulated timings; default 1. */
  readonly seed?: number;
  /** `simulated` (default): every model at its own pace. `instant`: each answer in one write. */
  readonly timings?: 'simulated' | 'instant';
  /** How many times faster than the simulated pace; default 4, with which the demo takes half a minute. */
  readonly speed?: number;
  /** How calls fail; by default none does. */
  readonly faults?: ChooseFault;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Native captures with the recorded answers; default the bundled traffic. */
  readonly trafficFile?: string;
  /** The clock, in milliseconds since the Unix epoch; default `Date.now`. */
  readonly now?: () => number;
};

/** A call that the endpoint received, for tests to prove that nothing was requested twice. */
export type DemoCall = {
  /** The number of this call among all; 1 is the first. */
  readonly number: number;
  /** The model that the body names; null if the body could not be read. */
  readonly model: string | null;
  /** SHA-256 of the body's bytes in hex; two calls with the same hash ask for the same thing. */
  readonly bodyHash: string;
  /** The number of this call among those with the same body; 1 is the first. */
  readonly attempt: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Null while the call is in flight. */
  readonly endedAt: number | null;
  /** The HTTP status that was sent; null if none was. */
  readonly status: number | null;
  /**
   * `answered`: the whole answer was sent. `refused`: an error status, because of the request.
   * `faulted`: the call ended as its fault says. `aborted`: the client hung up first.
   */
  readonly end: 'open' | 'answered' | 'refused' | 'faulted' | 'aborted';
};

/** An OpenAI-compatible endpoint on loopback that serves the two demo models. */
export class DemoEndpoint {
  /** The base URL for an OpenAI client: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly #server: Server;
  readonly #calls: CallList;

  constructor(server: Server, port: number, calls: CallList) {
    this.#server = server;
    this.#calls = calls;
    this.url = `http://127.0.0.1:${port}/v1`;
  }

  /** Every chat-completions call so far, in the order of arrival. */
  calls(): readonly DemoCall[] {
    return this.#calls.all();
  }

  /** Cuts off the calls in flight and stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/**
 * Starts a demo endpoint. It answers tickets by rules and bundled prompts with the recorded answers of real
 * models, names the origin as the `model` of the answer, and refuses everything else. Rejects if the port
 * is taken or the traffic cannot be read.
 */
export const startDemoEndpoint = async (
  options: DemoEndpointOptions = {},
): Promise<DemoEndpoint> => {
  const recordings = await readDemoRecordings(options.trafficFile ?? demoTrafficFile());
  const calls = new CallList(options.now ?? Date.now);
  const service = new DemoService(options, recordings, calls);
  const server = createServer((request, response) => {
    void service.route(request, response);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The endpoint has no port.');
  return new DemoEndpoint(server, address.port, calls);
};

/** The calls of an endpoint. */
class CallList {
  readonly #now: () => number;
  readonly #calls: DemoCall[] = [];
  readonly #attempts = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  all(): readonly DemoCall[] {
    return [...this.#calls];
  }

  /** Adds a call whose body has arrived. */
  open(model: string | null, bodyHash: string): DemoCall {
    const attempt = (this.#attempts.get(bodyHash) ?? 0) + 1;
    this.#attempts.set(bodyHash, attempt);
    const call: DemoCall = {
      number: this.#calls.length + 1,
      model,
      bodyHash,
      attempt,
      startedAt: this.#now(),
      endedAt: null,
      status: null,
      end: 'open',
    };
    this.#calls.push(call);
    return call;
  }

  /** Records how a call ended; only the first record counts. */
  close(number: number, end: DemoCall['end'], status: number | null): void {
    const call = this.#calls[number - 1];
    if (call?.end !== 'open') return;
    this.#calls[number - 1] = { ...call, end, status, endedAt: this.#now() };
  }
}

/** Answers the requests of an endpoint. */
class DemoService {
  readonly #options: DemoEndpointOptions;
  readonly #recordings: DemoRecordings;
  readonly #calls: CallList;

  constructor(options: DemoEndpointOptions, recordings: DemoRecordings, calls: CallList) {
    this.#options = options;
    this.#recordings = recordings;
    this.#calls = calls;
  }

  async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0];
    if (path === '/v1/models' && request.method === 'GET') {
      const data = demoModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'demo' }));
      sendReply(response, 200, {}, { object: 'list', data });
    } else if (path === '/v1/chat/completions' && request.method === 'POST') {
      await this.#receive(request, response);
    } else {
      refuse(response, refusal(404, 'unknown_url', null, 'The demo has no such URL.'));
    }
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBody(incoming);
    if (bytes === null) return;
    const bodyHash = createHash('sha256').update(bytes).digest('hex');
    const request = readDemoRequest(bytes.toString('utf8'));
    const isRefused = 'status' in request;
    const call = this.#calls.open(isRefused ? null : request.model, bodyHash);
    const fault = isRefused ? null : (this.#options.faults?.(faultRequest(request, call)) ?? null);
    const abort = new AbortController();
    response.once('close', () => {
      abort.abort();
      this.#calls.close(call.number, callEnd(response, fault), sentStatus(response));
    });
    response.setHeader('x-request-id', `demo-${call.number}`);
    if (isRefused) refuse(response, request);
    else await this.#answer(response, { request, call, fault, signal: abort.signal });
  }

  async #answer(
    response: ServerResponse,
    options: {
      readonly request: DemoRequest;
      readonly call: DemoCall;
      readonly fault: Fault | null;
      /** Fires when the client hangs up or the endpoint closes. */
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { call, fault, request, signal } = options;
    const answer = demoAnswer(this.#recordings, request.model, request.messages);
    if (answer === null && (fault === null || fault.kind === 'slow')) {
      refuse(response, noAnswer());
      return;
    }
    try {
      await sendCompletion(response, {
        request,
        answer: answer ?? { text: 'This answer was asked for by a test.', model: 'fault' },
        fault,
        pace: answerPace(this.#options, request, call.bodyHash),
        id: `chatcmpl-demo-${call.number}`,
        created: Math.floor((this.#options.now ?? Date.now)() / 1000),
        signal,
      });
      // The client can see a reset before our own socket reports it.
      if (isReset(fault)) this.#calls.close(call.number, 'faulted', sentStatus(response));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

const refuse = (response: ServerResponse, { status, body }: DemoRefusal): void =>
  sendReply(response, status, {}, body);

const noAnswer = (): DemoRefusal =>
  refusal(
    400,
    'no_answer',
    'messages',
    'The demo has no answer to this: it answers its own support tickets, and prompts whose answers were recorded.',
  );

const faultRequest = (request: DemoRequest, call: DemoCall): FaultRequest => ({
  model: request.model,
  attempt: call.attempt,
  number: call.number,
  bodyHash: call.bodyHash,
  prompt: promptText(request.messages.at(-1) ?? {}),
  body: request.body,
});

const answerPace = (
  { timings = 'simulated', seed = 1, speed = 4 }: DemoEndpointOptions,
  request: DemoRequest,
  key: string,
): AnswerPace | null => {
  if (timings === 'instant') return null;
  const { firstTokenMs, tokensPerSecond } = simulatedPace(seed, request.model, key);
  return { firstTokenMs: firstTokenMs / speed, tokensPerSecond: tokensPerSecond * speed };
};

/** The faults with which the whole answer is still sent. */
const completeFaults: ReadonlySet<Fault['kind']> = new Set([
  'slow',
  'json',
  'text',
  'huge',
  'without_done',
]);

const isReset = (fault: Fault | null): boolean =>
  fault?.kind === 'refuse' || fault?.kind === 'reset';

const sentStatus = (response: ServerResponse): number | null =>
  response.headersSent ? response.statusCode : null;

const callEnd = (response: ServerResponse, fault: Fault | null): DemoCall['end'] => {
  if (isReset(fault)) return 'faulted';
  if (!response.writableFinished) return 'aborted';
  if (fault !== null && !completeFaults.has(fault.kind)) return 'faulted';
  return response.statusCode < 400 ? 'answered' : 'refused';
};

/** The bytes of the body; null if the client hung up while it sent them. */
const readBody = async (incoming: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
};
