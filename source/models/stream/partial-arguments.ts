import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
  parseJson,
  stringOrEmpty,
} from '../../text/json.ts';

type Tree = JsonValue | Tree[] | Map<string, Tree>;

/**
 * Assembles the arguments of a call that Vertex AI streams in pieces (`streamFunctionCallArguments`): a
 * value, or a part of a string, at a JSON path such as `$.places[0].name`. An entry without a value at a
 * path without one is an empty object, or an empty array if the path ends in `[]`.
 */
export class PartialArguments {
  readonly #root = new Map<string, Tree>();

  /** Adds the `partialArgs` of a call. Paths of an unknown form are ignored. */
  push(pieces: JsonValue | undefined): void {
    for (const piece of objectsIn(pieces)) {
      const path = stringOrEmpty(piece['jsonPath']);
      const steps = stepsOf(path.replace(/\[\]$/, ''));
      if (steps !== null) this.#add(steps, piece, path.endsWith('[]') ? [] : new Map());
    }
  }

  /** The arguments so far. */
  arguments(): JsonObject {
    return Object.fromEntries(
      [...this.#root].map(([key, value]) => [key, plainValue(value)] as const),
    );
  }

  #add(steps: readonly (string | number)[], piece: JsonObject, empty: Tree): void {
    let place: Tree = this.#root;
    for (const [number, step] of steps.entries()) {
      const next = steps[number + 1];
      const existing: Tree | undefined = childOf(place, step);
      if (next !== undefined) {
        const child = existing ?? (typeof next === 'number' ? [] : new Map<string, Tree>());
        if (!setChild(place, step, child)) return;
        place = child;
        continue;
      }
      const value = valueOf(piece);
      if (typeof value === 'string' && typeof existing === 'string') {
        setChild(place, step, existing + value);
      } else if (value !== undefined) setChild(place, step, value);
      else if (existing === undefined && piece['willContinue'] !== true) {
        setChild(place, step, empty);
      }
    }
  }
}

const valueOf = (piece: JsonObject): JsonValue | undefined => {
  const { boolValue, numberValue, stringValue } = piece;
  return 'nullValue' in piece ? null : (stringValue ?? numberValue ?? boolValue ?? undefined);
};

const childOf = (place: Tree, step: string | number): Tree | undefined => {
  if (place instanceof Map) return place.get(String(step));
  return Array.isArray(place) && typeof step === 'number' ? place[step] : undefined;
};

/** Returns whether the place can have such a child: arrays grow by one item at a time. */
const setChild = (place: Tree, step: string | number, child: Tree): boolean => {
  if (place instanceof Map) place.set(String(step), child);
  else if (Array.isArray(place) && typeof step === 'number' && step <= place.length) {
    (place as Tree[])[step] = child;
  } else return false;
  return true;
};

const plainValue = (tree: Tree): JsonValue => {
  if (tree instanceof Map) {
    return Object.fromEntries([...tree].map(([key, value]) => [key, plainValue(value)] as const));
  }
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(plainValue);
  return isJsonObject(tree) || typeof tree !== 'object' ? tree : null;
};

/** The steps of a JSON path (RFC 9535) without wildcards; null if it has any other form. */
const stepsOf = (path: string): readonly (string | number)[] | null => {
  const step = /\.([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\['((?:[^'\\]|\\.)*)'\]/gy;
  const steps: (string | number)[] = [];
  let at = path.startsWith('$') ? 1 : -1;
  while (at !== -1 && at < path.length) {
    step.lastIndex = at;
    const found = step.exec(path);
    if (found === null) return null;
    const [whole, name, index, double, single] = found;
    if (index !== undefined) steps.push(Number(index));
    else if (double !== undefined) steps.push(stringOrEmpty(parseJson(double)));
    else steps.push(name ?? (single ?? '').replaceAll(/\\(.)/g, '$1'));
    at += whole.length;
  }
  return steps.length === 0 ? null : steps;
};
