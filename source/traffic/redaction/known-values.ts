import { createValueSearch } from './value-search.ts';
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
