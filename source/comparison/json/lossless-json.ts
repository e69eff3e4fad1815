import { parseJson } from '../../text/json.ts';

/**
 * A JSON value that keeps what `JSON.parse` loses: key order, repeated keys and the text of numbers
 * (9007199254740993 would become …992). White space and string escapes are not kept.
 */
export type LosslessJson =
  | { readonly kind: 'object'; readonly members: readonly LosslessMember[] }
  | { readonly kind: 'array'; readonly items: readonly LosslessJson[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: boolean | null };

export type LosslessMember = { readonly key: string; readonly value: LosslessJson };

/** A string that exceeds one of these is not parsed as JSON; it is compared as plain text. */
export const jsonLimits = { depth: 200, characters: 4_000_000, values: 200_000 } as const;

/** Parses a string that is one JSON value; null if it is anything else or exceeds a limit. */
export const parseLosslessJson = (text: string): LosslessJson | null =>
  text.length > jsonLimits.characters ? null : new LosslessParser(text).parse();

const whiteSpace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literals: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** A recursive descent parser. Its methods return null as soon as the text is not valid JSON. */
class LosslessParser {
  readonly #text: string;
  #position = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): LosslessJson | null {
    const root = this.#value(0);
    this.#skipWhiteSpace();
    return this.#position === this.#text.length ? root : null;
  }

  #value(depth: number): LosslessJson | null {
    if (depth > jsonLimits.depth || ++this.#values > jsonLimits.values) return null;
    this.#skipWhiteSpace();
    if (this.#take('{')) return this.#object(depth);
    if (this.#take('[')) return this.#array(depth);
    if (this.#text[this.#position] === '"') {
      const value = this.#string();
      return value === null ? null : { kind: 'string', value };
    }
    for (const [text, value] of literals) if (this.#take(text)) return { kind: 'literal', value };
    return this.#number();
  }

  #object(depth: number): LosslessJson | null {
    const members: LosslessMember[] = [];
    this.#skipWhiteSpace();
    if (this.#take('}')) return { kind: 'object', members };
    for (;;) {
      this.#skipWhiteSpace();
      const key = this.#string();
      if (key === null) return null;
      this.#skipWhiteSpace();
      if (!this.#take(':')) return null;
      const value = this.#value(depth + 1);
      if (value === null) return null;
      members.push({ key, value });
      this.#skipWhiteSpace();
      if (this.#take('}')) return { kind: 'object', members };
      if (!this.#take(',')) return null;
    }
  }

  #array(depth: number): LosslessJson | null {
    const items: LosslessJson[] = [];
    this.#skipWhiteSpace();
    if (this.#take(']')) return { kind: 'array', items };
    for (;;) {
      const item = this.#value(depth + 1);
      if (item === null) return null;
      items.push(item);
      this.#skipWhiteSpace();
      if (this.#take(']')) return { kind: 'array', items };
      if (!this.#take(',')) return null;
    }
  }

  #string(): string | null {
    if (this.#text[this.#position] !== '"') return null;
    let end = this.#text.indexOf('"', this.#position + 1);
    while (end !== -1 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) return null;
    const quoted = this.#text.slice(this.#position, end + 1);
    this.#position = end + 1;
    const value = parseJson(quoted);
    // A raw control character or an unknown escape: the text is not JSON.
    return typeof value === 'string' ? value : null;
  }

  #number(): LosslessJson | null {
    number.lastIndex = this.#position;
    const text = number.exec(this.#text)?.[0];
    if (text === undefined) return null;
    this.#position += text.length;
    return { kind: 'number', text };
  }

  #skipWhiteSpace(): void {
    whiteSpace.lastIndex = this.#position;
    this.#position += whiteSpace.exec(this.#text)?.[0].length ?? 0;
  }

  /** Consumes the expected text if it comes next. */
  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#position)) return false;
    this.#position += expected.length;
    return true;
  }
}

const isEscaped = (text: string, quote: number): boolean => {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
};

/** Returns a JSON value on one line, with numbers in their original notation. */
export const compactJson = (value: LosslessJson): string => {
  switch (value.kind) {
    case 'object':
      return `{${value.members
        .map(({ key, value: member }) => `${JSON.stringify(key)}:${compactJson(member)}`)
        .join()}}`;
    case 'array':
      return `[${value.items.map(compactJson).join()}]`;
    case 'string':
      return JSON.stringify(value.value);
    case 'number':
      return value.text;
    case 'literal':
      return String(value.value);
  }
};
