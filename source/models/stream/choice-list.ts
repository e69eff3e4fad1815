import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Choice } from '../answer.ts';
import { readContent, readReasoning } from './message-text.ts';
import { createToolCallList } from './tool-call-list.ts';

/** What one piece of a choice brought. */
export type Brought = {
  /** Text or refusal of the choice 0, which is what is shown while it comes. */
  readonly text: string;
  /** Text, refusal or a tool call came: what a user of the product would see. */
  readonly visible: boolean;
  readonly reasoning: boolean;
};

type Building = {
  /** Takes a choice of a chunk: its `delta`, or its whole `message`. */
  readonly push: (choice: JsonObject) => Brought;
  readonly choice: () => Choice;
  readonly logprobs: () => readonly JsonValue[] | null;
  readonly finished: () => boolean;
};

/** Puts the choices of an answer together, each by its index. */
export type ChoiceList = {
  /** Takes a choice that stands at `position` in its chunk, which is its index if it names none. */
  readonly push: (choice: JsonObject, position: number) => Brought;
  /** How many have begun, and whether each of them has a finish reason. */
  readonly begun: () => number;
  readonly finished: () => boolean;
  /** In the order of their indexes; never empty. */
  readonly choices: () => readonly [Choice, ...Choice[]];
  /** Of the first choice. */
  readonly logprobs: () => readonly JsonValue[] | null;
};

const nothing: Brought = { text: '', visible: false, reasoning: false };

export const createChoiceList = (): ChoiceList => {
  const building = new Map<number, Building>();
  let firstIndex = Number.POSITIVE_INFINITY;
  return {
    push: (choice, position) => {
      const index = typeof choice['index'] === 'number' ? choice['index'] : position;
      let into = building.get(index);
      if (into === undefined) {
        into = createChoice(index);
        building.set(index, into);
        firstIndex = Math.min(firstIndex, index);
      }
      const brought = into.push(choice);
      return index === 0 ? brought : { ...brought, text: '' };
    },
    begun: () => building.size,
    finished: () => {
      for (const one of building.values()) if (!one.finished()) return false;
      return building.size > 0;
    },
    choices: () => {
      const choices = [...building.values()].map((one) => one.choice());
      const [first = createChoice(0).choice(), ...others] = choices.toSorted(
        (one, other) => one.index - other.index,
      );
      return [first, ...others];
    },
    logprobs: () => building.get(firstIndex)?.logprobs() ?? null,
  };
};

const createChoice = (index: number): Building => {
  const tools = createToolCallList();
  let text = '';
  let refusal = '';
  let reasoning = '';
  let finishReason: string | null = null;
  let logprobs: JsonValue[] | null = null;

  const pushMessage = (message: JsonObject): Brought => {
    const content = readContent(message['content']);
    const refused = message['refusal'];
    const refusedText = typeof refused === 'string' ? content.refusal + refused : content.refusal;
    const thought = content.reasoning + readReasoning(message);
    text += content.text;
    refusal += refusedText;
    reasoning += thought;
    const toolCame = tools.push(message['tool_calls']);
    const functionCame = tools.pushFunctionCall(message['function_call']);
    const shown = content.text + refusedText;
    return {
      text: shown,
      visible: shown !== '' || toolCame || functionCame,
      reasoning: thought !== '',
    };
  };

  return {
    push: (choice) => {
      const reason = choice['finish_reason'];
      if (typeof reason === 'string' && reason !== '') finishReason = reason;
      const probabilities = choice['logprobs'];
      if (isJsonObject(probabilities)) {
        for (const key of ['content', 'refusal']) {
          const tokens = probabilities[key];
          if (!Array.isArray(tokens)) continue;
          logprobs ??= [];
          for (const token of tokens as readonly JsonValue[]) logprobs.push(token);
        }
      }
      const message = choice['delta'] ?? choice['message'];
      return isJsonObject(message) ? pushMessage(message) : nothing;
    },
    choice: () => ({ index, text, refusal, reasoning, toolCalls: tools.calls(), finishReason }),
    logprobs: () => logprobs,
    finished: () => finishReason !== null,
  };
};
