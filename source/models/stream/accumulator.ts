import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer, Usage } from '../answer.ts';
import { ChoiceList } from './choices.ts';
import { countedUsage, readCost, readUsage } from './reported-usage.ts';
import type { ThinkTags } from './think-tags.ts';

/**
 * Assembles an answer from the chunks of a chat-completion stream, in every format of the recorded
 * providers. A whole `chat.completion` counts as one chunk. The choice with the lowest index is the
 * answer; the others are kept beside it. Id and model are the first non-empty ones: Azure's first
 * chunk has neither, and Groq changes the id in mid-stream. Unknown keys, such as padding
 * (`obfuscation`), are ignored.
 */
export class Accumulator {
  readonly #choices: ChoiceList;
  #usage: Usage | null = null;
  #cost: number | null = null;
  #id: string | null = null;
  #model: string | null = null;
  #requestId: string | null = null;
  #chunks = 0;
  #visible = false;
  #beginnings = 0;
  #alive = false;
  #endedWithUsage = false;

  /** `thinkTags`: what becomes of reasoning that comes within the text. */
  constructor(thinkTags: ThinkTags = 'text') {
    this.#choices = new ChoiceList(thinkTags);
  }

  /** Takes one chunk. Returns the visible text that it adds to the first choice. */
  push(chunk: JsonObject): string {
    const choices = Array.isArray(chunk['choices'])
      ? (chunk['choices'] as readonly JsonValue[])
      : [];
    let text = '';
    let visible = false;
    for (let position = 0; position < choices.length; position++) {
      const choice = choices[position];
      if (!isJsonObject(choice)) continue;
      const update = this.#choices.push(choice, position);
      text += update.text;
      if (update.restart) this.#visible = false;
      visible ||= update.visible;
      this.#alive ||= update.visible || update.reasoning;
      // Older Moonshot streams put usage beside the finish reason, where it does not end a stream.
      this.#pushUsage(choice['usage']);
    }
    if (visible && !this.#visible) this.#beginnings++;
    this.#visible ||= visible;
    let hasUsage = false;
    const groq = chunk['x_groq'];
    if (isJsonObject(groq)) {
      hasUsage = this.#pushUsage(groq['usage']);
      this.#requestId ??= nonEmptyText(groq['id']);
    }
    hasUsage = this.#pushUsage(chunk['usage']) || hasUsage;
    this.#id ??= nonEmptyText(chunk['id']);
    this.#model ??= nonEmptyText(chunk['model']);
    this.#requestId ??= nonEmptyText(chunk['request_id']);
    this.#endedWithUsage = hasUsage && !visible && this.#chunks > 0;
    if (choices.length > 0 || hasUsage) this.#chunks++;
    return text;
  }

  /** Whether a chunk with a choice or usage has arrived. */
  get begun(): boolean {
    return this.#chunks > 0;
  }

  /**
   * Whether output that a user of the product would see has arrived: text, a refusal or a tool
   * call.
   */
  get visible(): boolean {
    return this.#visible;
  }

  /**
   * How often something visible has begun: more than once where what came first has turned out to be
   * reasoning.
   */
  get beginnings(): number {
    return this.#beginnings;
  }

  /** Whether the model itself has produced anything: something visible, or reasoning. */
  get alive(): boolean {
    return this.#alive;
  }

  /** The number of choices that have begun. */
  get choicesBegun(): number {
    return this.#choices.begun;
  }

  /** Whether every choice that has begun has a finish reason. */
  get finished(): boolean {
    return this.#choices.finished;
  }

  /** Whether the last chunk had usage and no text, which servers send only at the end. */
  get endedWithUsage(): boolean {
    return this.#endedWithUsage;
  }

  /** The request id that a gateway put into the body; null if there is none. */
  get requestId(): string | null {
    return this.#requestId;
  }

  /** The answer so far; `thinkTags` as the accumulator was told if it is left out. */
  answer(thinkTags?: ThinkTags): Answer {
    const [first, ...otherChoices] = this.#choices.choices(thinkTags);
    const { index: _, ...answer } = first;
    return {
      id: this.#id,
      ...answer,
      usage: this.#usage,
      model: this.#model,
      otherChoices,
      logprobs: this.#choices.logprobs(),
      cost: this.#cost,
    };
  }

  /** Adds a `usage` object. Returns whether it had token counts. */
  #pushUsage(value: JsonValue | undefined): boolean {
    if (value === undefined || value === null) return false;
    this.#cost = readCost(value) ?? this.#cost;
    const usage = readUsage(value);
    // Some servers end with a chunk of zeros, which says nothing of the tokens that were counted before.
    this.#usage = countedUsage(usage) ?? this.#usage;
    return usage !== null;
  }
}

/** Reads the answer in a `chat.completion` object; null when it holds none. */
export const answerOfCompletion = (body: JsonObject, thinkTags?: ThinkTags): Answer | null =>
  accumulateCompletion(body, thinkTags)?.answer() ?? null;

/** Accumulates a whole `chat.completion` object; null when it holds no answer. */
export const accumulateCompletion = (
  body: JsonObject,
  thinkTags?: ThinkTags,
): Accumulator | null => {
  const choices = body['choices'];
  if (!Array.isArray(choices) || !choices.some(isWholeChoice)) return null;
  const accumulator = new Accumulator(thinkTags);
  accumulator.push(body);
  return accumulator;
};

/**
 * Returns whether a choice is complete. Azure sends only the reason, without a message, if its
 * filter blocks the answer.
 */
const isWholeChoice = (choice: JsonValue): boolean =>
  isJsonObject(choice) &&
  (isJsonObject(choice['message']) ||
    (choice['finish_reason'] === 'content_filter' && !('delta' in choice)));

const nonEmptyText = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
