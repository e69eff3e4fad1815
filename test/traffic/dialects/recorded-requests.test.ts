import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  bridgeRequest,
  chatForm,
  readRequest,
} from '../../../source/traffic/dialects/translate-request.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import { isJsonObject, type JsonObject } from '../../../source/text/json.ts';

const dialects: readonly Dialect[] = ['chat', 'responses', 'messages', 'gemini'];

const recorded = z.array(
  z.object({
    shows: z.string(),
    source: z.string(),
    path: z.string(),
    body: z.custom<JsonObject>(isJsonObject),
  }),
);

const requests = dialects.flatMap((dialect) =>
  recorded
    .parse(
      JSON.parse(
        readFileSync(new URL(`../../fixtures/dialects/${dialect}.json`, import.meta.url), 'utf8'),
      ),
    )
    .map((request, at) => ({ ...request, dialect, at })),
);

/** What stands in the way of a replay, or what each other dialect loses of a request; null if nothing does. */
const outcome = (dialect: Dialect, body: JsonObject): string | null => {
  const { problem } = readRequest(dialect, body, null);
  if (problem !== null) return problem;
  const losses = dialects
    .filter((to) => to !== dialect)
    .flatMap((to) => {
      const { adaptations } = bridgeRequest(dialect, body, to);
      const lost = adaptations.filter(({ lossy }) => lossy === true);
      return lost.map(({ action, parameter }) => `${to}: ${parameter} ${action}`);
    });
  return losses.length === 0 ? null : losses.join(', ');
};

/** What is known of the requests that cannot be asked in each dialect as they were. */
const known: Readonly<Record<string, string>> = {
  'chat 3': 'responses: stop dropped',
  'chat 5': 'responses: stop dropped',
  'chat 7': 'responses: stop dropped',
  'chat 8': 'responses: seed dropped, messages: seed dropped',
  'responses 3': "previous_response_id: a part of it is on the provider's server",
  'responses 4': 'web_search: a tool that the provider runs',
  'responses 5': 'chat: input[*].output approximated, gemini: input[*].output approximated',
  'responses 6': 'tool_search: a tool that the provider runs',
  'responses 8': "previous_response_id: a part of it is on the provider's server",
  'responses 9': 'web_search_preview: a tool that the provider runs',
  'messages 0': 'chat: thinking approximated, responses: thinking approximated',
  'messages 1': 'tool_search_tool_bm25_20251119: a tool that the provider runs',
  'messages 2': "messages[*].content[*].source.file_id: a part of it is on the provider's server",
  'messages 3': 'web_search_20250305: a tool that the provider runs',
  'messages 4': 'tool_search_tool_bm25_20251119: a tool that the provider runs',
  'messages 5':
    'chat: output_config.effort approximated, responses: output_config.effort approximated, gemini: output_config.effort approximated',
  'messages 6':
    'chat: messages[*].content[*].content approximated, gemini: messages[*].content[*].content approximated',
  'messages 7':
    'chat: tools[*].defer_loading dropped, responses: tools[*].defer_loading dropped, gemini: tools[*].defer_loading dropped',
  'messages 8': 'chat: thinking approximated, responses: thinking approximated',
  'messages 9': 'responses: stop_sequences dropped',
  'gemini 1': "contents[*].parts[*].fileData.fileUri: a part of it is on the provider's server",
  'gemini 2':
    'chat: generationConfig.responseJsonSchema approximated, responses: generationConfig.responseJsonSchema approximated',
  'gemini 3': 'googleSearch: a tool that the provider runs',
  'gemini 4':
    'chat: contents[*].parts[*].inlineData dropped, responses: contents[*].parts[*].inlineData dropped, messages: contents[*].parts[*].inlineData dropped',
  'gemini 5': "cachedContent: a part of it is on the provider's server",
  'gemini 7': 'responses: generationConfig.stopSequences dropped',
  'gemini 8': 'responses: generationConfig.stopSequences dropped',
  'gemini 9': 'responses: generationConfig.stopSequences dropped',
};

describe('recorded requests', () => {
  it.each(requests)('$dialect $at: $shows', ({ dialect, at, body }) => {
    expect(outcome(dialect, body)).toBe(known[`${dialect} ${at}`] ?? null);
  });

  it.each(requests)('$dialect $at keeps its texts and calls everywhere', ({ dialect, body }) => {
    const { request } = readRequest(dialect, body, null);
    const parts = request.turns.flatMap((turn) => turn.parts);
    const texts = [...request.system.flatMap((prompt) => prompt.parts), ...parts].flatMap((part) =>
      part.kind === 'text' && part.text !== '' ? [JSON.stringify(part.text)] : [],
    );
    const calls = parts.flatMap((part) =>
      part.kind === 'call' ? [JSON.stringify(part.name)] : [],
    );
    expect(texts.length).toBeGreaterThan(0);
    for (const to of dialects) {
      const written = JSON.stringify(bridgeRequest(dialect, body, to).body);
      // Instructions are one text of all system prompts, so that a text may be a part of one.
      for (const text of texts) expect(written).toContain(text.slice(1, -1));
      for (const name of calls) expect(written).toContain(name);
    }
    expect(JSON.stringify(chatForm(dialect, body))).toContain(texts.at(-1)?.slice(1, -1));
  });

  it.each(requests)('$dialect $at asks the same again in its own dialect', ({ dialect, body }) => {
    const once = bridgeRequest(dialect, body, dialect).body;
    expect(bridgeRequest(dialect, once, dialect).body).toEqual(once);
  });
});
