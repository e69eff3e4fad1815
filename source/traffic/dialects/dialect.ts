/**
 * The APIs whose requests can be replayed: OpenAI's chat completions and Responses, Anthropic's Messages, and
 * Gemini's `generateContent`. The words of the store, of JSON and of the documentation.
 */
export const dialects = ['chat', 'responses', 'messages', 'gemini'] as const;

export type Dialect = (typeof dialects)[number];

/** The dialects as sentences name them. */
export const dialectTitles: Readonly<Record<Dialect, string>> = {
  chat: 'chat completions',
  responses: 'OpenAI Responses',
  messages: 'Anthropic Messages',
  gemini: 'Gemini',
};
