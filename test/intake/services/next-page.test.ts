import { afterEach, describe, expect, it } from 'vitest';
import { langfuseService } from '../../../source/intake/services/langfuse-service.ts';
import { langsmithService } from '../../../source/intake/services/langsmith-service.ts';
import { ServiceClient } from '../../../source/intake/services/service-client.ts';
import type { Service, ServicePage } from '../../../source/intake/services/service.ts';
import {
  generation,
  langfuseKeys,
  langsmithKey,
  llmRun,
  sendJson,
  startLangfuse,
  startLangSmith,
  type TraceService,
} from '../../helpers/trace-service.ts';

const start = '2026-11-20T00:00:00.000Z';

let server: TraceService | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

/** Reads the first page of a service that answers `body` for pages. */
const firstPage = async (
  service: Service,
  starting: Promise<TraceService>,
  page: { readonly path: string; readonly body: unknown },
): Promise<ServicePage> => {
  server = await starting;
  server.disturb = ({ path }, response) => path === page.path && sendJson(response, 200, page.body);
  const environment = {
    LANGFUSE_PUBLIC_KEY: langfuseKeys.publicKey,
    LANGFUSE_SECRET_KEY: langfuseKeys.secretKey,
    LANGFUSE_HOST: server.url,
    LANGSMITH_API_KEY: langsmithKey,
    LANGSMITH_ENDPOINT: server.url,
    LANGSMITH_PROJECT: 'support',
  };
  const client = new ServiceClient(service.title, service.access(environment), {
    signal: undefined,
    onWait: () => {},
  });
  const project = await service.open(client, environment);
  return await project.page({ start, end: '2026-11-21T00:00:00.000Z' }, null);
};

const unreadable =
  'does not say in a known form which page comes next, so that the rest cannot be read.';

describe('the next page of Langfuse', () => {
  const read = async (version: 1 | 2, meta: unknown): Promise<string | null> => {
    const { next } = await firstPage(langfuseService, startLangfuse([], { version }), {
      path: version === 1 ? '/api/public/observations' : '/api/public/v2/observations',
      body: { data: [generation(1, start)], meta },
    });
    return next;
  };

  it.each([
    [2, { cursor: 7 }],
    [2, { cursor: { id: 'b64:1' } }],
    [2, ['b64:1']],
    [1, { totalPages: 'many' }],
    [1, {}],
  ] as const)('is an error if it has an unknown form (version %i, %j)', async (version, meta) => {
    await expect(read(version, meta)).rejects.toThrow(`Langfuse ${unreadable}`);
  });

  it.each([
    [2, { cursor: 'b64:1' }, 'b64:1'],
    [2, { cursor: null }, null],
    [2, { cursor: '' }, null],
    [2, {}, null],
    [2, undefined, null],
    [1, { totalPages: 2 }, 'page 2'],
    [1, { totalPages: 1 }, null],
  ] as const)('is read, or there is none (version %i, %j)', async (version, meta, next) => {
    expect(await read(version, meta)).toBe(next);
  });
});

describe('the next page of LangSmith', () => {
  const read = async (version: 1 | 2, rest: object): Promise<string | null> => {
    const { next } = await firstPage(langsmithService, startLangSmith([], { version }), {
      path: `/api/v${version}/runs/query`,
      body: { [version === 1 ? 'runs' : 'items']: [llmRun(1, start)], ...rest },
    });
    return next;
  };

  it.each([
    [1, { cursors: { next: 100 } }],
    [1, { cursors: '100' }],
    [2, { next_cursor: 100 }],
    [2, { next_cursor: { id: '100' } }],
  ] as const)('is an error if it has an unknown form (version %i, %j)', async (version, rest) => {
    await expect(read(version, rest)).rejects.toThrow(`LangSmith ${unreadable}`);
  });

  it.each([
    [1, { cursors: { next: '100' } }, '100'],
    [1, { cursors: { next: null } }, null],
    [1, { cursors: null }, null],
    [1, {}, null],
    [2, { next_cursor: '100' }, 'v2 100'],
    [2, { next_cursor: '' }, null],
  ] as const)('is read, or there is none (version %i, %j)', async (version, rest, next) => {
    expect(await read(version, rest)).toBe(next);
  });
});
