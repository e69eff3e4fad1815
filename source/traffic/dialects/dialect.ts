/**
 * The APIs whose requests can be replayed: OpenAI's chat completions and Responses, Anthropic's Messages, and
 * Gemini's `generateContent`.
 */
export const dialects = ['chat', 'responses', 'messages', 'gemini'] as const;

export type Dialect = (typeof dialects)[number];
