import type { Choice } from '../answer.ts';

/** The sources that an answer names beside its text: citations, annotations, what a search is grounded in. */
export const citations = 'citations';

/** A number in the arguments of a tool call that was rounded when the body was read, or may have been. */
export const roundedNumber = 'number beyond 2^53';

/** A part that does not say what it is. */
export const unknownPart = 'part of unknown kind';

/** Whoever sends more of them is not understood anyway. */
export const maximumOtherParts = 100;

/** What stands beside text and tool calls, for an answer: each of its own kind once; nothing if there is none. */
export const otherPartsOf = (parts: readonly string[]): Pick<Choice, 'otherParts'> => {
  const once = new Set([citations, roundedNumber]);
  const kept = parts.filter((part, index) => !once.has(part) || parts.indexOf(part) === index);
  return kept.length === 0 ? {} : { otherParts: kept.slice(0, maximumOtherParts) };
};
