import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../source/text/json.ts';
import {
  litellmPayload,
  litellmSpendLog,
} from '../../../../source/traffic/formats/gateways/litellm.ts';
import { answerText, fixture, importedFile, readOne } from '../../imported.ts';

const user = { role: 'user', content: 'hi' };

describe('a StandardLoggingPayload of LiteLLM', () => {
  const counts = {
    format: 'LiteLLM logging payloads',
    read: 10,
    added: 6,
    dialects: { chat: 4, responses: 1, messages: 1 },
    notReplayable: 4,
    reasons: [
      { reason: 'prompt redacted by the gateway (LiteLLM: turn_off_message_logging)', count: 2 },
      {
        reason:
          'prompt in cold storage (LiteLLM: import the objects that cold_storage_object_key names)',
        count: 1,
      },
      { reason: 'prompt not stored (LiteLLM: store_prompts_in_spend_logs)', count: 1 },
    ],
    ignored: [{ reason: 'not a prompt to a model (aembedding)', count: 1 }],
  };

  it.each(['payloads.json', 'payloads.ndjson'])(
    'is read as an array and line by line, and every other record has its reason: %s',
    async (name) => {
      const { report } = await importedFile(fixture(`litellm/${name}`));
      expect(report).toMatchObject(counts);
    },
  );

  it('is read as a single object', async () => {
    const { report } = await importedFile(fixture('litellm/payload.json'));
    expect(report).toMatchObject({ format: counts.format, read: 1, added: 1 });
  });

  it('has times in seconds, and the time to the first token of a stream', async () => {
    const { captures } = await importedFile(fixture('litellm/payloads.json'));
    const streamed = captures.get('a streamed payload');
    expect(streamed?.timestamp).toBe('2026-09-21T14:13:20.100Z');
    expect(streamed?.recorded[0]).toMatchObject({ totalMs: 900, timeToFirstTokenMs: 420 });
    expect(captures.get('a payload at once')?.recorded[0]).toMatchObject({
      totalMs: 900,
      timeToFirstTokenMs: null,
    });
  });

  it('uses response_time as the time to the first token if there is no timestamp', () => {
    const payload = {
      id: 'a',
      call_type: 'completion',
      model_group: 'm',
      messages: [user],
      model_parameters: { stream: true },
      response: { choices: [{ message: { role: 'assistant', content: 'x' } }] },
      startTime: 1790000000.1,
      endTime: 1790000002,
      response_time: 0.35,
    };
    expect(readOne(litellmPayload, payload)).toMatchObject({
      capture: { recorded: [{ totalMs: 1900, timeToFirstTokenMs: 350 }] },
    });
    const iso = { ...payload, startTime: '2026-09-01 10:00:00.1', endTime: '2026-09-01 10:00:02' };
    expect(readOne(litellmPayload, iso)).toMatchObject({
      capture: { timestamp: '2026-09-01T10:00:00.100Z', recorded: [{ totalMs: 1900 }] },
    });
  });

  it('has no times for an answer from the cache', async () => {
    const { captures } = await importedFile(fixture('litellm/payloads.json'));
    expect(captures.get('from the cache')?.recorded[0]).toMatchObject({
      totalMs: null,
      timeToFirstTokenMs: null,
    });
  });

  it('becomes the request that the model received, under the name that the caller used', async () => {
    const { captures } = await importedFile(fixture('litellm/payloads.json'));
    expect(captures.get('a streamed payload')).toMatchObject({
      endpoint: 'faq',
      request: {
        model: 'faq-bot',
        messages: [{ role: 'user', content: 'a streamed payload' }],
        temperature: 0,
        max_tokens: 64,
        top_k: 5,
      },
      metadata: { endpoint: 'faq', tags: ['shop'], user: 'ee8c1edecd842a59' },
      recorded: [{ model: 'gpt-4o-mini', body: { usage: { prompt_tokens: 8 } } }],
    });
    const request = captures.get('a streamed payload')?.request ?? {};
    expect(Object.keys(request)).not.toContain('stream');
    expect(Object.keys(request)).not.toContain('max_retries');
  });

  it('that failed has no answer and says why', async () => {
    const { captures } = await importedFile(fixture('litellm/payloads.json'));
    expect(captures.get('a failed payload')).toMatchObject({
      recorded: [],
      metadata: {
        recordedError: { status: 429, message: 'litellm.RateLimitError: Rate limit reached' },
      },
    });
  });

  it('is found in the arguments of a callback', () => {
    const payload = {
      id: 'a',
      call_type: 'acompletion',
      model_group: 'm',
      messages: '[{"role":"user","content":"hi"}]',
      startTime: 1790000000,
    };
    const record = { standard_logging_object: payload, kwargs: {} };
    expect(litellmPayload.recognises(record, null)).toBe(true);
    expect(readOne(litellmPayload, record)).toMatchObject({
      kind: 'capture',
      capture: { id: 'a', request: { messages: [user] } },
    });
  });
});

describe('a spend log of LiteLLM', () => {
  it.each(['api.json', 'postgres.jsonl'])(
    'is read with columns of JSON and of texts, and every other row has its reason: %s',
    async (name) => {
      const { report, captures } = await importedFile(fixture(`litellm-spend-logs/${name}`));
      expect(report).toMatchObject({
        format: 'LiteLLM spend logs',
        read: 9,
        added: 5,
        notReplayable: 4,
        reasons: [
          { reason: 'prompt not stored (LiteLLM: store_prompts_in_spend_logs)', count: 2 },
          {
            reason: 'cut short by the gateway (LiteLLM: MAX_STRING_LENGTH_PROMPT_IN_DB)',
            count: 1,
          },
          {
            reason:
              'prompt in cold storage (LiteLLM: import the objects that cold_storage_object_key names)',
            count: 1,
          },
        ],
        ignored: [{ reason: 'not a prompt to a model (aembedding)', count: 1 }],
      });
      expect(
        Object.fromEntries(Array.from(captures, ([words, one]) => [words, answerText(one)])),
      ).toEqual({
        'a streamed row': 'streamed',
        'an older row, with url and headers': 'older',
        'messages alone': 'alone',
        'a failed row': null,
        'a cached row': 'cached',
      });
      expect(captures.get('a streamed row')).toMatchObject({
        timestamp: '2026-09-01T10:00:00.100Z',
        recorded: [{ totalMs: 900, timeToFirstTokenMs: 300 }],
      });
      expect(captures.get('a cached row')?.recorded[0]).toMatchObject({ totalMs: null });
    },
  );

  it('has the body that the proxy received; messages alone are partial', async () => {
    const { captures } = await importedFile(fixture('litellm-spend-logs/api.json'));
    expect(captures.get('a streamed row')).toMatchObject({
      request: { model: 'faq-bot', temperature: 0.3, response_format: { type: 'json_object' } },
      partial: [],
    });
    expect(captures.get('messages alone')).toMatchObject({
      request: { model: 'faq-bot' },
      partial: ['parameters'],
    });
    expect(captures.get('a failed row')?.metadata?.['recordedError']).toEqual({
      status: 400,
      message: 'context window exceeded',
    });
  });

  it("drops LiteLLM's additions to the request, especially keys and headers", async () => {
    const { captures, text } = await importedFile(fixture('litellm-spend-logs/api.json'));
    expect(text).not.toMatch(/sk-not-a-key|authorization|user_api_key|litellm_call_id|localhost/);
    expect(captures.get('a streamed row')?.request['metadata']).toEqual({ ticket: 'faq-7' });
    expect(captures.get('a streamed row')?.endpoint).toMatch(/^system-/);
  });

  it.each<[string, JsonObject]>([
    ['cut', { content: 'aaa... (truncated 1234 chars)' }],
    ['cut', { content: [{ type: 'text', text: 'a (litellm_truncated skipped 9 chars) b' }] }],
    ['redacted', { content: 'redacted-by-litellm' }],
    ['redacted', { content: 'REDACTED_BY_LITELM' }],
  ])('is not replayed with a prompt that was %s, in any spelling', (what, message) => {
    const row = {
      request_id: 'a',
      call_type: 'acompletion',
      spend: 0,
      proxy_server_request: { model: 'm', messages: [{ role: 'user', ...message }] },
    };
    expect(readOne(litellmSpendLog, row)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining(what) as string,
      recordId: 'a',
    });
  });

  it('keeps a request whose answer was cut, without the answer', () => {
    const row = {
      request_id: 'a',
      call_type: 'acompletion',
      spend: 0,
      proxy_server_request: { model: 'm', messages: [user] },
      response: { choices: [{ message: { content: 'a (litellm_truncated skipped 9 chars) b' } }] },
    };
    expect(readOne(litellmSpendLog, row)).toMatchObject({
      capture: { recorded: [], metadata: null },
    });
  });
});
