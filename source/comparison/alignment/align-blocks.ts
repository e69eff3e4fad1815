import type { AlignedLine, Alignment } from './alignment.ts';
import { differenceStarts, loneLine, sameLine } from './align-lines.ts';
import { wholeLine } from './mark.ts';
import type { Vocabulary, WordBag } from './vocabulary.ts';

/** A paragraph, a list or a fenced code block, and the blank lines after it. */
type Block = {
  readonly lines: readonly string[];
  readonly blanks: readonly string[];
};

/** Below this similarity, two blocks have only small words in common. */
const relatedEnough = 0.25;
const maximumPairs = 40_000;

/**
 * Aligns two dissimilar texts paragraph by paragraph, without marks. Paragraphs with words in
 * common are paired in order, such that the sum of their similarities is greatest; the others are
 * paired by position. If both texts are a single paragraph, their lines are paired instead.
 */
export const alignBlocks = (
  baseline: readonly string[],
  candidate: readonly string[],
  vocabulary: Vocabulary,
): Alignment => {
  let first = blocksOf(baseline);
  let second = blocksOf(candidate);
  if (first.length === 1 && second.length === 1) {
    first = baseline.map(lineBlock);
    second = candidate.map(lineBlock);
  }
  const tooMany = first.length * second.length > maximumPairs;
  const partners = tooMany ? [] : relatedBlocks(first, second, vocabulary);

  const lines: AlignedLine[] = [];
  const starts: number[] = [];
  const push = (a: Block | undefined, b: Block | undefined): void => {
    const content = zip(a?.lines ?? [], b?.lines ?? []);
    const start = content.findIndex(({ change }) => change !== 'same');
    if (start !== -1) starts.push(lines.length + start);
    for (const line of content) lines.push(line);
    for (const line of zip(a?.blanks ?? [], b?.blanks ?? [])) lines.push(line);
  };
  let at = 0;
  let other = 0;
  for (const [index, partner] of [...partners, [first.length, second.length] as const]) {
    while (at < index || other < partner) {
      push(at < index ? first[at++] : undefined, other < partner ? second[other++] : undefined);
    }
    if (index < first.length) push(first[at++], second[other++]);
  }
  return {
    lines,
    // Without other differences, different blank lines count.
    differences: starts.length > 0 ? starts : differenceStarts(lines),
    granularity: 'blocks',
    coarse:
      tooMany || vocabulary.exhausted
        ? 'Too long to pair all paragraphs that correspond: some are paired in order.'
        : null,
  };
};

const zip = (a: readonly string[], b: readonly string[]): readonly AlignedLine[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, index) => {
    const first = a[index];
    const second = b[index];
    if (first === undefined) return loneLine(second ?? '', 'added', false);
    if (second === undefined) return loneLine(first, 'removed', false);
    if (first === second) return sameLine(first);
    return {
      change: 'changed',
      baseline: wholeLine(first, false),
      candidate: wholeLine(second, false),
    };
  });

const lineBlock = (line: string): Block => ({ lines: [line], blanks: [] });

const blocksOf = (lines: readonly string[]): readonly Block[] => {
  const blocks: Block[] = [];
  let content: string[] = [];
  let blanks: string[] = [];
  let fenced = false;
  const finish = (): void => {
    blocks.push({ lines: content, blanks });
    content = [];
    blanks = [];
  };
  for (const line of lines) {
    if (!fenced && line.trim() === '') {
      blanks.push(line);
      continue;
    }
    if (blanks.length > 0) finish();
    if (/^\s*```/.test(line)) fenced = !fenced;
    content.push(line);
  }
  finish();
  return blocks;
};

/** Returns ascending pairs of indexes: the alignment with the greatest sum of similarities. */
const relatedBlocks = (
  first: readonly Block[],
  second: readonly Block[],
  vocabulary: Vocabulary,
): readonly (readonly [number, number])[] => {
  const bags = (blocks: readonly Block[]): readonly (WordBag | null)[] =>
    blocks.map(({ lines }) => vocabulary.bagOfWords(lines));
  const a = bags(first);
  const b = bags(second);
  const score = (i: number, j: number): number => {
    const one = a[i] ?? null;
    const two = b[j] ?? null;
    if (one === null || two === null || one.weight === 0) return 0;
    const similarity = vocabulary.similarity(one, two);
    return similarity < relatedEnough ? 0 : similarity;
  };
  const width = second.length + 1;
  // best[i * width + j]: the greatest sum for the blocks from i and from j onward.
  const best = new Float64Array((first.length + 1) * width);
  const scores = new Float64Array((first.length + 1) * width);
  for (let i = first.length - 1; i >= 0; i--) {
    for (let j = second.length - 1; j >= 0; j--) {
      const here = i * width + j;
      const own = score(i, j);
      scores[here] = own;
      best[here] = Math.max(
        best[here + width] ?? 0,
        best[here + 1] ?? 0,
        own > 0 ? own + (best[here + width + 1] ?? 0) : 0,
      );
    }
  }
  const pairs: (readonly [number, number])[] = [];
  let i = 0;
  let j = 0;
  while (i < first.length && j < second.length) {
    const here = i * width + j;
    const own = scores[here] ?? 0;
    if (own > 0 && best[here] === own + (best[here + width + 1] ?? 0)) pairs.push([i++, j++]);
    else if (best[here] === best[here + width]) i++;
    else j++;
  }
  return pairs;
};
