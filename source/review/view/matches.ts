import type { StyledRun } from './styled-text.ts';

/** Returns the runs with every occurrence of a text in the style of a match, whatever its case. */
export const highlightMatches = (
  runs: readonly StyledRun[],
  wanted: string,
): readonly StyledRun[] =>
  wanted === '' ? runs : runs.flatMap((run) => splitAtMatches(run, wanted.toLowerCase()));

/** Letters whose lower case has another length would shift what is marked, so such runs are left alone. */
const splitAtMatches = (run: StyledRun, wanted: string): readonly StyledRun[] => {
  const text = run.text.toLowerCase();
  if (text.length !== run.text.length || !text.includes(wanted)) return [run];
  const parts: StyledRun[] = [];
  let from = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, from)) {
    if (at > from) parts.push({ ...run, text: run.text.slice(from, at) });
    parts.push({ ...run, text: run.text.slice(at, at + wanted.length), style: 'match' });
    from = at + wanted.length;
  }
  if (from < run.text.length) parts.push({ ...run, text: run.text.slice(from) });
  return parts;
};
