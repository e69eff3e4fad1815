import { differenceStarts } from './align-lines.ts';
import type { AlignedLine, Alignment, ForSides } from './alignment.ts';

/** Returns an alignment as seen from the other side: what the baseline had, the candidate has. */
export const swappedAlignment = (alignment: Alignment): Alignment => ({
  ...alignment,
  lines: alignment.lines.map(({ baseline, candidate, change, notes, sentences, ...line }) => ({
    ...line,
    change: change === 'removed' ? 'added' : change === 'added' ? 'removed' : change,
    baseline: candidate,
    candidate: baseline,
    ...(notes === undefined ? {} : { notes: swappedSides(notes) }),
    ...(sentences === undefined ? {} : { sentences: swappedSides(sentences) }),
  })),
});

/** Returns the thing of each side at the other one. */
export const swappedSides = <Thing>({ baseline, candidate }: ForSides<Thing>): ForSides<Thing> => ({
  baseline: candidate,
  candidate: baseline,
});

/**
 * Returns a swapped alignment of prose in the usual form: in each gap the lines of the baseline come first,
 * and the sentences are numbered in the order of the baseline.
 */
export const inUsualForm = (alignment: Alignment): Alignment => {
  if (alignment.granularity === 'sentences') {
    return { ...alignment, lines: renumbered(alignment.lines) };
  }
  const lines: AlignedLine[] = [];
  let added: AlignedLine[] = [];
  for (const line of alignment.lines) {
    if (line.change === 'added') {
      added.push(line);
      continue;
    }
    if (line.change !== 'removed') {
      lines.push(...added);
      added = [];
    }
    lines.push(line);
  }
  lines.push(...added);
  return { ...alignment, lines, differences: differenceStarts(lines) };
};

const renumbered = (lines: readonly AlignedLine[]): readonly AlignedLine[] => {
  const numbers = new Map<number, number>();
  for (const { sentences } of lines) {
    const number = sentences?.baseline?.number ?? null;
    if (number !== null && !numbers.has(number)) numbers.set(number, numbers.size + 1);
  }
  const own = <Side extends { readonly number: number | null }>(side: Side | null): Side | null =>
    side === null || side.number === null
      ? side
      : { ...side, number: numbers.get(side.number) ?? side.number };
  return lines.map((line) =>
    line.sentences === undefined
      ? line
      : {
          ...line,
          sentences: {
            baseline: own(line.sentences.baseline),
            candidate: own(line.sentences.candidate),
          },
        },
  );
};
