import type { AlignedLine, Alignment } from './alignment.ts';
import { commonEnds, markTexts, wholeLine } from './mark.ts';
import { matchSequences, type Matches } from './match-sequences.ts';
import { similarEnough, type Vocabulary } from './vocabulary.ts';

const lookAhead = 30;
const maximumLookUps = 20_000;

/** Returns the indexes of lines that differ and follow a line that does not. */
export const differenceStarts = (lines: readonly AlignedLine[]): readonly number[] =>
  lines.flatMap(({ change }, index) =>
    change !== 'same' && (lines[index - 1]?.change ?? 'same') === 'same' ? [index] : [],
  );

/** Creates a line that both sides have. */
export const sameLine = (text: string): AlignedLine => {
  if (text === '') return sameEmptyLine;
  const segments = wholeLine(text, false);
  return { change: 'same', baseline: segments, candidate: segments };
};

// Shared, so that a megabyte of line feeds does not become a million objects.
const sameEmptyLine: AlignedLine = { change: 'same', baseline: [], candidate: [] };

/** Creates a line that only one side has. */
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

/** Matches the equal lines of two texts; exact if they are at most `maximumEdits` edits apart. */
export const matchLines = (
  baseline: readonly string[],
  candidate: readonly string[],
  maximumEdits: number,
): Matches => {
  const numbers = new Map<string, number>();
  const number = (line: string): number => {
    const known = numbers.get(line) ?? numbers.size;
    if (known === numbers.size) numbers.set(line, known);
    return known;
  };
  return matchSequences(baseline.map(number), candidate.map(number), maximumEdits);
};

/**
 * Aligns two texts line by line. Between equal lines, a line of the baseline is paired with the
 * next line of the candidate that is at least 0.6 similar; different words are marked in such
 * pairs. Other lines remain unpaired, unless only one is left on each side.
 */
export const alignLines = (
  baseline: readonly string[],
  candidate: readonly string[],
  matches: Matches,
  vocabulary: Vocabulary,
): Alignment => {
  const aligner = new LineAligner(vocabulary);
  let at = 0;
  let other = 0;
  for (let index = 0; index <= baseline.length; index++) {
    const partner = index === baseline.length ? candidate.length : (matches.partners[index] ?? -1);
    if (partner === -1) continue;
    if (index > at || partner > other) {
      aligner.addGap(baseline.slice(at, index), candidate.slice(other, partner));
    }
    const line = baseline[index];
    if (line !== undefined) aligner.addSame(line);
    at = index + 1;
    other = partner + 1;
  }
  return aligner.alignment(matches.exact);
};

/** Collects aligned lines from the top of both texts to the bottom. */
class LineAligner {
  readonly #vocabulary: Vocabulary;
  readonly #lines: AlignedLine[] = [];
  #lookUpsLeft = maximumLookUps;
  /**
   * The number of pairs whose marks cover more than the different words, and of pairs whose marks
   * do not.
   */
  #coarsePairs = 0;
  #finePairs = 0;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  addSame(line: string): void {
    this.#lines.push(sameLine(line));
  }

  /** Adds the lines between two equal ones, pairing those that correspond. */
  addGap(removed: readonly string[], added: readonly string[]): void {
    let doneRemoved = 0;
    let doneAdded = 0;
    for (const [index, line] of removed.entries()) {
      const end = Math.min(added.length, doneAdded + (this.#lookUpsLeft > 0 ? lookAhead : 1));
      for (let at = doneAdded; at < end; at++) {
        this.#lookUpsLeft--;
        const other = added[at];
        if (other === undefined || !this.#correspond(line, other)) continue;
        this.#addUnpaired(removed.slice(doneRemoved, index), added.slice(doneAdded, at));
        this.#addPair(line, other);
        doneRemoved = index + 1;
        doneAdded = at + 1;
        break;
      }
    }
    this.#addUnpaired(removed.slice(doneRemoved), added.slice(doneAdded));
  }

  /** `exact` says whether the equal lines were matched exactly. */
  alignment(exact: boolean): Alignment {
    return {
      lines: this.#lines,
      differences: differenceStarts(this.#lines),
      granularity: this.#coarsePairs > 0 && this.#finePairs === 0 ? 'lines' : 'words',
      coarse: this.#coarseSentence(exact),
    };
  }

  #correspond(a: string, b: string): boolean {
    if (!this.#vocabulary.affords(a) || !this.#vocabulary.affords(b)) {
      const longer = Math.max(a.length, b.length);
      // An upper bound, known from the lengths.
      if (Math.min(a.length, b.length) < similarEnough * longer) return false;
      const { front, back } = commonEnds(a, b);
      if (front + back >= similarEnough * longer) return true;
    }
    const first = this.#vocabulary.split(a);
    const second = this.#vocabulary.split(b);
    if (first === null || second === null) return false;
    const lighter = Math.min(first.weight, second.weight);
    // An upper bound of the similarity, known without comparing words.
    if (2 * lighter < similarEnough * (first.weight + second.weight)) return false;
    return this.#vocabulary.similarity(first, second) >= similarEnough;
  }

  #addPair(a: string, b: string): void {
    // Beyond its limit, matching misses some equal lines.
    if (a === b) {
      this.addSame(a);
      return;
    }
    const { exact, ...sides } = markTexts(a, b, this.#vocabulary);
    if (exact) this.#finePairs++;
    else this.#coarsePairs++;
    this.#lines.push({ change: 'changed', ...sides });
  }

  #addUnpaired(removed: readonly string[], added: readonly string[]): void {
    const isOneOnEachSide = removed.length === 1 && added.length === 1;
    const shorter = Math.min(removed.length, added.length);
    // Once the vocabulary is exhausted, lines are paired in order, similar or not.
    const paired = isOneOnEachSide || this.#vocabulary.exhausted ? shorter : 0;
    for (let index = 0; index < paired; index++) {
      this.#addPair(removed[index] ?? '', added[index] ?? '');
    }
    for (const line of removed.slice(paired)) this.#lines.push(loneLine(line, 'removed', true));
    for (const line of added.slice(paired)) this.#lines.push(loneLine(line, 'added', true));
  }

  #coarseSentence(exact: boolean): string | null {
    if (!exact) {
      return 'Too many lines differ for an exact diff: lines that repeat may be marked too often.';
    }
    if (this.#coarsePairs > 0) {
      return 'Too long or too different to mark single words: some marks cover more than what differs.';
    }
    return this.#lookUpsLeft <= 0 ? 'Too many lines differ to pair all that correspond.' : null;
  }
}
