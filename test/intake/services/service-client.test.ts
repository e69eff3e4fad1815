import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openService } from '../../../source/intake/services/open-service.ts';
import { ServiceClient } from '../../../source/intake/services/service-client.ts';
import {
  langfuseKeys,
  sendJson,
  startLangfuse,
  type TraceService,
} from '../../helpers/trace-service.ts';

let service: TraceService;

beforeEach(async () => {
  service = await startLangfuse([]);
});

afterEach(() => service.close());

const range = { start: '2026-11-20T00:00:00.000Z', end: '2026-11-21T00:00:00.000Z' };

const clientOf = (said: string[], deadlineMs = 60_000, maximumBytes = 1e8): ServiceClient =>
  new ServiceClient(
    'Langfuse',
    {
      baseUrl: service.url,
      urlVariable: 'LANGFUSE_HOST',
      keyVariables: ['LANGFUSE_SECRET_KEY'],
      secrets: ['sk-lf-secret-of-the-project'],
      headers: {},
    },
    {
      signal: undefined,
      onWait: (sentence) => said.push(sentence),
      deadlineMs,
      maximumBytes,
      backOffMs: 1,
    },
  );

describe('a call to a service', () => {
  it('that is slow is given up and tried again', async () => {
    service.disturb = (_, response) => {
      if (service.calls.length > 1) return sendJson(response, 200, { ok: true });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"data":');
      return true;
    };
    expect(await clientOf([], 300).read('/slow')).toEqual({ ok: true });
    expect(service.calls).toHaveLength(2);
  });

  it('ends after five tries with what the server said', async () => {
    service.disturb = (_, response) => sendJson(response, 503, { message: 'Database is down.' });
    await expect(clientOf([]).read('/down')).rejects.toThrow(
      `${new URL(service.url).host} answered 503: Database is down. It was tried 5 times.`,
    );
    expect(service.calls).toHaveLength(5);
  });

  it('does not wait for hours', async () => {
    service.disturb = (_, response) => sendJson(response, 429, {}, { 'retry-after': '7200' });
    await expect(clientOf([]).read('/limited')).rejects.toThrow(
      'asks for a wait of 2 h 0 min: 127.0.0.1',
    );
    expect(service.calls).toHaveLength(1);
  });
});

describe('an answer of a service', () => {
  it('that is larger than a page can be is given up at once', async () => {
    service.disturb = (_, response) => sendJson(response, 200, { data: 'x'.repeat(3_000_000) });
    await expect(clientOf([], 60_000, 2_000_000).read('/large')).rejects.toThrow(
      'answered with more than 2 MB, which is more than a page of Langfuse can have. Check LANGFUSE_HOST.',
    );
    expect(service.calls).toHaveLength(1);
  });
});

describe('a service', () => {
  it('is named with its keys before the first call, and a key in the clear is warned of', async () => {
    const said: string[] = [];
    const stop = new AbortController();
    const opening = openService('langfuse', range, {
      environment: {
        LANGFUSE_PUBLIC_KEY: langfuseKeys.publicKey,
        LANGFUSE_SECRET_KEY: langfuseKeys.secretKey,
        LANGFUSE_BASE_URL: 'http://langfuse.invalid:3000/',
      },
      signal: stop.signal,
      say: (sentence) => {
        said.push(sentence);
        if (said.length === 2) stop.abort();
      },
    });
    await expect(opening).rejects.toThrow('Stopped');
    expect(said).toEqual([
      'The key in LANGFUSE_SECRET_KEY goes to http://langfuse.invalid:3000 unencrypted: anyone on the network path can read it. Use https, or a tunnel that ends on this machine.',
      'Keys are sent: LANGFUSE_PUBLIC_KEY to langfuse.invalid:3000, LANGFUSE_SECRET_KEY to langfuse.invalid:3000.',
    ]);
  });
});
