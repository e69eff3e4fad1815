import type { Verdict } from '../../comparison/outcome.ts';
import type { Run } from './run.ts';

/** A verdict as one sign. */
export const verdictMark: Readonly<Record<Verdict, Run>> = {
  agree: { text: '✓', style: 'good' },
  worse: { text: '✗', style: 'error' },
  better: { text: '▲', style: 'accent' },
  both_bad: { text: '○', style: 'warning' },
};
