import type { JudgingEstimate } from '../../judge/estimate-judging.ts';
import type { JudgingProgress, JudgingResult } from '../../judge/start-judging.ts';
import type { SpendingLimit } from '../../money/settle-limit.ts';
import type { JudgeFigures } from '../../summary/judges.ts';
import { certificationText } from '../../summary/judges-text.ts';
import { count, dollars } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { truncateCells } from '../../text/width.ts';
import type { Patience } from '../../replay/limits/health.ts';
import { reachedText, stoppedBy, stoppedText } from './closing.ts';
import { costText, waitingTexts } from './replay-progress.ts';

/** `87 of 412 pairs judged · 2 retrying · 3 failed · $0.31 of $5.00`. */
export const judgingText = (progress: JudgingProgress): string => {
  const { done, failed, total } = progress;
  return [
    `${count(done)} of ${count(total)} ${total === 1 ? 'pair' : 'pairs'} judged`,
    ...waitingTexts(progress),
    ...(failed === 0 ? [] : [`${count(failed)} failed`]),
    costText(progress),
  ].join(' · ');
};

/** The text of a dry run of a judge, with a final line feed. */
export const judgeEstimateText = (estimate: JudgingEstimate): string => {
  const { calls, counted, judge, judged, pairs } = estimate;
  const about = 2 * counted < calls.calls ? '≈ ' : '';
  return [
    'Dry run: nothing was sent, and nothing was stored.',
    `${count(pairs)} open ${pairs === 1 ? 'pair' : 'pairs'}, ${count(judged)} judged by ${printableLine(judge)} before: ${count(calls.calls)} calls, both orders of each pair.`,
    `Input ${about}${count(calls.input)} tokens. ${
      calls.mostCost === null
        ? 'The price of the judge is not known.'
        : `Cost ≈ ${dollars(calls.expectedCost)} if it does not reason before its verdict, at most ${about}${dollars(calls.mostCost)}.`
    }`,
    '',
  ].join('\n');
};

/** How many verdicts are missing because an answer of the judge could not be read, why, and what to do. */
const unreadableTexts = ({ judged, unreadable }: JudgeFigures): readonly string[] => {
  const { example, pairs } = unreadable;
  if (pairs === 0) return [];
  const of = `${count(pairs)} of ${count(judged)} ${judged === 1 ? 'pair' : 'pairs'}`;
  const why = truncateCells(printableLine(example ?? ''), 200);
  return [
    `No verdict on ${of}, because an answer of the judge could not be read. For example: ${why}`,
    'These pairs are stored as undecided and not asked for again. If they are many, judge with another model (--judge).',
  ];
};

/** The result of a judge's run and what to do next, with a final line feed. */
export const judgedText = (
  { ended, progress, stopped }: JudgingResult,
  run: {
    readonly label: string;
    readonly limit: SpendingLimit | null;
    readonly patience: Patience;
    /** Null if no pair has a verdict of the judge. */
    readonly figures: JudgeFigures | null;
    readonly comparison: string;
    /** The flag that names the store; empty for the default one. */
    readonly store: string;
  },
): string => {
  const { comparison, figures, label, limit, patience, store } = run;
  const lines = [`${printableLine(label)}: ${judgingText(progress)}`];
  if (figures !== null) lines.push(...unreadableTexts(figures), certificationText(figures));
  if (stopped !== null) {
    lines.push(stoppedText('The judge', stoppedBy(stopped, patience)));
  }
  if (ended === 'budget') {
    lines.push(`${reachedText(limit)} to go on; existing verdicts are not paid for again.`);
  }
  if (ended === 'interrupted') {
    lines.push('Interrupted; everything is kept. Run the same command again to continue.');
  }
  lines.push(`Next: understudy summary ${comparison}${store}`, '');
  return lines.join('\n');
};
