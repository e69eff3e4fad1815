import { LazySegmenter } from './lazy-segmenter.ts';

// Finds the words that ICU finds in ASCII text, but faster. `a.b`, `don't` and `1,000` are one word.
const asciiWords =
  /[A-Za-z0-9_](?:[A-Za-z0-9_]|(?<=[A-Za-z])[.'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))*| +|\r\n|[^]/g;

const asciiOnly = /^[\0-\x7F]*$/;

const segmenter = new LazySegmenter('en', { granularity: 'word' });

/**
 * Splits a text into words, runs of spaces and single punctuation marks. Joined, they are the text again.
 * Chinese, Japanese and Thai are split by the dictionary of `Intl.Segmenter`. A colon always stands alone,
 * because versions of ICU treat it differently.
 */
export const words = (text: string): string[] => {
  if (text === '') return [];
  if (asciiOnly.test(text)) return text.match(asciiWords) ?? [];
  const found: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    if (segment.length > 1 && segment.includes(':')) {
      for (const piece of segment.split(/(:)/)) if (piece !== '') found.push(piece);
    } else found.push(segment);
  }
  return found;
};
