/**
 * A JSON value as it was written: key order, repeated keys and the spelling of numbers are kept,
 * which `JSON.parse` loses (9007199254740993 becomes …992). White space and string escapes are not.
 */
export type SpelledJson =
  | { readonly kind: 'object'; readonly members: readonly SpelledMember[] }
  | { readonly kind: 'array'; readonly items: readonly SpelledJson[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly spelling: string }
  | { readonly kind: 'literal'; readonly value: boolean | null };

export type SpelledMember = { readonly key: string; readonly value: SpelledJson };

/** Deeper, longer or fuller texts are not read as JSON: they are compared as the text they are. */
export const jsonLimits = { depth: 200, characters: 4_000_000, values: 200_000 } as const;

const whiteSpace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literals: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** The JSON value that the whole text spells; null when it spells none or passes a limit. */
export const parseSpelledJson = (text: string): SpelledJson | null => {
  if (text.length > jsonLimits.characters) return null;
  let position = 0;
  let values = 0;

  const skip = (): void => {
    whiteSpace.lastIndex = position;
    position += whiteSpace.exec(text)?.[0].length ?? 0;
  };
  const take = (expected: string): boolean => {
    if (!text.startsWith(expected, position)) return false;
    position += expected.length;
    return true;
  };
  const string = (): string | null => {
    if (text[position] !== '"') return null;
    let end = text.indexOf('"', position + 1);
    while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end === -1) return null;
    const spelling = text.slice(position, end + 1);
    position = end + 1;
    try {
      return JSON.parse(spelling) as string;
    } catch {
      // A control character or an unknown escape: no JSON, which is an answer and no failure.
      return null;
    }
  };
  const object = (depth: number): SpelledJson | null => {
    const members: SpelledMember[] = [];
    skip();
    if (take('}')) return { kind: 'object', members };
    for (;;) {
      skip();
      const key = string();
      if (key === null) return null;
      skip();
      if (!take(':')) return null;
      const member = value(depth + 1);
      if (member === null) return null;
      members.push({ key, value: member });
      skip();
      if (take('}')) return { kind: 'object', members };
      if (!take(',')) return null;
    }
  };
  const array = (depth: number): SpelledJson | null => {
    const items: SpelledJson[] = [];
    skip();
    if (take(']')) return { kind: 'array', items };
    for (;;) {
      const item = value(depth + 1);
      if (item === null) return null;
      items.push(item);
      skip();
      if (take(']')) return { kind: 'array', items };
      if (!take(',')) return null;
    }
  };
  const value = (depth: number): SpelledJson | null => {
    if (depth > jsonLimits.depth || ++values > jsonLimits.values) return null;
    skip();
    if (take('{')) return object(depth);
    if (take('[')) return array(depth);
    if (text[position] === '"') {
      const found = string();
      return found === null ? null : { kind: 'string', value: found };
    }
    for (const [spelling, literal] of literals) {
      if (take(spelling)) return { kind: 'literal', value: literal };
    }
    number.lastIndex = position;
    const spelling = number.exec(text)?.[0];
    if (spelling === undefined) return null;
    position += spelling.length;
    return { kind: 'number', spelling };
  };

  const root = value(0);
  skip();
  return position === text.length ? root : null;
};

const isEscaped = (text: string, quote: number): boolean => {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
};
