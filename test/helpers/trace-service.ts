import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { isJsonObject, type JsonObject, parseJson } from '../../source/text/json.ts';

/** A request as the service received it. */
export type ServiceCall = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: JsonObject;
};

/** What is answered instead of the page: a whole answer, or null for the page itself. */
export type Disturb = (call: ServiceCall, response: ServerResponse) => boolean | Promise<boolean>;

export type TraceService = {
  readonly url: string;
  readonly calls: readonly ServiceCall[];
  /** Handles a call instead of the service, if it returns true. */
  disturb: Disturb;
  readonly close: () => Promise<void>;
};

/** Answers a call with JSON. */
export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): true => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
  return true;
};

const startService = async (
  answer: (call: ServiceCall, response: ServerResponse) => void,
): Promise<TraceService> => {
  const calls: ServiceCall[] = [];
  const service = {
    calls,
    disturb: (() => false) as Disturb,
  };
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '', 'http://service');
      const parsed = parseJson(await readText(request));
      const call = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: isJsonObject(parsed) ? parsed : {},
      };
      calls.push(call);
      if (!(await service.disturb(call, response))) answer(call, response);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return Object.assign(service, { url: `http://127.0.0.1:${address.port}`, close });
};

export const langfuseKeys = { publicKey: 'pk-lf-public', secretKey: 'sk-lf-secret-of-the-project' };

/** A generation of Langfuse as both versions of its API have it. */
export const generation = (
  number: number,
  startTime: string,
  more: JsonObject = {},
): JsonObject => ({
  id: `observation-${number}`,
  traceId: `trace-${number}`,
  projectId: 'project-1',
  parentObservationId: null,
  type: 'GENERATION',
  name: 'answer question',
  startTime,
  endTime: new Date(Date.parse(startTime) + 900).toISOString(),
  completionStartTime: new Date(Date.parse(startTime) + 300).toISOString(),
  level: 'DEFAULT',
  statusMessage: null,
  model: 'gpt-4o-mini',
  providedModelName: 'gpt-4o-mini',
  modelParameters: { temperature: '0.1' },
  input: JSON.stringify([{ role: 'user', content: `What is ${number} + ${number}?` }]),
  output: JSON.stringify({ role: 'assistant', content: String(2 * number) }),
  usageDetails: { input: 8, output: 2, total: 10 },
  ...more,
});

/**
 * A server that speaks as Langfuse documents its API: `version` 2 with cursors, or 1 with numbered pages (then
 * version 2 answers 404, as a self-hosted server does). Pages hold `pageSize` rows whatever is asked.
 */
export const startLangfuse = async (
  rows: readonly JsonObject[],
  { pageSize = 2, version = 2 }: { readonly pageSize?: number; readonly version?: 1 | 2 } = {},
): Promise<TraceService> =>
  await startService((call, response) => {
    const { headers, path, query } = call;
    const { publicKey, secretKey } = langfuseKeys;
    const basic = Buffer.from(`${publicKey}:${secretKey}`).toString('base64');
    if (headers.authorization !== `Basic ${basic}`) {
      return sendJson(response, 401, { message: 'Invalid credentials.' });
    }
    if (path === '/api/public/projects') {
      return sendJson(response, 200, { data: [{ id: 'project-1', name: 'shop/chat' }] });
    }
    const found = rows
      .filter(
        ({ startTime, type }) =>
          type === query.get('type') &&
          String(startTime) >= (query.get('fromStartTime') ?? '') &&
          String(startTime) < (query.get('toStartTime') ?? '~'),
      )
      .toSorted((a, b) => (String(a['startTime']) < String(b['startTime']) ? 1 : -1));
    if (path === '/api/public/v2/observations' && version === 2) {
      const cursor = query.get('cursor');
      if (cursor !== null && !cursor.startsWith('b64:')) {
        return sendJson(response, 400, {
          message: 'Invalid cursor format',
          error: 'InvalidRequestError',
        });
      }
      const start =
        cursor === null ? 0 : found.findIndex(({ id }) => `b64:${String(id)}` === cursor) + 1;
      const data = found.slice(start, start + pageSize);
      const more = start + pageSize < found.length;
      const meta = more ? { cursor: `b64:${String(data.at(-1)?.['id'])}` } : {};
      return sendJson(response, 200, { data, meta });
    }
    if (path === '/api/public/observations' && version === 1) {
      const page = Number(query.get('page'));
      const data = found.slice((page - 1) * pageSize, page * pageSize);
      const totalPages = Math.ceil(found.length / pageSize);
      const meta = { page, limit: pageSize, totalItems: found.length, totalPages };
      return sendJson(response, 200, { data, meta });
    }
    return sendJson(response, 404, { message: 'Not found', error: 'LangfuseNotFoundError' });
  });

export const langsmithKey = 'lsv2_pt_secret_of_the_workspace';

/** A run of LangSmith as version 1 of its API has it. */
export const llmRun = (number: number, start_time: string, more: JsonObject = {}): JsonObject => ({
  id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  name: 'ChatOpenAI',
  run_type: 'llm',
  start_time,
  end_time: new Date(Date.parse(start_time) + 700).toISOString(),
  first_token_time: null,
  inputs: {
    messages: [{ role: 'user', content: `What is ${number} + ${number}?` }],
    model: 'gpt-4o-mini',
  },
  outputs: {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: String(2 * number) },
        finish_reason: 'stop',
      },
    ],
  },
  error: null,
  extra: { metadata: { thread_id: `thread-${number}` } },
  status: 'success',
  trace_id: `trace-${number}`,
  dotted_order: `20261120T000000${number}`,
  session_id: 'session-1',
  ...more,
});

/**
 * A server that speaks as LangSmith documents its API: `version` 1, or 2 (then version 1 answers 501, as a server
 * without ClickHouse does).
 */
export const startLangSmith = async (
  runs: readonly JsonObject[],
  { pageSize = 2, version = 1 }: { readonly pageSize?: number; readonly version?: 1 | 2 } = {},
): Promise<TraceService> =>
  await startService(({ body, headers, method, path, query }, response) => {
    if (headers['x-api-key'] !== langsmithKey) {
      return sendJson(response, 401, { detail: 'Invalid token' });
    }
    if (path === '/api/v1/sessions') {
      const found = query.get('name') === 'support' ? [{ id: 'session-1', name: 'support' }] : [];
      return sendJson(response, 200, found);
    }
    const since = String(body['start_time'] ?? body['min_start_time']);
    const until = String(body['max_start_time'] ?? '~');
    const found = runs
      .filter(
        ({ run_type, start_time }) =>
          run_type === String(body['run_type']).toLowerCase() &&
          String(start_time) >= since &&
          String(start_time) < until,
      )
      .toSorted((a, b) => (String(a['start_time']) < String(b['start_time']) ? 1 : -1));
    const start = Number(body['cursor'] ?? 0);
    const page = found.slice(start, start + pageSize);
    const next = start + pageSize < found.length ? String(start + pageSize) : null;
    if (method === 'POST' && path === '/api/v1/runs/query' && version === 1) {
      return sendJson(response, 200, { runs: page, cursors: { next }, parsed_query: null });
    }
    if (method === 'POST' && path === '/api/v2/runs/query' && version === 2) {
      const items = page.map(({ extra, session_id, ...run }) => ({
        ...run,
        run_type: 'LLM',
        status: 'SUCCESS',
        project_id: session_id ?? null,
        metadata: isJsonObject(extra) ? (extra['metadata'] ?? null) : null,
      }));
      return sendJson(response, 200, { items, next_cursor: next ?? '' });
    }
    return sendJson(response, path.startsWith('/api/v1') ? 501 : 404, {
      detail: 'Not implemented',
    });
  });
