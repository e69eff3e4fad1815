import type { Answer } from '../models/answer.ts';
import type { Alignment } from './alignment.ts';

export const alignTexts = (baseline: string, candidate: string): Alignment => {
  const a = baseline.split('\n');
  const b = candidate.split('\n');
  const lines = Array.from({ length: Math.max(a.length, b.length) }, (_, index) => {
    const first = a[index];
    const second = b[index];
    const same = first === second;
    return {
      change: same
        ? ('same' as const)
        : first === undefined
          ? ('added' as const)
          : second === undefined
            ? ('removed' as const)
            : ('changed' as const),
      baseline: first === undefined ? null : [{ text: first, changed: !same }],
      candidate: second === undefined ? null : [{ text: second, changed: !same }],
    };
  });
  const differences = lines.flatMap(({ change }, index) =>
    change !== 'same' && (lines[index - 1]?.change ?? 'same') === 'same' ? [index] : [],
  );
  return { lines, differences, granularity: 'lines', coarse: null };
};

export const alignAnswers = (baseline: Answer, candidate: Answer): Alignment =>
  alignTexts(baseline.text, candidate.text);
