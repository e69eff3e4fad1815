import type { Redactor } from './redactor.ts';

/** A value that was found somewhere, as it stood there. */
export type KnownValue = { readonly rule: string; readonly placeholder: string };

/**
 * A redactor that knows its values: it finds each of them wherever it stands as a word, also where no
 * rule would tell it from something else.
 */
export const knownValues = (values: ReadonlyMap<string, KnownValue>): Redactor => {
  const search = createValueSearch(values.keys());
  const places = (text: string): readonly { readonly value: string; readonly at: number }[] =>
    search(text).filter(({ value, at }) => isWord(text, at, at + value.length));
  return {
    mayHold: (text) => places(text).length > 0,
    redact: (text, found) => {
      const parts: string[] = [];
      let end = 0;
      for (const { value, at } of places(text)) {
        const known = values.get(value);
        if (at < end || known === undefined) continue;
        parts.push(text.slice(end, at), known.placeholder);
        found(known.rule, value, known.placeholder);
        end = at + value.length;
      }
      return end === 0 ? text : [...parts, text.slice(end)].join('');
    },
  };
};

const isWord = (text: string, start: number, end: number): boolean =>
  !(/\w/.test(text[start] ?? '') && /\w/.test(text[start - 1] ?? '')) &&
  !(/\w/.test(text[end - 1] ?? '') && /\w/.test(text[end] ?? ''));

/** Where one of the values begins in a text. */
export type ValuePlace = { readonly value: string; readonly at: number };

/** So many characters of a value are looked up at once. */
const head = 4;

/**
 * A search for many values at once, in time that does not grow with their number. Values of fewer than
 * four characters are left out.
 */
export const createValueSearch = (
  values: Iterable<string>,
): ((text: string) => readonly ValuePlace[]) => {
  const byHead = new Map<string, string[]>();
  const firsts = new Set<number>();
  for (const value of values) {
    if (value.length < head) continue;
    const start = value.slice(0, head);
    const others = byHead.get(start);
    if (others === undefined) byHead.set(start, [value]);
    else others.push(value);
    firsts.add(value.charCodeAt(0));
  }
  for (const list of byHead.values()) list.sort((a, b) => b.length - a.length);
  return (text) => {
    const places: ValuePlace[] = [];
    for (let at = 0; at <= text.length - head; at++) {
      if (!firsts.has(text.charCodeAt(at))) continue;
      const candidates = byHead.get(text.slice(at, at + head));
      for (const value of candidates ?? []) {
        if (text.startsWith(value, at)) places.push({ value, at });
      }
    }
    return places;
  };
};
