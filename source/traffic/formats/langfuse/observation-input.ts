import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from '../parts/json-text.ts';
import { readMessages, type MessageOptions, type ReadMessages } from '../parts/messages.ts';

/** What the input of an observation says of the request. */
export type ObservationInput = ReadMessages & {
  /** A system prompt that stands beside the messages. */
  readonly instructions: JsonValue | undefined;
  /** Parameters that stand beside the messages. */
  readonly parameters: JsonObject;
};

/** A transcript in one text, as instrumentations write it that cannot send lists. */
const transcript = /^(?:system|developer|user|human|assistant): /i;

/**
 * Reads the input of a generation: a list of messages, an object that has one (`messages`, `input` of the
 * Responses API, `contents` of Gemini), a `prompt`, or the words of the user. `flattened` for messages that
 * were stored as one text, which cannot be told apart again; null where there is none.
 */
export const readObservationInput = (
  stored: JsonValue | undefined,
  options: MessageOptions,
): ObservationInput | 'flattened' | null => {
  const value = unwrapJson(stored);
  if (typeof value === 'string') return ofText(value, options.lost);
  if (Array.isArray(value)) return ofList(value, options, {});
  if (!isJsonObject(value)) return null;
  const { messages, input, contents, prompt, system, config, ...rest } = value;
  const settings = isJsonObject(config) ? config : {};
  const instructions =
    system ??
    value['instructions'] ??
    value['systemInstruction'] ??
    settings['system_instruction'] ??
    undefined;
  const list = unwrapJson(messages ?? input ?? contents ?? prompt);
  const beside = { instructions: textOf(instructions), parameters: { ...rest, ...settings } };
  if (typeof list === 'string' && list !== '') {
    return { ...userSays(list), ...beside };
  }
  if (Array.isArray(list)) return ofList(list, options, beside);
  return typeof value['role'] === 'string' ? ofList([value], options, {}) : null;
};

const ofList = (
  list: readonly JsonValue[],
  options: MessageOptions,
  beside: Partial<ObservationInput>,
): ObservationInput | null => {
  const read = readMessages(list, options);
  return read === null ? null : { instructions: undefined, parameters: {}, ...beside, ...read };
};

const ofText = (text: string, lost: Set<string>): ObservationInput | 'flattened' | null => {
  if (text.trim() === '') return null;
  if (transcript.test(text)) return 'flattened';
  lost.add('messages');
  return { ...userSays(text), instructions: undefined, parameters: {} };
};

const userSays = (content: string): ReadMessages => ({
  messages: [{ role: 'user', content }],
  tools: [],
});

/** Gemini's instructions are a text or `{parts: [{text}]}`. */
const textOf = (value: JsonValue | undefined): JsonValue | undefined => {
  if (!isJsonObject(value) || !Array.isArray(value['parts'])) return value;
  return (value['parts'] as readonly JsonValue[])
    .flatMap((part) =>
      isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
    )
    .join('\n');
};
