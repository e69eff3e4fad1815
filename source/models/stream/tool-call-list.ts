import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { ToolCall } from '../answer.ts';

type Building = {
  readonly index: number | null;
  id: string | null;
  name: string;
  arguments: string;
};

/** Collects tool calls from the pieces in which they come; a whole call in one piece is one of them. */
export type ToolCallList = {
  /** Takes the `tool_calls` of a delta or message; whether anything came with it. */
  readonly push: (calls: JsonValue | undefined) => boolean;
  /** Takes the `function_call` of the time before tools; whether anything came with it. */
  readonly pushFunctionCall: (call: JsonValue | undefined) => boolean;
  readonly calls: () => readonly ToolCall[];
};

export const createToolCallList = (): ToolCallList => {
  const building: Building[] = [];
  let functionCall: Building | null = null;

  const open = (index: number | null): Building => {
    const call: Building = { index, id: null, name: '', arguments: '' };
    building.push(call);
    return call;
  };

  /**
   * The call that a piece belongs to: by its index; but another id with a name is another call, for
   * Gemini gives every call the index 0, and so is, without an id, a named piece after a call that
   * is whole. Without an index (Mistral) by its id, else the last one.
   */
  const callOf = (
    index: number | null,
    id: string | null,
    name: string,
    piece: string,
  ): Building => {
    const byId = id === null ? undefined : building.findLast((call) => call.id === id);
    if (index === null) {
      if (byId !== undefined) return byId;
      if (id !== null || name !== '') return open(null);
      return building.at(-1) ?? open(null);
    }
    const byIndex = building.findLast((call) => call.index === index);
    if (byIndex === undefined) return open(index);
    const another =
      name !== '' &&
      (id !== null && byIndex.id !== null
        ? byIndex.id !== id
        : id === null && byIndex.id === null && piece !== '' && isWhole(byIndex.arguments));
    return another ? (byId ?? open(index)) : byIndex;
  };

  const add = (call: Building, name: string, piece: string): void => {
    if (call.name === '') call.name = name;
    call.arguments += piece;
  };

  const pushOne = (value: JsonValue): boolean => {
    if (!isJsonObject(value)) return false;
    const id = text(value['id']) || null;
    const index = typeof value['index'] === 'number' ? value['index'] : null;
    const [name, piece] = nameAndArguments(value);
    if (id === null && name === '' && piece === '') return false;
    const call = callOf(index, id, name, piece);
    call.id ??= id;
    add(call, name, piece);
    return true;
  };

  return {
    push: (calls) => {
      if (!Array.isArray(calls)) return false;
      let came = false;
      for (const call of calls) came = pushOne(call) || came;
      return came;
    },
    pushFunctionCall: (value) => {
      if (!isJsonObject(value)) return false;
      const name = text(value['name']);
      const piece = argumentsText(value['arguments']);
      if (name === '' && piece === '') return false;
      functionCall ??= open(null);
      add(functionCall, name, piece);
      return true;
    },
    calls: () =>
      building.map((call) => ({ id: call.id, name: call.name, arguments: call.arguments })),
  };
};

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

/** Some servers give the arguments as an object and not as its text. */
const argumentsText = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : isJsonObject(value) ? JSON.stringify(value) : '';

/** Of a function or a custom tool; Snowflake sends both, one of them empty. */
const nameAndArguments = (call: JsonObject): readonly [string, string] => {
  const called = isJsonObject(call['function']) ? call['function'] : {};
  const custom = isJsonObject(call['custom']) ? call['custom'] : {};
  return [
    text(called['name']) || text(custom['name']),
    argumentsText(called['arguments']) || text(custom['input']),
  ];
};

/** Whether arguments are complete: nothing can follow a JSON object. */
const isWhole = (json: string): boolean => {
  try {
    return isJsonObject(JSON.parse(json));
  } catch {
    return false;
  }
};
