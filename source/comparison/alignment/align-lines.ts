import type { AlignedLine, Alignment } from './alignment.ts';
import { markLongMiddle, markMiddle, markWords, wholeLine } from './mark.ts';
import type { MarkedPair } from './mark.ts';
import { matchSequences } from './match-sequences.ts';
import type { Matches } from './match-sequences.ts';
import type { Vocabulary } from './vocabulary.ts';

const similarEnough = 0.6;
const lookAhead = 30;
const maximumLookUps = 20_000;

/** Index into `lines` of every line that differs while the one before it does not. */
export const startsOfDifferences = (lines: readonly AlignedLine[]): readonly number[] =>
  lines.flatMap(({ change }, index) =>
    change !== 'same' && (lines[index - 1]?.change ?? 'same') === 'same' ? [index] : [],
  );

/** A line that both sides have. */
export const sameLine = (text: string): AlignedLine => {
  if (text === '') return sameEmptyLine;
  const segments = wholeLine(text, false);
  return { change: 'same', baseline: segments, candidate: segments };
};

// Shared, so that a megabyte of line feeds does not become a million objects.
const sameEmptyLine: AlignedLine = { change: 'same', baseline: [], candidate: [] };

/** A line that one side alone has. */
export const loneLine = (
  text: string,
  change: 'removed' | 'added',
  changed: boolean,
): AlignedLine => {
  const segments = wholeLine(text, changed);
  return change === 'removed'
    ? { change, baseline: segments, candidate: null }
    : { change, baseline: null, candidate: segments };
};

/** Equal lines of two texts, at most `maximumEdits` edits apart for an exact result. */
export const matchLines = (
  baseline: readonly string[],
  candidate: readonly string[],
  maximumEdits: number,
): Matches => {
  const numberOf = new Map<string, number>();
  const number = (line: string): number => {
    const known = numberOf.get(line) ?? numberOf.size;
    if (known === numberOf.size) numberOf.set(line, known);
    return known;
  };
  return matchSequences(baseline.map(number), candidate.map(number), maximumEdits);
};

/**
 * Sets two texts beside each other line by line. Between equal lines, a line of the baseline goes
 * with the next line of the candidate that is at least 0.6 similar (or has the same JSON key, with
 * `pairByKey`); the words that differ are marked in such pairs. The other lines stand alone, unless
 * one stands against one.
 */
export const alignLines = (
  baseline: readonly string[],
  candidate: readonly string[],
  matches: Matches,
  vocabulary: Vocabulary,
  pairByKey: boolean,
): Alignment => {
  const lines: AlignedLine[] = [];
  let lookUps = maximumLookUps;
  let rough = 0;
  let fine = 0;

  const belongTogether = (a: string, b: string): boolean => {
    if (pairByKey) {
      const key = jsonKeyOf(a);
      if (key !== null || jsonKeyOf(b) !== null) return key === jsonKeyOf(b);
    }
    const first = vocabulary.wordingOf(a);
    const second = vocabulary.wordingOf(b);
    if (first === null || second === null) return false;
    const lighter = Math.min(first.weight, second.weight);
    // What the similarity can be at most, known without counting words.
    if (2 * lighter < similarEnough * (first.weight + second.weight)) return false;
    return vocabulary.similarity(first, second) >= similarEnough;
  };
  const mark = (a: string, b: string): MarkedPair => {
    const first = vocabulary.wordingOf(a);
    const second = vocabulary.wordingOf(b);
    if (first === null || second === null) return markLongMiddle(a, b);
    return vocabulary.similarity(first, second) >= similarEnough
      ? markWords(first, second)
      : markMiddle(first, second);
  };
  const pushPair = (a: string, b: string): void => {
    // Equal after all: past its limit the matching of lines misses some.
    if (a === b) {
      lines.push(sameLine(a));
      return;
    }
    const { exact, ...sides } = mark(a, b);
    if (exact) fine++;
    else rough++;
    lines.push({ change: 'changed', ...sides });
  };
  const pushUnpaired = (removed: readonly string[], added: readonly string[]): void => {
    const alone = removed.length === 1 && added.length === 1;
    const shorter = Math.min(removed.length, added.length);
    // Lines whose likeness is not known stand beside each other as they come.
    const together = alone || vocabulary.exhausted() ? shorter : 0;
    for (let index = 0; index < together; index++) {
      pushPair(removed[index] ?? '', added[index] ?? '');
    }
    for (const line of removed.slice(together)) lines.push(loneLine(line, 'removed', true));
    for (const line of added.slice(together)) lines.push(loneLine(line, 'added', true));
  };
  const pushGap = (removed: readonly string[], added: readonly string[]): void => {
    let doneRemoved = 0;
    let doneAdded = 0;
    for (const [index, line] of removed.entries()) {
      const end = Math.min(added.length, doneAdded + (lookUps > 0 ? lookAhead : 1));
      for (let at = doneAdded; at < end; at++) {
        lookUps--;
        const other = added[at];
        if (other === undefined || !belongTogether(line, other)) continue;
        pushUnpaired(removed.slice(doneRemoved, index), added.slice(doneAdded, at));
        pushPair(line, other);
        doneRemoved = index + 1;
        doneAdded = at + 1;
        break;
      }
    }
    pushUnpaired(removed.slice(doneRemoved), added.slice(doneAdded));
  };

  let at = 0;
  let other = 0;
  for (let index = 0; index <= baseline.length; index++) {
    const partner = index === baseline.length ? candidate.length : (matches.partners[index] ?? -1);
    if (partner === -1) continue;
    if (index > at || partner > other) {
      pushGap(baseline.slice(at, index), candidate.slice(other, partner));
    }
    const line = baseline[index];
    if (line !== undefined) lines.push(sameLine(line));
    at = index + 1;
    other = partner + 1;
  }
  return {
    lines,
    differences: startsOfDifferences(lines),
    granularity: rough > 0 && fine === 0 ? 'lines' : 'words',
    coarse: coarseSentence(matches.exact, rough > 0, lookUps <= 0),
  };
};

const coarseSentence = (exact: boolean, rough: boolean, hurried: boolean): string | null => {
  if (!exact)
    return 'Too many lines differ for an exact diff: lines that repeat may be marked too much.';
  if (rough)
    return 'Too long or too unlike to mark every word: some marks cover more than what differs.';
  return hurried ? 'Too many lines differ to find all that belong together.' : null;
};

const jsonKeyOf = (line: string): string | null =>
  /^ *"(?:[^"\\]|\\.)*":/.exec(line.slice(0, 300))?.[0] ?? null;
