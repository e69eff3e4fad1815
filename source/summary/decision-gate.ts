import { isJsonObject, type JsonObject, type JsonValue } from '../text/json.ts';
import { nearest } from '../text/nearest.ts';
import { unknown } from '../text/numbers.ts';

const operators = ['>=', '<=', '>', '<'] as const;

type Operator = (typeof operators)[number];

/** A figure of the summary, by its path in the JSON document, and what it must be. */
export type GateCondition = {
  /** Such as `noWorse.lower`. */
  readonly figure: string;
  readonly operator: Operator;
  readonly threshold: number;
};

/** A condition on figures of the summary, such as `noWorse.lower>=0.95 and counts.failed<=3`. */
export type DecisionGate =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly DecisionGate[] }
  | { readonly kind: 'not'; readonly part: DecisionGate }
  | { readonly kind: 'condition'; readonly condition: GateCondition };

/**
 * `open`: there is not enough evidence yet. The figure is unknown, or it is a bound of an interval and the
 * threshold lies within the interval, so that more verdicts may decide either way.
 */
export type GateResult = 'met' | 'not met' | 'open';

/** A gate and what came of it. `conditions` has each condition once, in the order of the text. */
export type GateReport = {
  readonly expression: string;
  readonly result: GateResult;
  readonly conditions: readonly (GateCondition & {
    readonly value: number | null;
    readonly result: GateResult;
  })[];
};

/** Why a text is not a gate: at which index of the text, and a sentence without its final stop. */
export type GateProblem = { readonly position: number; readonly message: string };

export type ParsedGate =
  | { readonly kind: 'gate'; readonly gate: DecisionGate }
  | { readonly kind: 'problem'; readonly problem: GateProblem };

/** The most conditions and parentheses within each other. */
const maximumDepth = 50;

/**
 * Parses a gate: conditions `FIGURE OPERATOR NUMBER` joined by `and`, `or`, `not` and parentheses; `not`
 * binds strongest and `or` weakest. A number may end in `%`. A figure is the path of a number in
 * `document`, the summary as JSON; a path into something that is null there is valid as well, because it
 * may be known another time.
 */
export const parseGate = (text: string, document: JsonObject): ParsedGate => {
  try {
    return { kind: 'gate', gate: new GateReader(text, document).read() };
  } catch (error) {
    if (!(error instanceof WrongGate)) throw error;
    return { kind: 'problem', problem: { position: error.position, message: error.message } };
  }
};

class WrongGate extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

class GateReader {
  readonly #text: string;
  readonly #document: JsonObject;
  #position = 0;
  #depth = 0;

  constructor(text: string, document: JsonObject) {
    this.#text = text;
    this.#document = document;
  }

  read(): DecisionGate {
    const gate = this.#any();
    this.#skipBlanks();
    if (this.#position === this.#text.length) return gate;
    throw new WrongGate(
      this.#position,
      this.#text.charAt(this.#position) === ')' ? 'there is no ( for this )' : 'expected and or or',
    );
  }

  #any(): DecisionGate {
    const parts = [this.#all()];
    while (this.#takes(/or\b/iy) !== null) parts.push(this.#all());
    return joined('any', parts);
  }

  #all(): DecisionGate {
    const parts = [this.#not()];
    while (this.#takes(/and\b/iy) !== null) parts.push(this.#not());
    return joined('all', parts);
  }

  #not(): DecisionGate {
    this.#skipBlanks();
    const start = this.#position;
    if (++this.#depth > maximumDepth) {
      throw new WrongGate(start, `at most ${maximumDepth} conditions can be nested`);
    }
    try {
      if (this.#takes(/not\b/iy) !== null) return { kind: 'not', part: this.#not() };
      if (this.#takes(/\(/y) === null) return this.#condition();
      const inner = this.#any();
      if (this.#takes(/\)/y) !== null) return inner;
      throw new WrongGate(start, 'there is no ) for this (');
    } finally {
      this.#depth--;
    }
  }

  #condition(): DecisionGate {
    this.#skipBlanks();
    const start = this.#position;
    const figure = this.#takes(/[A-Za-z][\w.]*/y);
    if (figure === null) {
      throw new WrongGate(start, 'expected a condition such as noWorse.lower>=0.95');
    }
    const problem = figureProblem(figure, this.#document);
    if (problem !== null) throw new WrongGate(start, problem);
    const operator = this.#takes(/>=|<=|>|</y);
    if (operator === null) {
      throw new WrongGate(this.#position, `expected >=, <=, > or < after ${figure}`);
    }
    this.#skipBlanks();
    const number = this.#takes(/-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?%?(?![\w.%])/iy);
    if (number === null)
      throw new WrongGate(this.#position, 'expected a number such as 0.95 or 95%');
    const share = number.endsWith('%') ? 100 : 1;
    const threshold = Number(number.replace('%', '')) / share;
    return {
      kind: 'condition',
      condition: { figure, operator: operator as Operator, threshold },
    };
  }

  /** Takes what a sticky pattern matches after blanks; null if it does not match. */
  #takes(pattern: RegExp): string | null {
    this.#skipBlanks();
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#position += found?.length ?? 0;
    return found;
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text.charAt(this.#position))) this.#position++;
  }
}

const joined = (kind: 'all' | 'any', parts: readonly DecisionGate[]): DecisionGate => {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : { kind, parts };
};

/** Why a path leads to no number of the document; null if it does, or ends in what is null. */
const figureProblem = (path: string, document: JsonObject): string | null => {
  const value = valueAt(path, document);
  if (typeof value === 'number' || value === null) return null;
  const [meant] = nearest(path, numberPaths(document));
  const guess = meant === undefined ? '' : `. Did you mean ${meant}?`;
  return value === undefined
    ? `the summary has no figure of this name${guess}`
    : `this is not a number of the summary${guess}`;
};

/** What a path leads to: null from the first null on, undefined where there is no such key. */
const valueAt = (path: string, document: JsonObject): JsonValue | undefined => {
  let value: JsonValue | undefined = document;
  for (const key of path.split('.')) {
    if (value === null) return null;
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
};

/** The paths of all numbers, and of what is null, outside of lists. */
export const numberPaths = (document: JsonObject, before = ''): readonly string[] =>
  Object.entries(document).flatMap(([key, value]) => {
    const path = `${before}${key}`;
    if (typeof value === 'number' || value === null) return [path];
    return isJsonObject(value) ? numberPaths(value, `${path}.`) : [];
  });

/** Decides a gate on a summary as JSON. `expression` is its text. */
export const decideGate = (
  gate: DecisionGate,
  expression: string,
  document: JsonObject,
): GateReport => ({
  expression,
  result: resultOf(gate, document),
  conditions: conditionsIn(gate).map((condition) => ({
    ...condition,
    value: numberAt(condition.figure, document),
    result: conditionResult(condition, document),
  })),
});

const conditionsIn = (gate: DecisionGate): readonly GateCondition[] => {
  switch (gate.kind) {
    case 'condition':
      return [gate.condition];
    case 'not':
      return conditionsIn(gate.part);
    default:
      return gate.parts.flatMap(conditionsIn);
  }
};

/** Kleene's three-valued logic: what is open may turn out either way. */
const resultOf = (gate: DecisionGate, document: JsonObject): GateResult => {
  switch (gate.kind) {
    case 'condition':
      return conditionResult(gate.condition, document);
    case 'not':
      return opposite[resultOf(gate.part, document)];
    default: {
      const results = new Set(gate.parts.map((part) => resultOf(part, document)));
      const decisive = gate.kind === 'all' ? 'not met' : 'met';
      if (results.has(decisive)) return decisive;
      return results.has('open') ? 'open' : opposite[decisive];
    }
  }
};

const opposite: Readonly<Record<GateResult, GateResult>> = {
  met: 'not met',
  'not met': 'met',
  open: 'open',
};

const conditionResult = (condition: GateCondition, document: JsonObject): GateResult => {
  const { figure, operator, threshold } = condition;
  const value = numberAt(figure, document);
  if (value === null) return 'open';
  const holds = (number: number): boolean => {
    switch (operator) {
      case '>=':
        return number >= threshold;
      case '<=':
        return number <= threshold;
      case '>':
        return number > threshold;
      case '<':
        return number < threshold;
    }
  };
  if (holds(value)) return 'met';
  const possible = farBound({ figure, operator }, document);
  return possible !== null && holds(possible) ? 'open' : 'not met';
};

/**
 * For a condition that asks a bound of an interval to be far enough, as `lower>=0.95` does: the other bound,
 * up to which more verdicts may move it. Null for every other condition.
 */
const farBound = (
  { figure, operator }: Pick<GateCondition, 'figure' | 'operator'>,
  document: JsonObject,
): number | null => {
  if (figure.endsWith('.lower') && operator.startsWith('>')) {
    return numberAt(figure.replace(/lower$/, 'upper'), document);
  }
  if (figure.endsWith('.upper') && operator.startsWith('<')) {
    return numberAt(figure.replace(/upper$/, 'lower'), document);
  }
  return null;
};

const numberAt = (path: string, document: JsonObject): number | null => {
  const value = valueAt(path, document);
  return typeof value === 'number' ? value : null;
};

/** Formats the result and every condition with its figure, for a terminal. */
export const gateText = ({ result, conditions }: GateReport): string => {
  const rows = conditions.map((condition) => {
    const value = condition.value === null ? unknown : shownNumber(condition.value);
    const asked = `${condition.figure} ${condition.operator} ${condition.threshold}`;
    return { result: condition.result, asked, value };
  });
  const width = Math.max(...rows.map(({ asked }) => asked.length));
  const lines = rows.map(
    (row) => `  ${row.result.padEnd(7)}  ${row.asked.padEnd(width)}  ${row.value}`,
  );
  return `Gate: ${meaning[result]}\n${lines.join('\n')}\n`;
};

const meaning: Readonly<Record<GateResult, string>> = {
  met: 'met',
  'not met': 'not met',
  open: 'open, there is not enough evidence yet',
};

/** With at most four digits after the point. */
const shownNumber = (value: number): string => String(Number(value.toFixed(4)));
