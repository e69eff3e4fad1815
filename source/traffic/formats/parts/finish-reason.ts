import type { JsonValue } from '../../../text/json.ts';

/** Spellings of others than OpenAI: Anthropic, Gemini, the conventions of OpenTelemetry. */
const spellings = new Map(
  Object.entries({
    tool_call: 'tool_calls',
    tool_use: 'tool_calls',
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    safety: 'content_filter',
  }),
);

/**
 * Why an answer ended, in OpenAI's words: `tool_call`, `tool-calls` and `tool_use` are `tool_calls`,
 * `MAX_TOKENS` is `length`. Null where the recording does not say.
 */
export const readFinishReason = (value: JsonValue | undefined): string | null => {
  if (typeof value !== 'string' || value === '') return null;
  const reason = value.toLowerCase().replaceAll('-', '_');
  if (reason === 'unknown' || reason === 'none') return null;
  return spellings.get(reason) ?? reason;
};
