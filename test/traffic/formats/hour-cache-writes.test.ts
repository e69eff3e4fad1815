import { describe, expect, it } from 'vitest';
import { answerOfCompletion } from '../../../source/models/stream/accumulator.ts';
import { recordedStreams } from '../../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import { braintrust } from '../../../source/traffic/formats/braintrust.ts';
import { datadog } from '../../../source/traffic/formats/datadog.ts';
import type { Format } from '../../../source/traffic/formats/format.ts';
import { langfuse } from '../../../source/traffic/formats/langfuse/langfuse.ts';
import { langsmith } from '../../../source/traffic/formats/langsmith.ts';
import { otlp } from '../../../source/traffic/formats/otel/otlp.ts';
import { posthog } from '../../../source/traffic/formats/posthog.ts';

const user = { role: 'user', content: 'hi' };
const assistant = { role: 'assistant', content: 'ho' };

/** The usage of the answer that a format reads from a record. */
const usageOf = (format: Format, record: JsonObject): unknown => {
  const reader = format.open(recordedStreams);
  const [found] = [...reader.read(record, null), ...reader.end()];
  if (found?.kind !== 'capture') throw new Error(JSON.stringify(found));
  const [answer] = found.capture.recorded;
  return answer === undefined ? null : answerOfCompletion(answer.body)?.usage;
};

describe('what was written to a cache for an hour', () => {
  // 2 tokens of plain input, 1 read from the cache, 3 written to it for five minutes and 4 for an hour.
  const counted = { input: 10, output: 5, cachedInput: 1, cacheWrite: 7, hourCacheWrite: 4 };

  it('is read from spans of Braintrust, with or without the sum', () => {
    const apart = { prompt_cache_creation_5m_tokens: 3, prompt_cache_creation_1h_tokens: 4 };
    for (const written of [apart, { ...apart, prompt_cache_creation_tokens: 7 }]) {
      const metrics = { prompt_tokens: 10, completion_tokens: 5, prompt_cached_tokens: 1 };
      const span = {
        id: 's',
        span_id: 's',
        root_span_id: 'r',
        span_attributes: { name: 'Chat Completion', type: 'llm' },
        input: [user],
        output: assistant,
        metadata: { model: 'm' },
        metrics: { ...metrics, ...written },
      };
      expect(usageOf(braintrust, span)).toMatchObject(counted);
    }
  });

  it('is read from events of PostHog, with or without the sum', () => {
    const apart = {
      $ai_cache_creation_5m_input_tokens: 3,
      $ai_cache_creation_1h_input_tokens: 4,
    };
    for (const written of [apart, { ...apart, $ai_cache_creation_input_tokens: 7 }]) {
      const event = {
        uuid: 'e',
        event: '$ai_generation',
        distinct_id: 'u',
        timestamp: '2026-10-01T08:00:00Z',
        properties: {
          $ai_model: 'm',
          $ai_input: [user],
          $ai_output_choices: [assistant],
          $ai_input_tokens: 2,
          $ai_output_tokens: 5,
          $ai_cache_read_input_tokens: 1,
          $ai_cache_reporting_exclusive: true,
          ...written,
        },
      };
      expect(usageOf(posthog, event)).toMatchObject(counted);
    }
  });

  it('is read from spans of Datadog', () => {
    const span = {
      span_id: 's',
      start_ns: 1_790_000_000_000_000_000,
      duration: 1_000_000,
      model_name: 'm',
      span_kind: 'llm',
      input: { messages: [user] },
      output: { messages: [assistant] },
      metrics: {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 1,
        cache_write_input_tokens: 7,
        ephemeral_5m_input_tokens: 3,
        ephemeral_1h_input_tokens: 4,
      },
    };
    expect(usageOf(datadog, span)).toMatchObject(counted);
  });

  it('is read from details of Langfuse, also those that LangChain gives it', () => {
    for (const details of [
      { input_cache_creation_5m: 3, input_cache_creation_1h: 4 },
      {
        input_cache_creation: 0,
        input_ephemeral_5m_input_tokens: 3,
        input_ephemeral_1h_input_tokens: 4,
      },
    ]) {
      const observation = {
        id: 'o',
        traceId: 't',
        type: 'GENERATION',
        startTime: '2026-10-01T08:00:00Z',
        model: 'm',
        input: [user],
        output: assistant,
        usageDetails: { input: 2, output: 5, total: 15, input_cache_read: 1, ...details },
      };
      expect(usageOf(langfuse, observation)).toMatchObject(counted);
    }
  });

  it('is read from messages of LangChain and from what LangSmith counts', () => {
    for (const details of [
      { cache_creation: 0, ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      { ephemeral_5m_input_tokens: 3, ephemeral_1hr_input_tokens: 4 },
    ]) {
      const usage_metadata = {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        input_token_details: { cache_read: 1, ...details },
      };
      const run = {
        id: 'r',
        trace_id: 'r',
        run_type: 'llm',
        start_time: '2026-10-01T08:00:00Z',
        inputs: { messages: [user], model: 'm' },
        outputs: { ...assistant, usage_metadata },
      };
      expect(usageOf(langsmith, run)).toMatchObject(counted);
    }
  });

  it('is read from spans of LiteLLM', () => {
    const attributes = {
      'gen_ai.request.model': 'm',
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
      ]),
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: 'ho' }] },
      ]),
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.usage.cache_read.input_tokens': 1,
      'gen_ai.usage.cache_write.input_tokens': 7,
      'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': 4,
    };
    const span = {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      name: 'chat m',
      startTimeUnixNano: '1790000000000000000',
      endTimeUnixNano: '1790000001000000000',
      attributes: Object.entries(attributes).map(([key, value]) => ({
        key,
        value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
      })),
    };
    const record = { scopeSpans: [{ spans: [span] }] };
    expect(usageOf(otlp, record)).toMatchObject(counted);
  });
});
