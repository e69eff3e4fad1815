import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer, Usage } from '../answer.ts';
import { createChoiceList } from './choice-list.ts';
import { readCost } from './cost.ts';
import { readUsage } from './usage.ts';

/** How far a stream has come. */
export type StreamState = {
  /** Chunks that had a choice or usage in them. */
  readonly chunks: number;
  /** Text, refusal or a tool call has come: what a user of the product would see. */
  readonly visible: boolean;
  /** The model has shown itself: something visible, or reasoning. */
  readonly alive: boolean;
  /** How many choices have begun, and whether each of them has a finish reason. */
  readonly begun: number;
  readonly finished: boolean;
  /** The last chunk was usage without text, as servers send it at the end only. */
  readonly endedWithUsage: boolean;
};

export type Accumulator = {
  /** Takes one chunk; the visible text of the first choice in it (empty for anything else). */
  readonly push: (chunk: JsonObject) => string;
  readonly state: () => StreamState;
  /** What has come so far. */
  readonly answer: () => Answer;
  /** The name that the gateway behind the answer gave to the request in its body; null for none. */
  readonly requestId: () => string | null;
};

/**
 * Puts an answer together from the chunks of a chat-completion stream, in every spelling that
 * providers were recorded with; a whole `chat.completion` is taken as one chunk. Of several choices
 * the one with the lowest index is the answer, the others are kept beside. Id and model are the first
 * that are not empty: Azure's first chunk has neither, Groq's later ones change. Unknown keys, padding
 * (`obfuscation`) among them, are passed over.
 */
export const createAccumulator = (): Accumulator => {
  const list = createChoiceList();
  let usage: Usage | null = null;
  let cost: number | null = null;
  let id: string | null = null;
  let model: string | null = null;
  let requestId: string | null = null;
  let chunks = 0;
  let visible = false;
  let alive = false;
  let endedWithUsage = false;

  /** Whether there was usage in it. */
  const pushUsage = (value: JsonValue | undefined): boolean => {
    if (value === undefined || value === null) return false;
    cost = readCost(value) ?? cost;
    const said = readUsage(value);
    usage = said ?? usage;
    return said !== null;
  };

  return {
    push: (chunk) => {
      const choices = Array.isArray(chunk['choices'])
        ? (chunk['choices'] as readonly JsonValue[])
        : [];
      let shown = '';
      let came = false;
      let said = false;
      for (let position = 0; position < choices.length; position++) {
        const choice = choices[position];
        if (!isJsonObject(choice)) continue;
        const brought = list.push(choice, position);
        shown += brought.text;
        visible ||= brought.visible;
        alive ||= brought.visible || brought.reasoning;
        came ||= brought.visible;
        // Usage of a choice never ends a stream: older Moonshot streams put it beside the finish reason.
        pushUsage(choice['usage']);
      }
      const groq = chunk['x_groq'];
      if (isJsonObject(groq)) {
        said = pushUsage(groq['usage']);
        requestId ??= text(groq['id']);
      }
      said = pushUsage(chunk['usage']) || said;
      id ??= text(chunk['id']);
      model ??= text(chunk['model']);
      requestId ??= text(chunk['request_id']);
      endedWithUsage = said && !came && chunks > 0;
      if (choices.length > 0 || said) chunks++;
      return shown;
    },
    state: () => ({
      chunks,
      visible,
      alive,
      begun: list.begun(),
      finished: list.finished(),
      endedWithUsage,
    }),
    answer: () => {
      const [first, ...otherChoices] = list.choices();
      const { index: _, ...answer } = first;
      return { id, ...answer, usage, model, otherChoices, logprobs: list.logprobs(), cost };
    },
    requestId: () => requestId,
  };
};

/**
 * The answer in a `chat.completion` object, recorded or answered in place of a stream; null when it
 * holds none.
 */
export const answerOfCompletion = (body: JsonObject): Answer | null =>
  readCompletion(body)?.answer() ?? null;

/** The same, with all that an accumulator knows of it. */
export const readCompletion = (body: JsonObject): Accumulator | null => {
  const choices = body['choices'];
  if (!Array.isArray(choices) || !choices.some(isWholeChoice)) return null;
  const accumulator = createAccumulator();
  accumulator.push(body);
  return accumulator;
};

/** Azure leaves the message out when its filter has blocked it, and gives the reason only. */
const isWholeChoice = (choice: JsonValue): boolean =>
  isJsonObject(choice) &&
  (isJsonObject(choice['message']) ||
    (choice['finish_reason'] === 'content_filter' && !('delta' in choice)));

const text = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
