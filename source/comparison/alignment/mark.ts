import type { Segment } from './alignment.ts';
import { matchSequences } from './match-sequences.ts';
import type { SplitText } from './vocabulary.ts';

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

/** Marks the words that only one of the two lines has. */
export const markWords = (baseline: SplitText, candidate: SplitText): MarkedPair => {
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
export const markMiddle = (baseline: SplitText, candidate: SplitText): MarkedPair => {
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

/** Applies `markMiddle` to lines too long to be split into words. */
export const markLongMiddle = (baseline: string, candidate: string): MarkedPair => {
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
  const segments = (text: string): readonly Segment[] =>
    joinSegments([
      { text: text.slice(0, front), changed: false },
      { text: text.slice(front, text.length - back), changed: true },
      { text: text.slice(text.length - back), changed: false },
    ]);
  return { baseline: segments(baseline), candidate: segments(candidate), exact: false };
};

// Cuts next to an ASCII space or punctuation mark inside printable ASCII, and next to Han characters,
// never split a word, a surrogate pair or a grapheme.
const isSafeCut = (text: string, index: number): boolean => {
  if (index === 0 || index === text.length) return true;
  const before = text[index - 1] ?? '';
  const after = text[index] ?? '';
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
