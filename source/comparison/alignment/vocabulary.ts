import { words } from '../../text/segment.ts';

/** Words without their order, as sorted numbers; `weight` counts their characters. No white space. */
export type Bag = { readonly sorted: readonly number[]; readonly weight: number };

/** A text cut into words. Equal words have equal numbers. */
export type Wording = Bag & {
  readonly words: readonly string[];
  readonly numbers: readonly number[];
};

/** The words of the texts of one alignment, within a limit on what cutting them may cost. */
export type Vocabulary = {
  /** Null when the text is too long or the limit is reached. */
  readonly wordingOf: (text: string) => Wording | null;
  /** The words of several texts together, without their order; null when one text has no wording. */
  readonly bagOf: (texts: readonly string[]) => Bag | null;
  /** 0 to 1: the share of characters in words that both have, each word as often as in both. */
  readonly similarity: (a: Bag, b: Bag) => number;
  /** Whether a text got no wording so far. */
  readonly exhausted: () => boolean;
};

const blank = /^\s*$/;
const ascii = /^[\0-\x7F]*$/;
const maximumTextLength = 20_000;

/**
 * `budget`: how many characters that need a dictionary or a table may be cut; ASCII costs an eighth
 * of one. 100,000 take about 40 ms.
 */
export const createVocabulary = (budget: number): Vocabulary => {
  const numberOf = new Map<string, number>();
  const weights: number[] = [];
  const known = new Map<string, Wording>();
  let left = budget;
  let exhausted = false;

  const wordingOf = (text: string): Wording | null => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const cost = ascii.test(text) ? text.length / 8 : text.length;
    if (text.length > maximumTextLength || cost > left) {
      exhausted = true;
      return null;
    }
    left -= cost;
    const cut = words(text);
    const numbers = cut.map((word) => {
      const number = numberOf.get(word) ?? numberOf.size;
      if (number === numberOf.size) {
        numberOf.set(word, number);
        weights.push(blank.test(word) ? 0 : word.length);
      }
      return number;
    });
    const sorted = numbers.filter((number) => weights[number] !== 0).sort((a, b) => a - b);
    const weight = sorted.reduce((sum, number) => sum + (weights[number] ?? 0), 0);
    const wording = { words: cut, numbers, sorted, weight };
    known.set(text, wording);
    return wording;
  };

  const similarity = (a: Bag, b: Bag): number => {
    const total = a.weight + b.weight;
    if (total === 0) return 1;
    let shared = 0;
    let i = 0;
    let j = 0;
    while (i < a.sorted.length && j < b.sorted.length) {
      const first = a.sorted[i] ?? 0;
      const second = b.sorted[j] ?? 0;
      if (first === second) shared += weights[first] ?? 0;
      if (first <= second) i++;
      if (second <= first) j++;
    }
    return (2 * shared) / total;
  };

  const bagOf = (texts: readonly string[]): Bag | null => {
    const sorted: number[] = [];
    let weight = 0;
    for (const text of texts) {
      const wording = wordingOf(text);
      if (wording === null) return null;
      for (const number of wording.sorted) sorted.push(number);
      weight += wording.weight;
    }
    return { sorted: sorted.sort((a, b) => a - b), weight };
  };

  return { wordingOf, bagOf, similarity, exhausted: () => exhausted };
};
