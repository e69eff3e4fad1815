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
