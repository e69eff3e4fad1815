import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Choice } from '../answer.ts';
import { ToolCallList } from './streamed-tool-calls.ts';
import { reasoningLength, ThinkFilter, type ThinkTags } from './think-tags.ts';

/** The delta that one chunk added to a choice. */
export type ChoiceUpdate = {
  /** New text or refusal of choice 0, which is shown while it streams; empty for other choices. */
  readonly text: string;
  /** Text, refusal or a tool call arrived: something that a user of the product would see. */
  readonly visible: boolean;
  readonly reasoning: boolean;
  /** What was visible of the choice until now has turned out to be reasoning. */
  readonly restart: boolean;
};

const noUpdate: ChoiceUpdate = { text: '', visible: false, reasoning: false, restart: false };

/** Assembles the choices of an answer, each by its index. */
export class ChoiceList {
  readonly #thinkTags: ThinkTags;
  readonly #choices = new Map<number, OpenChoice>();
  #firstIndex = Number.POSITIVE_INFINITY;

  constructor(thinkTags: ThinkTags) {
    this.#thinkTags = thinkTags;
  }

  /** Takes a choice. `position` is its place in the chunk and serves as index when it names none. */
  push(choice: JsonObject, position: number): ChoiceUpdate {
    const index = typeof choice['index'] === 'number' ? choice['index'] : position;
    let open = this.#choices.get(index);
    if (open === undefined) {
      open = new OpenChoice(index, this.#thinkTags);
      this.#choices.set(index, open);
      this.#firstIndex = Math.min(this.#firstIndex, index);
    }
    const update = open.push(choice);
    return index === 0 ? update : { ...update, text: '' };
  }

  /** The number of choices that have begun. */
  get begun(): number {
    return this.#choices.size;
  }

  /** Whether at least one choice has begun and each of them has a finish reason. */
  get finished(): boolean {
    for (const choice of this.#choices.values()) if (!choice.finished) return false;
    return this.#choices.size > 0;
  }

  /** The choices by ascending index; never empty. */
  choices(thinkTags = this.#thinkTags): readonly [Choice, ...Choice[]] {
    const choices = [...this.#choices.values()].map((open) => open.choice(thinkTags));
    const [first = new OpenChoice(0, 'text').choice('text'), ...others] = choices.toSorted(
      (one, other) => one.index - other.index,
    );
    return [first, ...others];
  }

  /** The log probabilities of the first choice; null when none arrived. */
  logprobs(): readonly JsonValue[] | null {
    return this.#choices.get(this.#firstIndex)?.logprobs ?? null;
  }
}

class OpenChoice {
  readonly #index: number;
  readonly #toolCalls = new ToolCallList();
  readonly #filter: ThinkFilter | null;
  #text = '';
  #refusal = '';
  #reasoning = '';
  #finishReason: string | null = null;
  #logprobs: JsonValue[] | null = null;

  constructor(index: number, thinkTags: ThinkTags) {
    this.#index = index;
    this.#filter = thinkTags === 'apart' ? new ThinkFilter() : null;
  }

  /** Takes a choice of a chunk: its `delta` or its whole `message`. */
  push(choice: JsonObject): ChoiceUpdate {
    const reason = choice['finish_reason'];
    if (typeof reason === 'string' && reason !== '') this.#finishReason = reason;
    this.#pushLogprobs(choice['logprobs']);
    const message = choice['delta'] ?? choice['message'];
    const update = isJsonObject(message) ? this.#pushMessage(message) : noUpdate;
    if (!this.finished || this.#isCut) return update;
    const text = update.text + (this.#filter?.end() ?? '');
    return { ...update, text, visible: update.visible || text !== '' };
  }

  choice(thinkTags: ThinkTags): Choice {
    const length = thinkTags === 'text' ? 0 : reasoningLength(this.#text, !this.#isCut);
    return {
      index: this.#index,
      text: this.#text.slice(length),
      refusal: this.#refusal,
      // With its tags: text and reasoning together are what came.
      reasoning: this.#reasoning + this.#text.slice(0, length),
      toolCalls: this.#toolCalls.calls(),
      finishReason: this.#finishReason,
    };
  }

  get logprobs(): readonly JsonValue[] | null {
    return this.#logprobs;
  }

  get finished(): boolean {
    return this.#finishReason !== null;
  }

  /** Whether the text may have ended within its reasoning. */
  get #isCut(): boolean {
    return this.#finishReason === null || this.#finishReason === 'length';
  }

  #pushMessage(message: JsonObject): ChoiceUpdate {
    const content = messageContent(message['content']);
    const refusal = content.refusal + textValue(message['refusal']);
    const reasoning = content.reasoning + messageReasoning(message);
    this.#text += content.text;
    this.#refusal += refusal;
    this.#reasoning += reasoning;
    const hasToolCall = this.#toolCalls.push(message['tool_calls']);
    const hasFunctionCall = this.#toolCalls.pushFunctionCall(message['function_call']);
    const seen = this.#filter?.push(content.text);
    const text = (seen?.text ?? content.text) + refusal;
    return {
      text,
      visible: text !== '' || hasToolCall || hasFunctionCall,
      reasoning: reasoning !== '' || seen?.reasoning === true,
      restart: seen?.restart === true,
    };
  }

  #pushLogprobs(logprobs: JsonValue | undefined): void {
    if (!isJsonObject(logprobs)) return;
    for (const key of ['content', 'refusal']) {
      const tokens = logprobs[key];
      if (!Array.isArray(tokens)) continue;
      this.#logprobs ??= [];
      for (const token of tokens as readonly JsonValue[]) this.#logprobs.push(token);
    }
  }
}

type MessageContent = {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
};

/** Reads the `content` of a message or delta: a string, null or an array of parts. */
const messageContent = (content: JsonValue | undefined): MessageContent => {
  if (!Array.isArray(content)) return { text: textValue(content), refusal: '', reasoning: '' };
  let text = '';
  let refusal = '';
  let reasoning = '';
  for (const part of content as readonly JsonValue[]) {
    if (typeof part === 'string') text += part;
    if (!isJsonObject(part)) continue;
    // Mistral sends its reasoning as parts.
    if (part['type'] === 'thinking') reasoning += messageContent(part['thinking']).text;
    else if (part['type'] === 'refusal') refusal += textValue(part['refusal']);
    else text += textValue(part['text']);
  }
  return { text, refusal, reasoning };
};

/**
 * Reads the reasoning in a message as DeepSeek and Z.ai (`reasoning_content`), Groq, OpenRouter and
 * Ollama (`reasoning`), or OpenRouter and Snowflake (`reasoning_details`) spell it. The same text
 * often arrives under two of these keys, so only the first counts.
 */
const messageReasoning = (message: JsonObject): string => {
  const plain = textValue(message['reasoning_content']) || textValue(message['reasoning']);
  if (plain !== '') return plain;
  const details = message['reasoning_details'];
  if (!Array.isArray(details)) return '';
  return details
    .map((part: JsonValue) =>
      isJsonObject(part) ? textValue(part['text']) || textValue(part['summary']) : '',
    )
    .join('');
};

const textValue = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : '';
