import { words } from '../../text/segment.ts';
import { closesFence, openedFence } from '../../text/syntax.ts';
import { LazySegmenter } from '../../text/lazy-segmenter.ts';
import { factsIn, KnownFacts } from '../text-facts.ts';
import { alignLines, differenceStarts, matchLines } from './align-lines.ts';
import type { AlignedLine, Alignment, Segment, Sentence } from './alignment.ts';
import { markTexts, wholeLine } from './mark.ts';
import { longestAscending } from './match-sequences.ts';
import { similarEnough, type Vocabulary } from './vocabulary.ts';

/**
 * A sentence, or a fenced block of code of several lines, and the blank lines after it.
 * `continues`: a sentence that is not the first of its line. `isItem`: the item of a list.
 */
type Unit = {
  readonly lines: readonly string[];
  readonly isCode: boolean;
  readonly isItem: boolean;
  readonly continues: boolean;
  readonly blanks: string[];
};

/** In longer texts, lines are not split into sentences, and facts are not marked. */
const maximumCharacters = 400_000;
const maximumPairs = 200_000;
/** Below this likeness, two sentences have only common words in common. */
const relatedEnough = 0.2;
/** The likeness that is enough between the same neighbours. */
const weaklyRelated = 0.08;
const maximumLineEdits = 800;

/**
 * Aligns two dissimilar texts sentence by sentence. Sentences with rare words in common are matched
 * and share a number, wherever they stand; those that also kept their order share a row. Marked are
 * facts (see `factsIn`) and items of lists that only one text has, and words inside sentences that
 * are similar. Blocks of code are matched whole and aligned line by line.
 */
export const alignSentences = (
  baseline: readonly string[],
  candidate: readonly string[],
  vocabulary: Vocabulary,
): Alignment => {
  const texts = [baseline.join('\n'), candidate.join('\n')] as const;
  const isLong = Math.max(texts[0].length, texts[1].length) > maximumCharacters;
  const first = unitsOf(baseline, isLong ? 'lines' : 'sentences');
  const second = unitsOf(candidate, isLong ? 'lines' : 'sentences');
  const { matches, exact } = relatedUnits(first, second);
  const known = isLong
    ? null
    : { baseline: new KnownFacts(texts[0]), candidate: new KnownFacts(texts[1]) };
  const drawing = new Drawing({ first, second, matches, known, vocabulary });
  const lines = drawing.lines();
  return {
    lines,
    // Without other differences, different blank lines count.
    differences: drawing.starts.length > 0 ? drawing.starts : differenceStarts(lines),
    granularity: 'sentences',
    coarse:
      isLong || !exact
        ? 'Too long to match all sentences that correspond: some stand beside others.'
        : null,
  };
};

type Drawn = {
  readonly first: readonly Unit[];
  readonly second: readonly Unit[];
  readonly matches: readonly (readonly [number, number])[];
  readonly known: { readonly baseline: KnownFacts; readonly candidate: KnownFacts } | null;
  readonly vocabulary: Vocabulary;
};

/** Draws the units of both texts as rows, each side in its own order. */
class Drawing {
  readonly starts: number[] = [];
  readonly #drawn: Drawn;
  readonly #lines: AlignedLine[] = [];
  readonly #partners = new Map<number, number>();
  readonly #numbers = { baseline: new Map<number, number>(), candidate: new Map<number, number>() };
  /** The lines of units whose words are marked against their counterpart's. */
  readonly #marked = {
    baseline: new Map<number, readonly (readonly Segment[])[]>(),
    candidate: new Map<number, readonly (readonly Segment[])[]>(),
  };

  constructor(drawn: Drawn) {
    this.#drawn = drawn;
    for (const [index, [at, other]] of drawn.matches.entries()) {
      this.#partners.set(at, other);
      this.#numbers.baseline.set(at, index + 1);
      this.#numbers.candidate.set(other, index + 1);
      this.#markPair(at, other);
    }
  }

  lines(): readonly AlignedLine[] {
    const { first, matches, second } = this.#drawn;
    let at = 0;
    let other = 0;
    const ends = [first.length, second.length] as const;
    for (const [index, partner] of [...longestAscending(matches), ends]) {
      while (at < index || other < partner) {
        this.#push(at < index ? at++ : null, other < partner ? other++ : null);
      }
      if (index < first.length) this.#push(at++, other++);
    }
    return this.#lines;
  }

  #push(at: number | null, other: number | null): void {
    const { first, second } = this.#drawn;
    const a = at === null ? null : (first[at] ?? null);
    const b = other === null ? null : (second[other] ?? null);
    const isPair = at !== null && other !== null && this.#partners.get(at) === other;
    const rows =
      isPair && a?.isCode === true && b?.isCode === true
        ? this.#codeRows(a, b)
        : this.#rows(
            a === null || at === null ? [] : this.#unitSegments('baseline', at, a),
            b === null || other === null ? [] : this.#unitSegments('candidate', other, b),
          );
    const sentences = {
      baseline: a === null ? null : this.#sentence('baseline', at ?? 0, a),
      candidate: b === null ? null : this.#sentence('candidate', other ?? 0, b),
    };
    const start = rows.findIndex(({ change }) => change !== 'same');
    if (start !== -1) this.starts.push(this.#lines.length + start);
    let hasBaseline = false;
    let hasCandidate = false;
    for (const row of rows) {
      const shown = {
        baseline: hasBaseline || row.baseline === null ? null : sentences.baseline,
        candidate: hasCandidate || row.candidate === null ? null : sentences.candidate,
      };
      hasBaseline ||= row.baseline !== null;
      hasCandidate ||= row.candidate !== null;
      const isBare = shown.baseline === null && shown.candidate === null;
      this.#lines.push(isBare ? row : { ...row, sentences: shown });
    }
    const blank = (line: string): readonly Segment[] => wholeLine(line, false);
    for (const row of this.#rows(a?.blanks.map(blank) ?? [], b?.blanks.map(blank) ?? [])) {
      this.#lines.push(row);
    }
  }

  #sentence(side: 'baseline' | 'candidate', index: number, { continues }: Unit): Sentence {
    return { number: this.#numbers[side].get(index) ?? null, continues };
  }

  #rows(
    a: readonly (readonly Segment[])[],
    b: readonly (readonly Segment[])[],
  ): readonly AlignedLine[] {
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => {
      const row = { baseline: a[index] ?? null, candidate: b[index] ?? null };
      if (row.baseline === null) return { change: 'added', ...row };
      if (row.candidate === null) return { change: 'removed', ...row };
      return {
        change: textOf(row.baseline) === textOf(row.candidate) ? 'same' : 'changed',
        ...row,
      };
    });
  }

  #codeRows(a: Unit, b: Unit): readonly AlignedLine[] {
    const matches = matchLines(a.lines, b.lines, maximumLineEdits);
    return alignLines(a.lines, b.lines, matches, this.#drawn.vocabulary).lines;
  }

  /** Returns the lines of a unit that has no row in common with its counterpart, if it has one. */
  #unitSegments(
    side: 'baseline' | 'candidate',
    index: number,
    unit: Unit,
  ): readonly (readonly Segment[])[] {
    const marked = this.#marked[side].get(index);
    return marked ?? unit.lines.map((line) => this.#segments(side, index, unit, line));
  }

  #segments(
    side: 'baseline' | 'candidate',
    index: number,
    unit: Unit,
    text: string,
  ): readonly Segment[] {
    const { known } = this.#drawn;
    if (known === null || unit.isCode) return wholeLine(text, false);
    const other = known[side === 'baseline' ? 'candidate' : 'baseline'];
    const bothHaveNames = known.baseline.hasNames && known.candidate.hasNames;
    const lead =
      unit.isItem && !this.#numbers[side].has(index) ? itemLead(text) : { start: 0, end: 0 };
    const spans = factsIn(text)
      .filter((fact) => (fact.kind !== 'name' || bothHaveNames) && !other.has(fact))
      .filter(({ start }) => start >= lead.end);
    return markSpans(text, lead.end > lead.start ? [lead, ...spans] : spans);
  }

  /** Marks words in two sentences that correspond, if they are similar, and in blocks of code. */
  #markPair(at: number, other: number): void {
    const { first, second, vocabulary } = this.#drawn;
    const [a, b] = [first[at], second[other]];
    const [left, right] = [a?.lines[0], b?.lines[0]];
    if (a === undefined || b === undefined || left === undefined || right === undefined) return;
    if (a.isCode && b.isCode) {
      const rows = this.#codeRows(a, b);
      const sideOf = (side: 'baseline' | 'candidate'): readonly (readonly Segment[])[] =>
        rows.flatMap((row) => (row[side] === null ? [] : [row[side]]));
      this.#marked.baseline.set(at, sideOf('baseline'));
      this.#marked.candidate.set(other, sideOf('candidate'));
      return;
    }
    const one = vocabulary.split(left);
    const two = vocabulary.split(right);
    if (one === null || two === null || vocabulary.similarity(one, two) < similarEnough) return;
    const marks = markTexts(left, right, vocabulary);
    this.#marked.baseline.set(at, [marks.baseline]);
    this.#marked.candidate.set(other, [marks.candidate]);
  }
}

const textOf = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('');

/** The part of a list item that names it: what stands before a colon or dash, or its first words. */
const itemLead = (text: string): { readonly start: number; readonly end: number } => {
  const start = itemStart.exec(text)?.[0].length ?? 0;
  const rest = text.slice(start);
  const lead = /^\*\*[^*]+\*\*|^[^:：–—]{1,60}(?=[:：]| [–—-] )|^(?:\S+\s+){0,5}\S+/.exec(rest);
  return { start, end: start + (lead?.[0].length ?? rest.length) };
};

const markSpans = (
  text: string,
  spans: readonly { readonly start: number; readonly end: number }[],
): readonly Segment[] => {
  const segments: Segment[] = [];
  let at = 0;
  for (const { end, start } of spans) {
    if (start > at) segments.push({ text: text.slice(at, start), changed: false });
    segments.push({ text: text.slice(start, end), changed: true });
    at = end;
  }
  if (at < text.length) segments.push({ text: text.slice(at), changed: false });
  return segments;
};

const itemStart = /^\s*(?:[-*+•]|\d+[.)、])\s+/;
const sentenceSegmenter = new LazySegmenter('en', { granularity: 'sentence' });
/** An end that only looks like the end of a sentence. */
const abbreviation =
  /(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|approx|e\.g|i\.e|z\.B|bzw|ca)\.|^\s*(?:[-*+•>#]+\s*)?(?:\*\*)?\d+[.)])\s*$/;

/** Splits a line into sentences; joined, they are the line again. */
const sentencesOf = (line: string): readonly string[] => {
  if (!/[.!?。！？…]/.test(line)) return [line];
  const found: string[] = [];
  let open = '';
  for (const { segment } of sentenceSegmenter.segment(line)) {
    open += segment;
    if (abbreviation.test(open)) continue;
    found.push(open);
    open = '';
  }
  if (open !== '') found.push(open);
  return found;
};

const unitsOf = (lines: readonly string[], split: 'sentences' | 'lines'): readonly Unit[] => {
  const units: Unit[] = [];
  let code: { readonly lines: string[]; readonly mark: string } | null = null;
  const push = (unit: Pick<Unit, 'lines'> & Partial<Unit>): void => {
    units.push({ isCode: false, isItem: false, continues: false, blanks: [], ...unit });
  };
  for (const line of lines) {
    const mark: string | null = code === null ? openedFence(line) : null;
    if (code !== null) {
      code.lines.push(line);
      if (!closesFence(line, code.mark)) continue;
      push({ lines: code.lines, isCode: true });
      code = null;
    } else if (mark !== null) code = { lines: [line], mark };
    else if (line.trim() === '') {
      const last = units.at(-1);
      if (last === undefined) push({ lines: [], blanks: [line] });
      else last.blanks.push(line);
    } else {
      const sentences = split === 'sentences' ? sentencesOf(line) : [line];
      for (const [index, sentence] of sentences.entries()) {
        push({
          lines: [sentence],
          isItem: index === 0 && itemStart.test(line),
          continues: index > 0,
        });
      }
    }
  }
  if (code !== null) push({ lines: code.lines, isCode: true });
  return units;
};

// Words that say nothing about what a sentence is about.
const commonWords = new Set(
  'a an the and or but if of to in on at by for from with without as is are was were be been being am do does did have has had having will would can could should may might must shall not no it its this that these those there here i you he she we they me him her us them my your his our their mine yours what which who whom how when where why so than then too very just also only please into onto up out about over under more most some any all each other such own same 的 了 是 在 和 也 与 及 或 就 都 而 被 把 将 会 能 要 有 这 那 您 你 我 他 她 它 们 我们 你们 他们 这个 那个 一个 可以 以及 如果 并 请'.split(
    ' ',
  ),
);

/** Reduces an English word to a stem, so that `takes` and `taking` are one. */
const stem = (word: string): string =>
  /^[a-z]{4,}$/.test(word) ? word.replace(/(?:ies|ing|ed|es|s|e|ly|y)$/, '') : word;

const termsOf = ({ isCode, lines }: Unit): ReadonlySet<string> => {
  const terms = new Set<string>();
  for (const line of lines) {
    for (const word of words(line.toLowerCase())) {
      if (!/[\p{L}\p{N}]/u.test(word) || commonWords.has(word)) continue;
      terms.add(stem(word.replace(/['’]\p{L}+$/u, '')));
    }
    // Two sentences that each name a date are more likely to be about the same.
    for (const { kind } of isCode ? [] : factsIn(line)) terms.add(`<${kind}>`);
  }
  return terms;
};

/**
 * Matches units with words in common, greatest likeness first, as pairs of indexes that ascend by
 * the baseline. A word weighs the more the fewer units have it. `exact`: no pair was left out.
 */
const relatedUnits = (
  first: readonly Unit[],
  second: readonly Unit[],
): { readonly matches: readonly (readonly [number, number])[]; readonly exact: boolean } => {
  const a = first.map(termsOf);
  const b = second.map(termsOf);
  const places = new Map<string, number[]>();
  for (const [index, terms] of b.entries()) {
    for (const term of terms) {
      const known = places.get(term);
      if (known === undefined) places.set(term, [index]);
      else known.push(index);
    }
  }
  const frequency = new Map<string, number>();
  for (const terms of [...a, ...b]) {
    for (const term of terms) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  }
  const total = a.length + b.length;
  const weigh = (term: string): number => Math.log(1 + total / (frequency.get(term) ?? 1));
  const weightOf = (terms: ReadonlySet<string>): number => {
    let sum = 0;
    for (const term of terms) sum += weigh(term);
    return sum;
  };
  const weights = b.map(weightOf);
  let left = maximumPairs;
  const found: { at: number; other: number; likeness: number }[] = [];
  for (const [at, terms] of a.entries()) {
    const own = weightOf(terms);
    const shared = new Map<number, number>();
    for (const term of terms) {
      const units = places.get(term) ?? [];
      left -= units.length;
      if (left < 0) break;
      for (const other of units) shared.set(other, (shared.get(other) ?? 0) + weigh(term));
    }
    for (const [other, weight] of shared) {
      if (first[at]?.isCode !== second[other]?.isCode) continue;
      const likeness = (2 * weight) / (own + (weights[other] ?? 0));
      if (likeness >= weaklyRelated) found.push({ at, other, likeness });
    }
  }
  const distance = ({ at, other }: (typeof found)[number]): number =>
    Math.abs(at / first.length - other / second.length);
  found.sort((x, y) => y.likeness - x.likeness || distance(x) - distance(y));
  const partners = new Map<number, number>();
  const taken = new Set<number>();
  const match = (fits: (pair: (typeof found)[number]) => boolean): void => {
    for (const pair of found) {
      if (partners.has(pair.at) || taken.has(pair.other) || !fits(pair)) continue;
      partners.set(pair.at, pair.other);
      taken.add(pair.other);
    }
  };
  match(({ likeness }) => likeness >= relatedEnough);
  const anchors = longestAscending(ascending(partners));
  match(({ at, other }) => isBetween(anchors, at, other));
  matchOnlyCode({ first, second, partners, taken });
  return { matches: ascending(partners), exact: left >= 0 };
};

const ascending = (partners: ReadonlyMap<number, number>): readonly (readonly [number, number])[] =>
  [...partners].toSorted(([x], [y]) => x - y);

/** Returns whether two units have the same anchors before them and after them. */
const isBetween = (
  anchors: readonly (readonly [number, number])[],
  at: number,
  other: number,
): boolean => {
  let low = 0;
  let high = anchors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((anchors[middle]?.[0] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const before = anchors[low - 1]?.[1] ?? -1;
  const after = anchors[low]?.[1] ?? Number.POSITIVE_INFINITY;
  return other > before && other < after;
};

/** Matches the only block of code of one side with that of the other, whatever they contain. */
const matchOnlyCode = (units: {
  readonly first: readonly Unit[];
  readonly second: readonly Unit[];
  readonly partners: Map<number, number>;
  readonly taken: Set<number>;
}): void => {
  const { first, partners, second, taken } = units;
  const left = [...first.keys()].filter((at) => first[at]?.isCode === true && !partners.has(at));
  const right = [...second.keys()].filter((at) => second[at]?.isCode === true && !taken.has(at));
  const [at, other] = [left[0], right[0]];
  if (left.length !== 1 || right.length !== 1 || at === undefined || other === undefined) return;
  partners.set(at, other);
};
