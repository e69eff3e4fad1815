import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Choice } from '../answer.ts';
import {
  citations,
  maximumOtherParts,
  otherPartsOf,
  roundedNumber,
  unknownPart,
} from './other-parts.ts';
import { ToolCallList } from './streamed-tool-calls.ts';
import { reasoningLength, ThinkFilter, type ThinkTags } from './think-tags.ts';

/** The delta that one chunk added to a choice. */
export type ChoiceUpdate = {
  /** New text or refusal of choice 0, shown while it streams; empty for other choices. */
  readonly text: string;
  /**
   * Whether output that a user of the product would see has arrived: text, refusal or a tool call.
   */
  readonly visible: boolean;
  readonly reasoning: boolean;
  /** The text of the choice so far has turned out to be reasoning. */
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

  /** Returns the log probabilities of the first choice; null if none arrived. */
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
  readonly #otherParts: string[] = [];
  #hasAudio = false;
  /** Of the sound. It is the text of an answer that has no other. */
  #transcript = '';

  constructor(index: number, thinkTags: ThinkTags) {
    this.#index = index;
    this.#filter = thinkTags === 'apart' ? new ThinkFilter() : null;
  }

  /** Adds a choice of a chunk: its `delta` or its whole `message`. */
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
    const otherParts = [
      ...(this.#hasAudio ? ['audio'] : []),
      ...this.#otherParts,
      ...(this.#toolCalls.mayBeRounded ? [roundedNumber] : []),
    ];
    return {
      index: this.#index,
      text: this.#text === '' ? this.#transcript : this.#text.slice(length),
      refusal: this.#refusal,
      // With its tags: text and reasoning together are what came.
      reasoning: this.#reasoning + this.#text.slice(0, length),
      toolCalls: this.#toolCalls.calls(),
      ...otherPartsOf(otherParts),
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
    const audio = message['audio'];
    const transcript = isJsonObject(audio) ? textValue(audio['transcript']) : '';
    this.#hasAudio ||= isJsonObject(audio);
    const otherParts = [...content.otherParts, ...imageParts(message['images'])];
    for (const part of otherParts) {
      if (this.#otherParts.length < maximumOtherParts) this.#otherParts.push(part);
    }
    const sources = message['annotations'];
    if (Array.isArray(sources) && sources.length > 0 && !this.#otherParts.includes(citations)) {
      this.#otherParts.push(citations);
    }
    this.#text += content.text;
    this.#transcript += transcript;
    this.#refusal += refusal;
    this.#reasoning += reasoning;
    const hasToolCall = this.#toolCalls.push(message['tool_calls']);
    const hasFunctionCall = this.#toolCalls.pushFunctionCall(message['function_call']);
    const seen = this.#filter?.push(content.text);
    const spoken = this.#text === '' ? transcript : '';
    const text = (seen?.text ?? content.text) + spoken + refusal;
    return {
      text,
      visible:
        text !== '' ||
        otherParts.length > 0 ||
        isJsonObject(audio) ||
        hasToolCall ||
        hasFunctionCall,
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
  readonly otherParts: readonly string[];
};

/** The words of providers for the same kind of part. */
const partKinds: Readonly<Record<string, string>> = {
  image_url: 'image',
  output_image: 'image',
  input_audio: 'audio',
  output_audio: 'audio',
  audio_url: 'audio',
  input_file: 'file',
};

const otherPart = ({ type }: JsonObject): string => {
  const word = typeof type === 'string' && type !== '' ? type.slice(0, 40) : unknownPart;
  return entryOf(partKinds, word) ?? word;
};

/** OpenRouter sends generated images beside the content. */
const imageParts = (images: JsonValue | undefined): readonly string[] =>
  Array.isArray(images) ? images.map(() => 'image') : [];

/** Reads the `content` of a message or delta: a string, null, a part or an array of parts. */
const messageContent = (content: JsonValue | undefined): MessageContent => {
  const otherParts: string[] = [];
  if (isJsonObject(content)) return messageContent([content]);
  if (!Array.isArray(content)) {
    return { text: textValue(content), refusal: '', reasoning: '', otherParts };
  }
  let text = '';
  let refusal = '';
  let reasoning = '';
  for (const part of content as readonly JsonValue[]) {
    if (typeof part === 'string') text += part;
    if (!isJsonObject(part)) continue;
    const ownText = part['text'];
    // Mistral sends its reasoning as parts.
    if (part['type'] === 'thinking') reasoning += messageContent(part['thinking']).text;
    else if (part['type'] === 'refusal') refusal += textValue(part['refusal']);
    else if (typeof ownText === 'string') text += ownText;
    else otherParts.push(otherPart(part));
  }
  return { text, refusal, reasoning, otherParts };
};

/**
 * Reads the reasoning in a message in the formats of DeepSeek and Z.ai (`reasoning_content`), Groq,
 * OpenRouter and Ollama (`reasoning`), or OpenRouter and Snowflake (`reasoning_details`). The same
 * text often arrives under two of these keys, so only the first counts.
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
