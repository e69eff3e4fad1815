import type { Redactor } from './redactor.ts';

/** A value that was redacted elsewhere, with its rule and its placeholder. */
export type KnownValue = { readonly rule: string; readonly placeholder: string };

/**
 * Whether a value says by itself that it is one, so that it can be removed wherever it stands. A password
 * that is a plain word or a number, such as `password: sample`, is one only beside its name.
 */
export const isDistinct = (rule: string, value: string): boolean =>
  rule !== 'secret' || (value.length >= 6 && /[A-Za-z]/.test(value) && /[^A-Za-z]/.test(value));

/**
 * A redactor for values that are already known. It replaces them wherever they stand as whole words,
 * also where no rule would recognise them.
 */
export const knownValues = (values: ReadonlyMap<string, KnownValue>): Redactor => {
  const search = createValueSearch(values.keys());
  const wholeWords = (text: string): readonly ValuePosition[] =>
    search(text).filter(({ value, start }) => isWholeWord(text, start, start + value.length));
  return {
    mayHold: (text) => wholeWords(text).length > 0,
    redact: (text, onFound) => {
      const parts: string[] = [];
      let end = 0;
      for (const { value, start } of wholeWords(text)) {
        const known = values.get(value);
        if (start < end || known === undefined) continue;
        parts.push(text.slice(end, start), known.placeholder);
        onFound(known.rule, value, known.placeholder);
        end = start + value.length;
      }
      return end === 0 ? text : [...parts, text.slice(end)].join('');
    },
  };
};

const isWholeWord = (text: string, start: number, end: number): boolean =>
  !(/\w/.test(text[start] ?? '') && /\w/.test(text[start - 1] ?? '')) &&
  !(/\w/.test(text[end - 1] ?? '') && /\w/.test(text[end] ?? ''));

/** The position of one of the searched values in a text. */
export type ValuePosition = { readonly value: string; readonly start: number };

/** Values are indexed by their first characters. */
const prefixLength = 4;

/**
 * Builds a search for many values at once. Its time does not grow with the number of values. It
 * ignores values of fewer than four characters. If several values begin at one position, the
 * longest comes first.
 */
export const createValueSearch = (
  values: Iterable<string>,
): ((text: string) => readonly ValuePosition[]) => {
  const byPrefix = new Map<string, string[]>();
  const firstUnits = new Set<number>();
  for (const value of values) {
    if (value.length < prefixLength) continue;
    const prefix = value.slice(0, prefixLength);
    const others = byPrefix.get(prefix);
    if (others === undefined) byPrefix.set(prefix, [value]);
    else others.push(value);
    firstUnits.add(value.charCodeAt(0));
  }
  for (const list of byPrefix.values()) list.sort((a, b) => b.length - a.length);
  return (text) => {
    const positions: ValuePosition[] = [];
    for (let start = 0; start <= text.length - prefixLength; start++) {
      if (!firstUnits.has(text.charCodeAt(start))) continue;
      const candidates = byPrefix.get(text.slice(start, start + prefixLength));
      for (const value of candidates ?? []) {
        if (text.startsWith(value, start)) positions.push({ value, start });
      }
    }
    return positions;
  };
};
