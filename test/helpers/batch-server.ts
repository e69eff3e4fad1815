import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server answers to one line of an input file. */
export type LineAnswer =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** The tokens are not counted; default: they are. */
      readonly uncounted?: true;
    }
  /** In the error file, with this status. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly message: string;
      /** What it is about. */
      readonly parameter?: string;
    }
  /** In neither file. */
  | { readonly kind: 'missing' };

/** How a batch goes. */
export type BatchFate = {
  /** Questions that are answered with `in_progress` before it is over; default 0. */
  readonly slow?: number;
  readonly end?: 'completed' | 'expired' | 'cancelled' | 'failed';
  /** So many lines are done at the end; default all. */
  readonly done?: number;
  /** Lines of the input file that are named as wrong, with `end: 'failed'`. */
  readonly problems?: readonly { readonly line: number | null; readonly message: string }[];
  /** Additional raw lines of the output file. */
  readonly stray?: readonly string[];
};

/** What a test changes of an answer to a request; null leaves it. */
export type Interference =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** What was asked is done, and the connection closed without an answer. */
  | { readonly kind: 'done_and_cut' }
  /** The request is executed fully or not at all, and no answer is sent. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'done_and_hang' }
  /** The body breaks off after so many bytes. */
  | { readonly kind: 'half'; readonly bytes: number };

export type Phase = 'upload' | 'create' | 'list' | 'retrieve' | 'content' | 'cancel';

type Input = {
  readonly custom_id: string;
  readonly url: string;
  readonly body: { readonly model: string };
};

type Batch = {
  readonly id: string;
  readonly fileId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fate: BatchFate;
  asked: number;
  cancelled: boolean;
};

/** A provider's files and batches on loopback. It counts billable answers. */
export type BatchServer = {
  readonly url: string;
  /** How often each answer was billed, by custom id. */
  readonly billed: ReadonlyMap<string, number>;
  /** The lines of every input file of a batch, batch by batch. */
  readonly ordered: () => readonly (readonly Input[])[];
  readonly uploads: () => number;
  /** Requests so far by phase. */
  readonly requests: Readonly<Record<Phase, number>>;
  /** Resolves when so many requests of a phase have come. */
  readonly reached: (phase: Phase, number: number) => Promise<void>;
  readonly heads: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  readonly close: () => Promise<void>;
};

export const startBatchServer = async (
  options: {
    readonly answer?: (line: Input) => LineAnswer;
    readonly fate?: (number: number) => BatchFate;
    readonly interfere?: (phase: Phase, number: number) => Interference | null;
    /** How it speaks; default as OpenAI does. */
    readonly dialect?: 'openai' | 'gemini';
    /** Where Gemini sends uploads to; default: to itself. */
    readonly uploadAt?: string;
    /** Keeps no lines but their number: for very many. */
    readonly countOnly?: boolean;
  } = {},
): Promise<BatchServer> => {
  const isGemini = options.dialect === 'gemini';
  const files = new Map<string, readonly Input[]>();
  const batches: Batch[] = [];
  const billed = new Map<string, number>();
  const heads: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  const requests: Record<Phase, number> = {
    upload: 0,
    create: 0,
    list: 0,
    retrieve: 0,
    content: 0,
    cancel: 0,
  };
  const waiting = new Set<() => void>();
  const answerOf = options.answer ?? (() => ({ kind: 'text' as const, text: 'an answer' }));

  const describe = (batch: Batch, count = true) => {
    if (count) batch.asked += 1;
    const { fate } = batch;
    const lines = files.get(batch.fileId) ?? [];
    const over = batch.cancelled || batch.asked > (fate.slow ?? 0) + 1;
    const status = batch.cancelled ? 'cancelled' : over ? (fate.end ?? 'completed') : 'in_progress';
    const refused = status === 'failed';
    const done = over && !refused ? Math.min(fate.done ?? lines.length, lines.length) : 0;
    const failed = lines.slice(0, done).filter((line) => answerOf(line).kind !== 'text').length;
    return {
      id: batch.id,
      object: 'batch',
      endpoint: '/v1/chat/completions',
      input_file_id: batch.fileId,
      completion_window: '24h',
      status,
      output_file_id: done > failed || (over && fate.stray) ? resultFile('out', batch.id) : null,
      error_file_id:
        over && !refused && (failed > 0 || done < lines.length)
          ? resultFile('err', batch.id)
          : null,
      errors: refused
        ? {
            object: 'list',
            data: (fate.problems ?? []).map((one) => ({
              code: 'invalid_json_line',
              param: null,
              ...one,
            })),
          }
        : null,
      created_at: Math.floor(Date.now() / 1000),
      request_counts: { total: lines.length, completed: done - failed, failed },
      ...(isGemini ? {} : { metadata: batch.metadata }),
    };
  };

  const resultFile = (kind: 'out' | 'err', batchId: string): string =>
    isGemini ? `files/${kind}-${batchId.replace('batches/', '')}` : `${kind}-${batchId}`;

  const output = (batch: Batch): string => {
    const { done, stray = [] } = batch.fate;
    const lines = (files.get(batch.fileId) ?? []).slice(0, done);
    // Not in the order in which they were sent.
    const texts = lines.toReversed().flatMap((line) => {
      const answer = answerOf(line);
      if (answer.kind !== 'text') return [];
      const body = {
        id: `chatcmpl-${line.custom_id}`,
        object: 'chat.completion',
        created: 0,
        model: line.body.model,
        choices: [
          { index: 0, message: { role: 'assistant', content: answer.text }, finish_reason: 'stop' },
        ],
        ...('uncounted' in answer
          ? {}
          : { usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } }),
      };
      const response = { status_code: 200, request_id: `req-${line.custom_id}`, body };
      return [
        JSON.stringify({ id: 'batch_req', custom_id: line.custom_id, response, error: null }),
      ];
    });
    return [...stray, ...texts].map((text) => `${text}\n`).join('');
  };

  const errors = (batch: Batch): string => {
    const { done = Number.POSITIVE_INFINITY, end } = batch.fate;
    const lines = files.get(batch.fileId) ?? [];
    return lines
      .flatMap((line, index) => {
        if (index >= done) {
          // OpenAI names what has expired; what was cancelled is in no file.
          if (end !== 'expired') return [];
          const error = {
            code: 'batch_expired',
            message: 'This request could not be executed before the completion window expired.',
          };
          return [
            JSON.stringify({ id: 'batch_req', custom_id: line.custom_id, response: null, error }),
          ];
        }
        const answer = answerOf(line);
        if (answer.kind !== 'error') return [];
        const { message, parameter: param = null } = answer;
        const body = { error: { message, type: 'test', param, code: null } };
        const response = { status_code: answer.status, request_id: 'req', body };
        return [
          JSON.stringify({ id: 'batch_req', custom_id: line.custom_id, response, error: null }),
        ];
      })
      .map((text) => `${text}\n`)
      .join('');
  };

  const bill = (batch: Batch): void => {
    if (batch.fate.end === 'failed') return;
    const lines = (files.get(batch.fileId) ?? []).slice(0, batch.fate.done);
    for (const line of lines) {
      if (answerOf(line).kind !== 'text') continue;
      billed.set(line.custom_id, (billed.get(line.custom_id) ?? 0) + 1);
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    heads.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    const route = isGemini ? geminiRoute(request) : routeOf(request.method ?? '', pathname);
    if (route === null) {
      response.writeHead(404).end('{"error":{"message":"no such page"}}');
      return;
    }
    if (route === 'start') {
      request.resume();
      const own = `http://${request.headers.host}/upload/v1beta/files?upload_id=${files.size}`;
      response.writeHead(200, { 'x-goog-upload-url': options.uploadAt ?? own }).end('{}');
      return;
    }
    const { phase } = route;
    requests[phase] += 1;
    const hindrance = options.interfere?.(phase, requests[phase]) ?? null;
    const wake = (): void => {
      for (const one of waiting) one();
    };
    if (hindrance?.kind === 'status') {
      request.resume();
      const { headers = {}, message = 'no', status } = hindrance;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ error: { message, type: 'test', code: null } }));
      wake();
      return;
    }
    if (hindrance?.kind === 'hang') {
      request.resume();
      wake();
      return;
    }
    const answered = await answerTo(route, searchParams, request);
    wake();
    if (hindrance?.kind === 'done_and_hang') return;
    if (hindrance?.kind === 'done_and_cut') {
      request.socket.destroy();
      return;
    }
    if (hindrance?.kind === 'half') {
      response.writeHead(200, { 'content-length': Buffer.byteLength(answered) });
      response.write(answered.slice(0, hindrance.bytes), () => request.socket.destroy());
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(answered);
  };

  const answerTo = async (
    { id, phase }: Route,
    query: URLSearchParams,
    request: IncomingMessage,
  ): Promise<string> => {
    switch (phase) {
      case 'upload': {
        const fileId = `${isGemini ? 'files/in' : 'file'}-${files.size + 1}`;
        const text = isGemini ? await readWhole(request) : await readMultipart(request);
        files.set(fileId, inputsOf(text, options.countOnly ?? false));
        if (isGemini) return JSON.stringify({ file: { name: fileId, state: 'ACTIVE' } });
        return JSON.stringify({ id: fileId, object: 'file', purpose: 'batch' });
      }
      case 'create': {
        const body = JSON.parse((await bytesOf(request)).toString()) as {
          input_file_id: string;
          metadata?: Readonly<Record<string, string>>;
        };
        if (isGemini && Object.keys(body).length !== 3)
          throw new Error('Gemini takes three fields.');
        const batch: Batch = {
          id: `${isGemini ? 'batches/b' : 'batch_'}${batches.length + 1}`,
          fileId: body.input_file_id,
          metadata: body.metadata ?? {},
          fate: options.fate?.(batches.length + 1) ?? {},
          asked: 0,
          cancelled: false,
        };
        batches.push(batch);
        bill(batch);
        return JSON.stringify({
          ...describe(batch, false),
          status: 'validating',
          request_counts: { total: 0, completed: 0, failed: 0 },
        });
      }
      case 'list': {
        const newest = batches.toReversed();
        if (isGemini) return geminiPage(newest, Number(query.get('pageToken') ?? 0));
        const after = newest.findIndex((batch) => batch.id === query.get('after'));
        const page = newest.slice(after + 1, after + 3);
        const more = after + 3 < newest.length;
        return JSON.stringify({
          object: 'list',
          data: page.map((batch) => describe(batch, false)),
          has_more: more,
        });
      }
      case 'retrieve':
      case 'cancel': {
        const batch = batches.find((one) => one.id === id);
        if (batch === undefined) return '{}';
        if (phase === 'cancel') batch.cancelled = true;
        return JSON.stringify(describe(batch));
      }
      case 'content': {
        const batch = batches.find((one) => id.endsWith(`-${one.id.replace('batches/', '')}`));
        if (batch === undefined) return '';
        return /^(?:files\/)?out-/.test(id) ? output(batch) : errors(batch);
      }
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${isGemini ? '/v1beta/openai' : '/v1'}`,
    billed,
    ordered: () => batches.map(({ fileId }) => files.get(fileId) ?? []),
    uploads: () => files.size,
    requests,
    heads,
    reached: (phase, number) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests[phase] < number) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

/** What a request is about, and the id in its path. */
type Route = { readonly phase: Phase; readonly id: string };

const routeOf = (method: string, path: string): Route | null => {
  const phase = phaseOf(method, path);
  return phase === null ? null : { phase, id: path.split('/')[3] ?? '' };
};

const phaseOf = (method: string, path: string): Phase | null => {
  if (method === 'POST' && path === '/v1/files') return 'upload';
  if (method === 'POST' && path === '/v1/batches') return 'create';
  if (method === 'GET' && path === '/v1/batches') return 'list';
  if (method === 'GET' && /^\/v1\/batches\/[^/]+$/.test(path)) return 'retrieve';
  if (method === 'POST' && /^\/v1\/batches\/[^/]+\/cancel$/.test(path)) return 'cancel';
  if (method === 'GET' && /^\/v1\/files\/[^/]+\/content$/.test(path)) return 'content';
  return null;
};

/**
 * Gemini's paths: batches as OpenAI has them, by their resource name, and all else in its own API,
 * with its own header for the key. `start` begins an upload.
 */
const geminiRoute = ({ headers, method, url = '' }: IncomingMessage): Route | 'start' | null => {
  const { pathname, search } = new URL(url, 'http://localhost');
  const own = headers['x-goog-api-key'] !== undefined && headers.authorization === undefined;
  const asOpenAi = headers.authorization !== undefined && !own;
  if (method === 'POST' && pathname === '/upload/v1beta/files') {
    const { 'x-goog-upload-command': command, 'x-goog-upload-protocol': protocol } = headers;
    if (own && command === 'start' && protocol === 'resumable' && search === '') return 'start';
    // The upload URL is itself the secret, so no key is sent to it.
    const isWhole = command === 'upload, finalize' && headers['x-goog-upload-offset'] === '0';
    return isWhole && !own && !asOpenAi && search !== '' ? { phase: 'upload', id: '' } : null;
  }
  const at = (pattern: RegExp): string | null => pattern.exec(pathname)?.[1] ?? null;
  if (method === 'POST' && asOpenAi && pathname === '/v1beta/openai/batches') {
    return { phase: 'create', id: '' };
  }
  if (method !== 'GET') return null;
  const batch = at(/^\/v1beta\/openai\/batches\/(batches\/[^/]+)$/);
  if (batch !== null && asOpenAi) return { phase: 'retrieve', id: batch };
  if (pathname === '/v1beta/batches' && own) return { phase: 'list', id: '' };
  const file = at(/^\/download\/v1beta\/(files\/[^/]+):download$/);
  return file !== null && own && search === '?alt=media' ? { phase: 'content', id: file } : null;
};

/** A page of two of Gemini's own list. */
const geminiPage = (newest: readonly Batch[], from: number): string =>
  JSON.stringify({
    operations: newest.slice(from, from + 2).map(({ fileId, id }) => ({
      name: id,
      metadata: {
        inputConfig: { fileName: fileId },
        createTime: new Date().toISOString(),
        state: 'BATCH_STATE_PENDING',
      },
    })),
    ...(from + 2 < newest.length ? { nextPageToken: String(from + 2) } : {}),
  });

const bytesOf = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
};

/** The uploaded file; the multipart body is taken apart by its boundary. */
const readMultipart = async (request: IncomingMessage): Promise<string> => {
  const [, boundary = ''] = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '') ?? [];
  const body = await readWhole(request);
  const parts = body.split(`--${boundary}`);
  if (parts.at(-1) !== '--\r\n') throw new Error('The multipart body is not whole.');
  const purpose = parts.find((part) => part.includes('name="purpose"'));
  if (!purpose?.includes('\r\n\r\nbatch')) throw new Error('The purpose is not batch.');
  const file = parts.find((part) => part.includes('name="file"')) ?? '';
  return file.slice(file.indexOf('\r\n\r\n') + 4, -2);
};

const readWhole = async (request: IncomingMessage): Promise<string> => {
  const bytes = await bytesOf(request);
  if (Number(request.headers['content-length']) !== bytes.length) {
    throw new Error('The body is not as long as it says.');
  }
  return bytes.toString();
};

const inputsOf = (text: string, countOnly: boolean): readonly Input[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const input = JSON.parse(line) as Input;
      return countOnly
        ? { custom_id: input.custom_id, url: input.url, body: { model: input.body.model } }
        : input;
    });
