import type { Segment } from './alignment.ts';
import { matchSequences } from './match-sequences.ts';
import { similarEnough, type SplitText, type Vocabulary } from './vocabulary.ts';

/** Two lines with their differences marked. `exact`: the marks cover only the different words. */
export type MarkedPair = {
  readonly baseline: readonly Segment[];
  readonly candidate: readonly Segment[];
  readonly exact: boolean;
};

/** Returns a line that is marked as a whole or not at all; an empty line has no segments. */
export const wholeLine = (text: string, changed: boolean): readonly Segment[] =>
  text === '' ? [] : [{ text, changed }];

const maximumEdits = 120;
const blank = /^\s*$/;

/**
 * Marks what differs between two lines: the different words if the lines are similar, else
 * everything between their common begin and end. Of lines too long to be split into words, the
 * common begin and end are cut off first; what is left is marked as a whole if it is too long, too.
 */
export const markTexts = (
  baseline: string,
  candidate: string,
  vocabulary: Vocabulary,
): MarkedPair => {
  if (vocabulary.affords(baseline) && vocabulary.affords(candidate)) {
    const pair = markSplit(baseline, candidate, vocabulary);
    if (pair !== null) return pair;
  }
  const ends = commonEnds(baseline, candidate);
  // The words around the cut, so that the segmenter sees the words that the cut touches.
  const context = (text: string): readonly [from: number, to: number] => [
    safeCutBefore(text, Math.max(0, ends.front - contextCharacters)),
    safeCutAfter(text, Math.min(text.length, text.length - ends.back + contextCharacters)),
  ];
  const [from, to] = context(baseline);
  const [, otherTo] = context(candidate);
  const middle = [baseline.slice(from, to), candidate.slice(from, otherTo)] as const;
  const marked = middle.every((text) => vocabulary.affords(text))
    ? markSplit(...middle, vocabulary)
    : null;
  if (marked === null) return markLongMiddle(baseline, candidate, ends);
  const around = (text: string, segments: readonly Segment[], end: number): readonly Segment[] =>
    joinSegments([
      { text: text.slice(0, from), changed: false },
      ...segments,
      { text: text.slice(end), changed: false },
    ]);
  return {
    baseline: around(baseline, marked.baseline, to),
    candidate: around(candidate, marked.candidate, otherTo),
    exact: marked.exact,
  };
};

const contextCharacters = 40;

const markSplit = (a: string, b: string, vocabulary: Vocabulary): MarkedPair | null => {
  const first = vocabulary.split(a);
  const second = vocabulary.split(b);
  if (first === null || second === null) return null;
  return vocabulary.similarity(first, second) >= similarEnough
    ? markWords(first, second)
    : markMiddle(first, second);
};

/** Marks the words that only one of the two lines has. */
const markWords = (baseline: SplitText, candidate: SplitText): MarkedPair => {
  const { partners, exact } = matchSequences(baseline.numbers, candidate.numbers, maximumEdits);
  withoutStraySpaces(partners, baseline, candidate);
  const taken = new Set(partners);
  return {
    baseline: joinSegments(
      baseline.words.map((text, index) => ({ text, changed: partners[index] === -1 })),
    ),
    candidate: joinSegments(
      candidate.words.map((text, index) => ({ text, changed: !taken.has(index) })),
    ),
    exact,
  };
};

/**
 * Marks everything between the common prefix and suffix of words, for lines with little in common.
 */
const markMiddle = (baseline: SplitText, candidate: SplitText): MarkedPair => {
  const a = baseline.numbers;
  const b = candidate.numbers;
  const shorter = Math.min(a.length, b.length);
  let front = 0;
  while (front < shorter && a[front] === b[front]) front++;
  let back = 0;
  while (back < shorter - front && a.at(-1 - back) === b.at(-1 - back)) back++;
  const segments = (words: readonly string[]): readonly Segment[] =>
    joinSegments([
      { text: words.slice(0, front).join(''), changed: false },
      { text: words.slice(front, words.length - back).join(''), changed: true },
      { text: words.slice(words.length - back).join(''), changed: false },
    ]);
  return { baseline: segments(baseline.words), candidate: segments(candidate.words), exact: true };
};

/** The number of characters that two texts share at their begin and, after that, at their end. */
export const commonEnds = (
  baseline: string,
  candidate: string,
): { readonly front: number; readonly back: number } => {
  const shorter = Math.min(baseline.length, candidate.length);
  let front = 0;
  while (front < shorter && baseline.charCodeAt(front) === candidate.charCodeAt(front)) front++;
  while (front > 0 && !(isSafeCut(baseline, front) && isSafeCut(candidate, front))) front--;
  let back = 0;
  while (
    back < shorter - front &&
    baseline.charCodeAt(baseline.length - 1 - back) ===
      candidate.charCodeAt(candidate.length - 1 - back)
  ) {
    back++;
  }
  while (
    back > 0 &&
    !(isSafeCut(baseline, baseline.length - back) && isSafeCut(candidate, candidate.length - back))
  ) {
    back--;
  }
  return { front, back };
};

/** Marks everything between the common begin and end of lines too long to be split into words. */
const markLongMiddle = (
  baseline: string,
  candidate: string,
  { front, back }: { readonly front: number; readonly back: number },
): MarkedPair => {
  const segments = (text: string): readonly Segment[] =>
    joinSegments([
      { text: text.slice(0, front), changed: false },
      { text: text.slice(front, text.length - back), changed: true },
      { text: text.slice(text.length - back), changed: false },
    ]);
  return { baseline: segments(baseline), candidate: segments(candidate), exact: false };
};

const safeCutBefore = (text: string, index: number): number => {
  let at = index;
  while (at > 0 && !isSafeCut(text, at)) at--;
  return at;
};

const safeCutAfter = (text: string, index: number): number => {
  let at = index;
  while (at < text.length && !isSafeCut(text, at)) at++;
  return at;
};

// Cuts after a space, next to an ASCII punctuation mark inside printable ASCII, and next to Han
// characters never split a word, a surrogate pair or a grapheme.
const isSafeCut = (text: string, index: number): boolean => {
  if (index === 0 || index === text.length) return true;
  const before = text[index - 1] ?? '';
  const after = text[index] ?? '';
  if (/[ \n]/.test(before)) return !/[\p{M}\p{Cf}\uDC00-\uDFFF]/u.test(after);
  if (/[\u4E00-\u9FFF]/.test(before)) return /[\u4E00-\u9FFF -~]/.test(after);
  if (/[\u4E00-\u9FFF]/.test(after)) return /[ -~]/.test(before);
  return /[ -~]/.test(before) && /[ -~]/.test(after) && !/^\w\w$/.test(before + after);
};

// An equal space between two changed words would split one mark into two.
const withoutStraySpaces = (
  partners: Int32Array,
  baseline: SplitText,
  candidate: SplitText,
): void => {
  let start = 0;
  for (let index = 1; index <= partners.length; index++) {
    const last = partners[index - 1] ?? -1;
    if (last !== -1 && partners[index] === last + 1) continue;
    const first = partners[start] ?? -1;
    const touchesBegin = start === 0 && first === 0;
    const touchesEnd = index === partners.length && last === candidate.words.length - 1;
    const run = baseline.words.slice(start, index);
    if (first !== -1 && !touchesBegin && !touchesEnd && run.every((word) => blank.test(word))) {
      partners.fill(-1, start, index);
    }
    start = index;
  }
};

const joinSegments = (segments: readonly Segment[]): readonly Segment[] => {
  const joined: Segment[] = [];
  for (const segment of segments) {
    if (segment.text === '') continue;
    const last = joined.at(-1);
    if (last?.changed === segment.changed) {
      joined[joined.length - 1] = { text: last.text + segment.text, changed: segment.changed };
    } else joined.push(segment);
  }
  return joined;
};
