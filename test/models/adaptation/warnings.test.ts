import { describe, expect, it } from 'vitest';
import { adaptRequest } from '../../../source/models/adaptation/adapt-request.ts';
import { createAdaptationTally, warningsOf } from '../../../source/models/adaptation/warnings.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import type { JsonObject } from '../../../source/text/json.ts';

const warnings = (
  label: string,
  requests: readonly JsonObject[],
  ofFirst = false,
): readonly string[] => {
  const model = resolveModel(label);
  if (model.kind !== 'live') throw new Error('not live');
  const { add, tally } = createAdaptationTally();
  for (const request of requests) {
    add(
      adaptRequest({ messages: [{ role: 'user', content: 'Hi' }], ...request }, model).adaptations,
    );
  }
  return warningsOf(label, tally(), ofFirst);
};

describe('the warnings before the first call', () => {
  it('are empty when only routine changes are made', () => {
    expect(warnings('openai/gpt-4o', [{ model: 'gpt-4', temperature: 0 }])).toEqual([]);
    expect(warnings('openai/gpt-4o', [])).toEqual([]);
  });

  it('count the requests of each warning, with the highest value', () => {
    const requests = [
      { max_tokens: 256, reasoning_effort: 'low' },
      { max_tokens: 16, reasoning_effort: 'low' },
      { max_tokens: 9000, reasoning_effort: 'low' },
    ];
    expect(warnings('openai/gpt-5', requests)).toEqual([
      'warning: openai/gpt-5: max_completion_tokens is 256 or less in 2 of 3 requests: the model thinks first, and its thinking counts: nothing may be left for the answer',
      'changed: openai/gpt-5: max_tokens → max_completion_tokens in 3 of 3 requests',
    ]);
    expect(warnings('openai/gpt-5', [requests[0] ?? {}], true)[0]).toBe(
      'warning: openai/gpt-5: max_completion_tokens is 256 in 1 of the first 1 request: the model thinks first, and its thinking counts: nothing may be left for the answer',
    );
  });

  it('list the changes, the most frequent first', () => {
    const lines = warnings('deepseek/deepseek-chat', [
      { seed: 1, response_format: { type: 'json_schema' } },
      { seed: 2, messages: [{ role: 'developer', content: 'json' }] },
      { max_completion_tokens: 9 },
    ]);
    expect(lines).toEqual([
      'changed: deepseek/deepseek-chat: seed removed in 2, response_format removed in 1, messages[*].role set to system in 1, max_completion_tokens → max_tokens in 1 of 3 requests',
    ]);
  });
});
