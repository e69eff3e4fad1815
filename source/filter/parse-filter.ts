import type { Side } from '../comparison/outcome.ts';
import {
  isDelimiter,
  isLabelName,
  isNumberName,
  labels,
  numbers,
  type Filter,
  type LabelName,
  type NumberName,
  type NumberOperator,
} from './filter.ts';

/** Why a text is not a filter: where, and what would be valid there. */
export type FilterProblem = {
  /** An index into the text, at most its length. */
  readonly position: number;
  /** A sentence without its final stop. It repeats no text from outside. */
  readonly message: string;
};

export type ParsedFilter =
  | { readonly kind: 'filter'; readonly filter: Filter }
  /** The text is blank: every pair. */
  | { readonly kind: 'none' }
  | { readonly kind: 'problem'; readonly problem: FilterProblem };

/** The most conditions and parentheses within each other. */
const maximumDepth = 50;

/**
 * Parses a filter: `endpoint:classify outcome:different cost>0.01 ttft>2s "refund" | !(tag:format)`.
 * Conditions beside each other must all hold (as with `&`); `|` binds weaker; `!` negates the next
 * condition or parenthesis. A word or a quoted text is looked for in the request and the answers; `\"` in a
 * quoted text is a quotation mark.
 */
export const parseFilter = (text: string): ParsedFilter => {
  if (text.trim() === '') return { kind: 'none' };
  try {
    return { kind: 'filter', filter: new FilterReader(text).read() };
  } catch (error) {
    if (!(error instanceof WrongFilter)) throw error;
    return { kind: 'problem', problem: { position: error.position, message: error.message } };
  }
};

class WrongFilter extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

const condition = 'a condition such as outcome:different, cost>0.01 or "some text"';

class FilterReader {
  readonly #text: string;
  #position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Filter {
    const filter = this.#any();
    if (this.#position < this.#text.length) {
      throw new WrongFilter(this.#position, 'there is no ( for this )');
    }
    return filter;
  }

  #any(): Filter {
    const parts = [this.#all()];
    while (this.#takes('|')) parts.push(this.#all());
    return joined('any', parts);
  }

  #all(): Filter {
    const parts = [this.#not()];
    for (;;) {
      this.#skipBlanks();
      if (this.#takes('&')) parts.push(this.#not());
      else if (this.#peek() === '' || this.#peek() === '|' || this.#peek() === ')') break;
      else parts.push(this.#not());
    }
    return joined('all', parts);
  }

  #not(): Filter {
    this.#skipBlanks();
    const start = this.#position;
    if (++this.#depth > maximumDepth) {
      throw new WrongFilter(start, `at most ${maximumDepth} conditions can be nested`);
    }
    try {
      if (this.#takes('!')) return { kind: 'not', part: this.#not() };
      if (!this.#takes('(')) return this.#condition();
      const inner = this.#any();
      if (this.#takes(')')) return inner;
      throw new WrongFilter(start, 'there is no ) for this (');
    } finally {
      this.#depth--;
    }
  }

  #condition(): Filter {
    const start = this.#position;
    if (this.#peek() === '"') return { kind: 'text', text: this.#quoted('a text') };
    const word = this.#word();
    if (word === '') {
      throw new WrongFilter(
        start,
        this.#peek() === '' ? `expected ${condition}` : `expected ${condition} before this sign`,
      );
    }
    if (this.#peek() === ':') return this.#label(word, start);
    if (/[<>=]/.test(this.#peek())) return this.#number(word, start);
    return { kind: 'text', text: word };
  }

  #label(name: string, start: number): Filter {
    if (!isLabelName(name)) throw this.#unknownName(name, start, ':');
    this.#position++;
    const at = this.#position;
    const value = this.#peek() === '"' ? this.#quoted('a value') : this.#word();
    const valid: readonly string[] | null = labels[name].values;
    if (valid !== null && !valid.includes(value)) {
      throw new WrongFilter(at, `expected ${alternatives(valid)} after ${name}:`);
    }
    if (value === '') throw new WrongFilter(at, `expected ${labels[name].help} after ${name}:`);
    return { kind: 'label', name, value };
  }

  #number(word: string, start: number): Filter {
    const { name, side } = sideAndName(word);
    if (!isNumberName(name)) throw this.#unknownName(name, start, 'operator');
    const operator = this.#operator();
    const at = this.#position;
    const value = readNumber(this.#word(), name);
    if (value === null) throw new WrongFilter(at, `expected ${numberExamples[numbers[name].unit]}`);
    return { kind: 'number', name, side, operator, value };
  }

  #operator(): NumberOperator {
    const [found = '='] = /^(?:>=|<=|>|<|=)/.exec(this.#text.slice(this.#position)) ?? [];
    this.#position += found.length;
    return found as NumberOperator;
  }

  #unknownName(name: string, start: number, next: ':' | 'operator'): WrongFilter {
    if (isNumberName(name)) {
      return new WrongFilter(this.#position, `expected >, >=, <, <= or = after ${name}`);
    }
    if (isLabelName(name)) return new WrongFilter(this.#position, `expected : after ${name}`);
    const known: readonly string[] =
      next === ':' ? (Object.keys(labels) as LabelName[]) : (Object.keys(numbers) as NumberName[]);
    return new WrongFilter(start, `expected ${alternatives(known)}`);
  }

  #quoted(what: string): string {
    const start = this.#position;
    let text = '';
    for (this.#position++; this.#position < this.#text.length; this.#position++) {
      const character = this.#peek();
      if (character === '"') {
        this.#position++;
        if (text === '')
          throw new WrongFilter(start, `expected ${what} between the quotation marks`);
        return text;
      }
      if (character === '\\') this.#position++;
      text += this.#peek();
    }
    throw new WrongFilter(start, 'there is no closing quotation mark');
  }

  #word(): string {
    const start = this.#position;
    while (this.#peek() !== '' && !isDelimiter(this.#peek())) this.#position++;
    return this.#text.slice(start, this.#position);
  }

  #takes(character: string): boolean {
    this.#skipBlanks();
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#peek())) this.#position++;
  }

  /** The next character, or the empty string at the end. */
  #peek(): string {
    return this.#text.charAt(this.#position);
  }
}

const joined = (kind: 'all' | 'any', parts: readonly Filter[]): Filter => {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return { kind, parts: parts.flatMap((part) => (part.kind === kind ? part.parts : [part])) };
};

const alternatives = (values: readonly string[]): string =>
  `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;

const sideAndName = (word: string): { readonly side: Side; readonly name: string } => {
  const [first = '', ...rest] = word.split('.');
  return (first === 'baseline' || first === 'candidate') && rest.length > 0
    ? { side: first, name: rest.join('.') }
    : { side: 'candidate', name: word };
};

const numberExamples = {
  USD: 'an amount in USD such as 0.01',
  ms: 'a duration such as 250ms, 2s or 1.5m',
  tokens: 'a number such as 500 or 2k',
  bytes: 'a number such as 500 or 2k',
} as const;

const unitFactors: Readonly<Record<keyof typeof numberExamples, Readonly<Record<string, number>>>> =
  {
    USD: { '': 1 },
    ms: { ms: 1, s: 1000, m: 60_000 },
    tokens: { '': 1, k: 1000 },
    bytes: { '': 1, k: 1000 },
  };

/** Reads a number with its unit; null if it is not one. */
const readNumber = (text: string, name: NumberName): number | null => {
  const { unit } = numbers[name];
  const match = /^\$?((?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)([a-z]*)$/.exec(text);
  if (match === null || (text.startsWith('$') && unit !== 'USD')) return null;
  const factors = unitFactors[unit];
  const suffix = match[2] ?? '';
  const value = Object.hasOwn(factors, suffix) ? Number(match[1]) * (factors[suffix] ?? 1) : NaN;
  return Number.isFinite(value) ? value : null;
};
