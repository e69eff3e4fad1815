import type { AlignedLine, Alignment } from './alignment.ts';
import { loneLine, sameLine, startsOfDifferences } from './align-lines.ts';
import { wholeLine } from './mark.ts';
import type { Bag, Vocabulary } from './vocabulary.ts';

/** A paragraph, a list or a fenced piece of code, and the blank lines after it. */
type Block = {
  readonly lines: readonly string[];
  readonly blanks: readonly string[];
};

/** A pair below this has nothing in common but small words. */
const related = 0.25;
const maximumPairs = 40_000;

/**
 * Sets two unlike texts beside each other paragraph by paragraph, without marks. Paragraphs that
 * have words in common go together, in order, so that the sum of their similarity is greatest; those
 * between them stand beside each other as they come. A text of one paragraph is taken line by line.
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
    // Only blank lines differ: those are then the differences.
    differences: starts.length > 0 ? starts : startsOfDifferences(lines),
    granularity: 'blocks',
    coarse:
      tooMany || vocabulary.exhausted()
        ? 'Too long to find the paragraphs that belong together: some only stand in their order.'
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

/** Pairs of indexes, ascending: the alignment whose similarities have the greatest sum. */
const relatedBlocks = (
  first: readonly Block[],
  second: readonly Block[],
  vocabulary: Vocabulary,
): readonly (readonly [number, number])[] => {
  const bags = (blocks: readonly Block[]): readonly (Bag | null)[] =>
    blocks.map(({ lines }) => vocabulary.bagOf(lines));
  const a = bags(first);
  const b = bags(second);
  const score = (i: number, j: number): number => {
    const one = a[i] ?? null;
    const two = b[j] ?? null;
    const likeness =
      one === null || two === null ? 0 : one.weight === 0 ? 0 : vocabulary.similarity(one, two);
    return likeness < related ? 0 : likeness;
  };
  const width = second.length + 1;
  // best[i * width + j]: the greatest sum for the blocks from i and from j on.
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
