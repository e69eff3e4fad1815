import type { TextProfile } from '../text-profile.ts';

/** A place in a text that a rule names, from `start` up to `end`, in UTF-16 units. */
export type Finding = {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  /** What tells this value from others of the rule, however it is spelled: digits without spaces. */
  readonly value: string;
};

/**
 * Finds one kind of sensitive value. `mayHold` is a cheap test that is true wherever `find` would find
 * something, for the profile of the text; `find` takes time that grows with the text's length alone, whatever is in it.
 */
export type RedactionRule = {
  readonly mayHold: (profile: TextProfile) => boolean;
  readonly find: (text: string, profile: TextProfile) => readonly Finding[];
};

/** What stands before a place, at most so much of it. */
export const textBefore = (text: string, at: number, length: number): string =>
  text.slice(Math.max(0, at - length), at);
