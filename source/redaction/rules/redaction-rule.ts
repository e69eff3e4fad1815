import type { TextProfile } from '../text-profile.ts';

/** A part of a text that a rule found: from `start` up to `end`, in UTF-16 code units. */
export type Finding = {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  /** The value in its canonical form: two spellings of a phone number have the same digits. */
  readonly value: string;
};

/** Finds one kind of sensitive value. */
export type RedactionRule = {
  /** A cheap test that rules most texts out. It is true for every text in which `find` finds something. */
  readonly mayHold: (profile: TextProfile) => boolean;
  /** Takes time proportional to the length of the text, whatever the text holds. */
  readonly find: (text: string, profile: TextProfile) => readonly Finding[];
};

/** The last `length` code units before a position, or fewer at the beginning of the text. */
export const textBefore = (text: string, position: number, length: number): string =>
  text.slice(Math.max(0, position - length), position);
