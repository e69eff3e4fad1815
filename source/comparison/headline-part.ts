import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';

/**
 * A part of the line that says what differs, safe to print. `bad`: an answer that is no use, such
 * as one that is cut off. `difference`: a value on both sides. `note`: what is equal, and sizes.
 */
export type HeadlinePart = {
  readonly kind: 'bad' | 'difference' | 'note';
  readonly text: string;
};

/** The most values that the headline shows of each kind. */
export const maximumValues = 3;

/** The cells of a value. */
export const valueCells = 40;

export const bad = (text: string): HeadlinePart => ({ kind: 'bad', text });
export const difference = (text: string): HeadlinePart => ({ kind: 'difference', text });
export const note = (text: string): HeadlinePart => ({ kind: 'note', text });

/** Returns a raw value as the headline shows it: safe to print, and cut. */
export const shown = (text: string): string => truncateCells(printableLine(text), valueCells);

/** The cells before the place where two texts begin to differ. */
const contextCells = 8;

/** Returns two raw values, cut around the place where they begin to differ if one of them is long. */
export const excerpts = (baseline: string, candidate: string): readonly [string, string] => {
  if (Math.max(baseline.length, candidate.length) <= valueCells) {
    return [printableLine(baseline), printableLine(candidate)];
  }
  let front = 0;
  while (front < baseline.length && baseline[front] === candidate[front]) front++;
  const near = Math.max(0, front - contextCells);
  const word = baseline.lastIndexOf(' ', near) + 1;
  // A long word is cut in itself, but no character.
  const from = front - word <= valueCells / 2 ? word : near - (isHalf(baseline, near) ? 1 : 0);
  const cut = (text: string): string => shown(`${from > 0 ? '…' : ''}${text.slice(from)}`);
  return [cut(baseline), cut(candidate)];
};

const isHalf = (text: string, index: number): boolean => /[\uDC00-\uDFFF]/.test(text[index] ?? '');
