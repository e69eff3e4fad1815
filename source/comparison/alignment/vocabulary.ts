import { words } from '../../text/segment.ts';

/**
 * A bag of words: sorted word numbers without white space. `weight` is the number of characters in
 * these words.
 */
export type WordBag = { readonly sorted: readonly number[]; readonly weight: number };

/** A text split into words and white space. Equal words have equal numbers. */
export type SplitText = WordBag & {
  readonly words: readonly string[];
  readonly numbers: readonly number[];
};

/** The similarity from which two lines or two texts count as versions of each other. */
export const similarEnough = 0.6;

const blank = /^\s*$/;
const ascii = /^[\0-\x7F]*$/;
const maximumTextLength = 20_000;

/**
 * Numbers the words of all texts of one alignment, within a budget of characters to split. ASCII is
 * cheap and costs an eighth of other text; 100,000 other characters take about 40 ms.
 */
export class Vocabulary {
  readonly #numbers = new Map<string, number>();
  readonly #weights: number[] = [];
  readonly #known = new Map<string, SplitText>();
  #budget: number;
  #exhausted = false;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Whether a text was not split because it was too long or the budget was used up. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Returns whether a text can still be split. */
  affords(text: string): boolean {
    if (text.length > maximumTextLength) return false;
    return this.#known.has(text) || costOf(text) <= this.#budget;
  }

  /** Splits a text; null if it is too long or the budget is used up. */
  split(text: string): SplitText | null {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (!this.affords(text)) {
      this.#exhausted = true;
      return null;
    }
    this.#budget -= costOf(text);
    const parts = words(text);
    const numbers = parts.map((word) => this.#number(word));
    const sorted = numbers.filter((number) => this.#weight(number) !== 0).sort((a, b) => a - b);
    const weight = sorted.reduce((sum, number) => sum + this.#weight(number), 0);
    const split = { words: parts, numbers, sorted, weight };
    this.#known.set(text, split);
    return split;
  }

  /** Returns the words of several texts in one bag; null if one of them cannot be split. */
  bagOfWords(texts: readonly string[]): WordBag | null {
    const sorted: number[] = [];
    let weight = 0;
    for (const text of texts) {
      const split = this.split(text);
      if (split === null) return null;
      for (const number of split.sorted) sorted.push(number);
      weight += split.weight;
    }
    return { sorted: sorted.sort((a, b) => a - b), weight };
  }

  /**
   * Returns a similarity from 0 to 1: the share of characters in words that both bags contain. A
   * word counts as often as it occurs in both.
   */
  similarity(a: WordBag, b: WordBag): number {
    const total = a.weight + b.weight;
    if (total === 0) return 1;
    let shared = 0;
    let i = 0;
    let j = 0;
    while (i < a.sorted.length && j < b.sorted.length) {
      const first = a.sorted[i] ?? 0;
      const second = b.sorted[j] ?? 0;
      if (first === second) shared += this.#weight(first);
      if (first <= second) i++;
      if (second <= first) j++;
    }
    return (2 * shared) / total;
  }

  #number(word: string): number {
    const number = this.#numbers.get(word) ?? this.#numbers.size;
    if (number === this.#numbers.size) {
      this.#numbers.set(word, number);
      this.#weights.push(blank.test(word) ? 0 : word.length);
    }
    return number;
  }

  #weight(number: number): number {
    return this.#weights[number] ?? 0;
  }
}

const costOf = (text: string): number => (ascii.test(text) ? text.length / 8 : text.length);
