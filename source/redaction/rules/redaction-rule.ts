import type { TextProfile } from '../text-profile.ts';

/** A match of a rule in a text: from `start` up to `end`, in UTF-16 code units. */
export type Finding = {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  /** The value in canonical form: two spellings of a phone number have the same digits. */
  readonly value: string;
};

/** Finds one kind of sensitive value. */
export type RedactionRule = {
  /**
   * A cheap test that excludes most texts. It is true for every text in which `find` finds
   * something.
   */
  readonly mayHold: (profile: TextProfile) => boolean;
  /** Takes time linear in the length of the text, for any text. */
  readonly find: (text: string, profile: TextProfile) => readonly Finding[];
};

/**
 * Returns the last `length` code units before a position, or fewer at the beginning of the text.
 */
export const textBefore = (text: string, position: number, length: number): string =>
  text.slice(Math.max(0, position - length), position);
