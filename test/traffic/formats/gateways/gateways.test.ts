import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../source/text/json.ts';
import type { Capture } from '../../../../source/traffic/capture.ts';
import { cloudflare } from '../../../../source/traffic/formats/gateways/cloudflare.ts';
import { helicone } from '../../../../source/traffic/formats/gateways/helicone.ts';
import { portkey } from '../../../../source/traffic/formats/gateways/portkey.ts';
import { answerText, fixture, importedFile, readOne } from '../../imported.ts';

const answers = (captures: ReadonlyMap<string, Capture>) =>
  Object.fromEntries(Array.from(captures, ([words, one]) => [words, answerText(one)]));

const errorOf = (captures: ReadonlyMap<string, Capture>, words: string) =>
  captures.get(words)?.metadata?.['recordedError'];

const user = { role: 'user', content: 'hi' };

describe('rows of Helicone', () => {
  it('have each prompt, and account for every other row', async () => {
    const { report, captures } = await importedFile(fixture('helicone/rows.jsonl'));
    expect(report).toMatchObject({
      format: 'Helicone',
      read: 14,
      added: 12,
      dialects: { chat: 9, messages: 1, gemini: 2 },
      notReplayable: 2,
      reasons: [
        {
          reason:
            'body not in the export (Helicone: --include-body, or GET signed_body_url into body)',
          count: 2,
        },
      ],
      ignored: [
        { reason: 'a logged step that is not a call', count: 1 },
        { reason: 'not a prompt to a model (/v1/embeddings)', count: 1 },
      ],
    });
    expect(answers(captures)).toEqual({
      assembled: 'one',
      'bodies as texts': 'two',
      chunks: 'streamed',
      'server-sent events': 'streamed',
      'an error of Helicone': null,
      'an error of the provider': null,
      cancelled: null,
      fetched: 'eight',
      'from its cache': 'cached',
      'to Anthropic': null,
      'to Gemini': null,
      "to Gemini, by a path of one's own": null,
    });
  });

  it('have times in milliseconds, usage beside the answer, and no times for answers from the cache', async () => {
    const { captures } = await importedFile(fixture('helicone/rows.jsonl'));
    expect(captures.get('assembled')).toMatchObject({
      id: 'h1',
      endpoint: 'faq',
      timestamp: '2026-09-01T10:00:00.000Z',
      recorded: [
        {
          model: 'gpt-4o-mini-2024-07-18',
          totalMs: 812,
          timeToFirstTokenMs: 240,
          body: { usage: { prompt_tokens: 8, completion_tokens: 2 } },
        },
      ],
    });
    expect(captures.get('bodies as texts')?.recorded[0]).toMatchObject({ totalMs: 812 });
    expect(captures.get('from its cache')?.recorded[0]).toMatchObject({
      totalMs: null,
      timeToFirstTokenMs: null,
    });
  });

  it('say why production got no answer, and have users and sessions only as hashes', async () => {
    const { captures, text } = await importedFile(fixture('helicone/rows.jsonl'));
    expect(errorOf(captures, 'an error of Helicone')).toEqual({
      status: 429,
      message: 'Rate limit reached: 10 requests per minute',
    });
    expect(errorOf(captures, 'an error of the provider')).toEqual({
      status: 503,
      message: 'overloaded',
    });
    expect(errorOf(captures, 'cancelled')).toEqual({
      status: null,
      message: 'the call was cancelled',
    });
    expect(captures.get('assembled')?.metadata).toEqual({
      'Helicone-Prompt-Id': 'faq',
      tier: 'free',
      user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    expect(text).not.toMatch(/user-77|session-5/);
  });

  it("are read from its API's output", async () => {
    const { report } = await importedFile(fixture('helicone/query.json'));
    expect(report).toMatchObject({ format: 'Helicone', read: 2, added: 2 });
  });

  it.each<[string, JsonObject]>([
    ['messages', { system: 'Be brief.', max_tokens: 9, messages: [user] }],
    ['responses', { input: [{ role: 'user', content: 'hi' }] }],
    ['responses', { input: 'hi', instructions: 'Be brief.' }],
    ['gemini', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
  ])('have a body in the dialect %s as it came, with their model beside it', (dialect, body) => {
    const row = {
      request_id: 'a',
      request_created_at: '2026-09-01',
      request_body: body,
      request_model: 'm',
    };
    expect(readOne(helicone, row)).toMatchObject({
      kind: 'capture',
      capture: { dialect, model: 'm', request: body },
    });
  });

  it('name a call of an API that is not replayed', () => {
    const row = {
      request_id: 'a',
      request_created_at: '2026-09-01',
      request_body: { prompt: 'Once' },
    };
    expect(readOne(helicone, row)).toEqual({
      kind: 'rejected',
      reason: 'text completion request (an API that is not replayed)',
      recordId: 'a',
    });
  });

  it('may lack everything about a response', () => {
    const row = { request_created_at: '2026-09-01', request_body: { messages: [user] } };
    expect(readOne(helicone, row)).toMatchObject({
      kind: 'capture',
      capture: { recorded: [], metadata: null },
    });
  });
});

describe('logs of Cloudflare AI Gateway', () => {
  const withoutBodies =
    'bodies not in the log (Cloudflare: put GET /logs/ID/request and /response into request and response)';

  it('have no bodies in a list, and say where they are', async () => {
    const { report } = await importedFile(fixture('cloudflare/list.json'));
    expect(report).toMatchObject({
      format: 'Cloudflare AI Gateway',
      read: 1,
      added: 0,
      reasons: [{ reason: withoutBodies, count: 1 }],
      ignored: [{ reason: 'not a prompt to a model (/v1/embeddings)', count: 1 }],
    });
  });

  it('with bodies have each prompt, and account for every other log', async () => {
    const { report, captures, text } = await importedFile(fixture('cloudflare/merged.jsonl'));
    expect(report).toMatchObject({
      read: 10,
      added: 8,
      dialects: { chat: 7, messages: 1 },
      notReplayable: 2,
      reasons: [
        { reason: withoutBodies, count: 1 },
        {
          reason: 'request cut short (Cloudflare: put GET /logs/ID/request into request)',
          count: 1,
        },
      ],
    });
    expect(answers(captures)).toEqual({
      merged: 'one',
      'bodies as texts': 'streamed',
      'a whole head': null,
      'the second step': 'five',
      'Workers AI': 'six',
      failed: null,
      'from the cache': 'cached',
      'to Anthropic': null,
    });
    expect(text).not.toContain('not-a-key');
  });

  it('have a duration in milliseconds, except for cached answers', async () => {
    const { captures } = await importedFile(fixture('cloudflare/merged.jsonl'));
    expect(captures.get('merged')).toMatchObject({
      endpoint: 'faq',
      timestamp: '2026-09-01T10:00:00.000Z',
      recorded: [{ totalMs: 640, body: { usage: { prompt_tokens: 8, completion_tokens: 2 } } }],
    });
    expect(captures.get('from the cache')?.recorded[0]).toMatchObject({ totalMs: null });
    expect(captures.get('Workers AI')?.request['model']).toBe('@cf/meta/llama-3.1-8b-instruct');
    expect(errorOf(captures, 'failed')).toEqual({ status: 429, message: 'Rate limit reached' });
    expect(captures.get('a whole head')?.metadata).toEqual({ endpoint: 'faq' });
  });

  it('of the universal endpoint have no request if it lacks the step', () => {
    const log = { id: 'a', provider: 'universal', tokens_in: 1, tokens_out: 1, step: 3 };
    const request = [{ provider: 'openai', query: { messages: [user] } }];
    expect(readOne(cloudflare, { ...log, request })).toMatchObject({ kind: 'rejected' });
  });
});

describe('logs that Portkey exports', () => {
  it('have each prompt, and account for every other log', async () => {
    const { report, captures, text } = await importedFile(fixture('portkey/export.jsonl'));
    expect(report).toMatchObject({
      format: 'Portkey',
      read: 8,
      added: 7,
      dialects: { chat: 6, messages: 1 },
      notReplayable: 1,
      reasons: [
        {
          reason: 'request not in the export (Portkey: ask for the columns request and response)',
          count: 1,
        },
      ],
      ignored: [{ reason: 'not a prompt to a model (/v1/embeddings)', count: 1 }],
    });
    expect(answers(captures)).toEqual({
      'bodies in columns': 'one',
      'bodies in dotted columns': 'two',
      'bodies in body': 'three',
      'bodies as texts': 'four',
      failed: null,
      'from the cache': 'cached',
      'to Anthropic': null,
    });
    expect(text).not.toMatch(/not-a-key|user-77/);
  });

  it('have a time in milliseconds, except for cached answers', async () => {
    const { captures } = await importedFile(fixture('portkey/export.jsonl'));
    expect(captures.get('bodies in columns')).toMatchObject({
      endpoint: 'faq',
      metadata: { tier: 'free', user: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
      recorded: [{ totalMs: 731, body: { usage: { prompt_tokens: 8 } } }],
    });
    expect(captures.get('bodies as texts')?.recorded[0]).toMatchObject({ totalMs: 731 });
    expect(captures.get('from the cache')?.recorded[0]).toMatchObject({ totalMs: null });
    expect(errorOf(captures, 'failed')).toEqual({ status: 400, message: 'Invalid schema' });
  });

  it('may have only the columns that were asked for', () => {
    const log = { ai_org: 'openai', ai_model: 'gpt-4o-mini', request: { messages: [user] } };
    expect(readOne(portkey, log)).toMatchObject({
      kind: 'capture',
      capture: { request: { model: 'gpt-4o-mini' }, timestamp: null, recorded: [] },
    });
  });
});
