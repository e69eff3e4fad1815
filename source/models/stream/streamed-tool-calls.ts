import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { mayBeRounded } from '../../text/exact-json.ts';
import type { ToolCall } from '../answer.ts';

type OpenCall = {
  readonly index: number | null;
  id: string | null;
  name: string;
  arguments: string;
};

/** Assembles tool calls from the fragments of a stream; a whole call counts as one fragment. */
export class ToolCallList {
  readonly #calls: OpenCall[] = [];
  #functionCall: OpenCall | null = null;
  #mayBeRounded = false;

  /** Whether arguments came as a value with a number that was rounded when it was read, or may have been. */
  get mayBeRounded(): boolean {
    return this.#mayBeRounded;
  }

  /** Adds the `tool_calls` of a delta or message. Returns whether they contained anything. */
  push(calls: JsonValue | undefined): boolean {
    if (!Array.isArray(calls)) return false;
    let received = false;
    for (const call of calls) received = this.#pushFragment(call) || received;
    return received;
  }

  /** Adds a `function_call`, the predecessor of tools. Returns whether it contained anything. */
  pushFunctionCall(value: JsonValue | undefined): boolean {
    if (!isJsonObject(value)) return false;
    const name = textValue(value['name']);
    const fragment = argumentsText(value['arguments']);
    if (name === '' && fragment === '') return false;
    this.#mayBeRounded ||= mayBeRounded(value['arguments']);
    this.#functionCall ??= this.#open(null);
    append(this.#functionCall, name, fragment);
    return true;
  }

  calls(): readonly ToolCall[] {
    return this.#calls.map(({ id, name, arguments: text }) => ({ id, name, arguments: text }));
  }

  #open(index: number | null): OpenCall {
    const call: OpenCall = { index, id: null, name: '', arguments: '' };
    this.#calls.push(call);
    return call;
  }

  #pushFragment(value: JsonValue): boolean {
    if (!isJsonObject(value)) return false;
    const id = textValue(value['id']) || null;
    const index = typeof value['index'] === 'number' ? value['index'] : null;
    const [name, fragment] = nameAndArguments(value);
    if (id === null && name === '' && fragment === '') return false;
    this.#mayBeRounded ||= mayBeRounded(calledIn(value)['arguments']);
    const call = this.#findOrOpen(index, id, name, fragment);
    call.id ??= id;
    append(call, name, fragment);
    return true;
  }

  /**
   * Finds the call that a fragment continues. The index decides, with two exceptions. A different
   * id with a name starts another call, because Gemini gives every call the index 0. A named
   * fragment without an id also starts one after a call with complete arguments. Without an index
   * (Mistral), the id decides, unless the arguments of its call are complete; without an id, the fragment
   * continues the last call.
   */
  #findOrOpen(index: number | null, id: string | null, name: string, fragment: string): OpenCall {
    const sameId = id === null ? undefined : this.#calls.findLast((call) => call.id === id);
    if (index === null) {
      const isNext =
        sameId !== undefined &&
        name !== '' &&
        fragment !== '' &&
        isCompleteObject(sameId.arguments);
      if (sameId !== undefined && !isNext) return sameId;
      if (id !== null || name !== '') return this.#open(null);
      return this.#calls.at(-1) ?? this.#open(null);
    }
    const sameIndex = this.#calls.findLast((call) => call.index === index);
    if (sameIndex === undefined) return this.#open(index);
    const isAnother =
      name !== '' &&
      (id !== null && sameIndex.id !== null
        ? sameIndex.id !== id
        : id === null &&
          sameIndex.id === null &&
          fragment !== '' &&
          isCompleteObject(sameIndex.arguments));
    return isAnother ? (sameId ?? this.#open(index)) : sameIndex;
  }
}

const append = (call: OpenCall, name: string, fragment: string): void => {
  if (call.name === '') call.name = name;
  call.arguments += fragment;
};

const textValue = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : '';

/** Returns the arguments as JSON text. Some servers send them as a value. */
const argumentsText = (value: JsonValue | undefined): string =>
  typeof value === 'string'
    ? value
    : value === undefined || value === null
      ? ''
      : JSON.stringify(value);

/** The function that is called. Some servers leave out the object around its name and arguments. */
const calledIn = (call: JsonObject): JsonObject =>
  isJsonObject(call['function']) ? call['function'] : isJsonObject(call['custom']) ? {} : call;

/**
 * Reads a function call or a custom tool call; Snowflake sends both, one of them empty. A call of another type
 * has that as its name, and its members as arguments.
 */
const nameAndArguments = (call: JsonObject): readonly [string, string] => {
  const called = calledIn(call);
  const custom = isJsonObject(call['custom']) ? call['custom'] : {};
  const type = textValue(call['type']);
  const own = call === called && type !== 'function' && type !== 'custom' ? call[type] : undefined;
  if (isJsonObject(own)) return [type, JSON.stringify(own)];
  return [
    textValue(called['name']) || textValue(custom['name']),
    argumentsText(called['arguments']) || textValue(custom['input']),
  ];
};

const isCompleteObject = (json: string): boolean => {
  try {
    return isJsonObject(JSON.parse(json));
  } catch {
    return false;
  }
};
