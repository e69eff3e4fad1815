import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer, Usage } from '../answer.ts';
import { createToolCallList } from './tool-call-list.ts';
import { readUsage } from './usage.ts';

/** How far a stream has come. */
export type StreamState = {
  /** Chunks that had a choice or usage in them. */
  readonly chunks: number;
  /** Text, refusal or a tool call has come: what a user of the product would see. */
  readonly visible: boolean;
  /** Every choice that began has a finish reason. */
  readonly finished: boolean;
  /** The last chunk was usage without text, as servers send it at the end only. */
  readonly endedWithUsage: boolean;
};

export type Accumulator = {
  /** Takes one chunk; the text of it that is visible (text or refusal; empty for anything else). */
  readonly push: (chunk: JsonObject) => { readonly text: string };
  readonly state: () => StreamState;
  /** What has come so far. */
  readonly answer: () => Answer;
};

/**
 * Puts an answer together from the chunks of a chat-completion stream, in every spelling that
 * providers were recorded with; a whole `chat.completion` is taken as one chunk. Of several choices
 * the first (index 0) is the answer. Unknown keys, padding (`obfuscation`) among them, are passed over.
 */
export const createAccumulator = (): Accumulator => {
  const tools = createToolCallList();
  let text = '';
  let refusal = '';
  let reasoning = '';
  let finishReason: string | null = null;
  let usage: Usage | null = null;
  let model: string | null = null;
  let chunks = 0;
  let visible = false;
  let endedWithUsage = false;
  const begun = new Set<number>();
  const finished = new Set<number>();

  /** The visible text of a delta or message; `came` when it brought anything visible. */
  const pushMessage = (message: JsonObject): { text: string; came: boolean } => {
    const content = readContent(message['content']);
    const refused = content.refusal + string(message['refusal']);
    text += content.text;
    refusal += refused;
    reasoning += content.reasoning + readReasoning(message);
    const toolCame = tools.push(message['tool_calls']);
    const functionCame = tools.pushFunctionCall(message['function_call']);
    const shown = content.text + refused;
    return { text: shown, came: shown !== '' || toolCame || functionCame };
  };

  const pushChoice = (choice: JsonObject, position: number): { text: string; came: boolean } => {
    const index = typeof choice['index'] === 'number' ? choice['index'] : position;
    begun.add(index);
    const reason = string(choice['finish_reason']);
    if (reason !== '') finished.add(index);
    usage = readUsage(choice['usage']) ?? usage;
    if (index !== 0) return { text: '', came: false };
    if (reason !== '') finishReason = reason;
    const message = choice['delta'] ?? choice['message'];
    return isJsonObject(message) ? pushMessage(message) : { text: '', came: false };
  };

  return {
    push: (chunk) => {
      const choices = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
      let shown = '';
      let came = false;
      choices.forEach((choice: JsonValue, position) => {
        if (!isJsonObject(choice)) return;
        const pushed = pushChoice(choice, position);
        shown += pushed.text;
        came ||= pushed.came;
      });
      const groq = chunk['x_groq'];
      const said =
        readUsage(chunk['usage']) ?? (isJsonObject(groq) ? readUsage(groq['usage']) : null);
      usage = said ?? usage;
      // Azure's first chunk has an empty model.
      model ??= string(chunk['model']) || null;
      endedWithUsage = said !== null && !came && chunks > 0;
      if (choices.length > 0 || said !== null) chunks++;
      visible ||= came;
      return { text: shown };
    },
    state: () => ({
      chunks,
      visible,
      finished: begun.size > 0 && finished.size === begun.size,
      endedWithUsage,
    }),
    answer: () => ({
      id: null,
      text,
      refusal,
      reasoning,
      toolCalls: tools.calls(),
      finishReason,
      usage,
      model,
      otherChoices: [],
      logprobs: null,
      cost: null,
    }),
  };
};

/**
 * The answer in a `chat.completion` object, recorded or answered in place of a stream; null when it
 * holds no message.
 */
export const answerOfCompletion = (body: JsonObject): Answer | null => {
  const choices = body['choices'];
  if (!Array.isArray(choices)) return null;
  const hasMessage = choices.some(
    (choice: JsonValue) => isJsonObject(choice) && isJsonObject(choice['message']),
  );
  if (!hasMessage) return null;
  const accumulator = createAccumulator();
  accumulator.push(body);
  return accumulator.answer();
};

const string = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

type Content = { readonly text: string; readonly refusal: string; readonly reasoning: string };

/** Content is a text, null, or an array of parts. */
const readContent = (content: JsonValue | undefined): Content => {
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
 * OpenRouter's details spell it; the same text often comes under two of these, so the first counts.
 */
const readReasoning = (message: JsonObject): string => {
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
