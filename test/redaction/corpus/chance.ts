import { seeded } from '../../benchmark/texts.ts';

/**
 * A part of the corpus. The rules were tuned on one. The other has contexts, kinds and spellings of its own
 * and was looked at once the rules were written.
 */
export type Part = 'tuned' | 'held-out';

/** A text with a value in it that must not remain. */
export type Planted = {
  readonly kind: string;
  readonly text: string;
  readonly value: string;
};

export const lower = 'abcdefghijklmnopqrstuvwxyz';
export const upper = lower.toUpperCase();
export const digits = '0123456789';
export const hexadecimal = `${digits}abcdef`;
export const letters = lower + upper;
export const alphanumeric = letters + digits;

/** Random choices from a seed: the same in every run. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.whole(0, items.length - 1)] ?? items[0];
  }

  /** Characters of an alphabet. */
  some(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[this.whole(0, alphabet.length - 1)]).join('');
  }

  /** Replaces each `#` with a digit, and each `N` with one from 2 to 9. */
  fill(form: string): string {
    return form.replace(/[#N]/g, (unit) => String(this.whole(unit === 'N' ? 2 : 0, 9)));
  }
}
