import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

export type Content = {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
};

/** The `content` of a message or delta: a text, null, or an array of parts (Mistral thinks in parts). */
export const readContent = (content: JsonValue | undefined): Content => {
  if (!Array.isArray(content)) return { text: string(content), refusal: '', reasoning: '' };
  let text = '';
  let refusal = '';
  let reasoning = '';
  for (const part of content as readonly JsonValue[]) {
    if (typeof part === 'string') text += part;
    if (!isJsonObject(part)) continue;
    if (part['type'] === 'thinking') reasoning += readContent(part['thinking']).text;
    else if (part['type'] === 'refusal') refusal += string(part['refusal']);
    else text += string(part['text']);
  }
  return { text, refusal, reasoning };
};

/**
 * Reasoning as DeepSeek and Z.ai (`reasoning_content`), Groq, OpenRouter and Ollama (`reasoning`) or
 * OpenRouter's and Snowflake's details spell it; the same text often comes under two of these, so the
 * first counts.
 */
export const readReasoning = (message: JsonObject): string => {
  const plain = string(message['reasoning_content']) || string(message['reasoning']);
  if (plain !== '') return plain;
  const details = message['reasoning_details'];
  if (!Array.isArray(details)) return '';
  return details
    .map((part: JsonValue) =>
      isJsonObject(part) ? string(part['text']) || string(part['summary']) : '',
    )
    .join('');
};

const string = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
