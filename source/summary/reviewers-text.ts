import { count, counted, percent } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { padCells, truncateCells } from '../text/width.ts';
import { wrapped } from '../text/wrap.ts';
import type { Summary } from './gather-summary.ts';
import { enough, rateText } from './noise-text.ts';
import type { ReviewerCounts, VerdictCounts } from './reviewers.ts';
import { bounds } from './sentence.ts';

/** The most reviewers that are listed. */
const listedReviewers = 20;

/** `agree 12 · worse 3 · better 1 · both bad 0`, with the conflicts if there are any. */
export const verdictText = (verdicts: ReviewerCounts['verdicts'] | VerdictCounts): string => {
  const { agree, worse, better, bothBad } = verdicts;
  const conflict = 'conflict' in verdicts ? verdicts.conflict : 0;
  const text = `agree ${count(agree)} · worse ${count(worse)} · better ${count(better)} · both bad ${count(bothBad)}`;
  return conflict === 0 ? text : `${text} · conflict ${count(conflict)}`;
};

/** Who gave how many verdicts, and how those of several reviewers become one. */
export const reviewerLines = (summary: Summary): readonly string[] => {
  const { counts, reviewer, reviewers } = summary;
  if (reviewers.length < 2) return [];
  const shown = reviewers.slice(0, listedReviewers).flatMap((one) => {
    const settled = one.settled > 0 ? `; ${count(one.settled)} on settled pairs` : '';
    const name = padCells(truncateCells(printableLine(one.reviewer), 16), 16);
    return wrapped(`${name}${verdictText(one.verdicts)}${settled}`, '  ');
  });
  const more = reviewers.length - listedReviewers;
  const rule =
    reviewer === null
      ? `${counted(counts.judgedBySeveral, 'pair')} judged by several reviewers, ${count(counts.disagreeing)} with verdicts that disagree, ${count(counts.resolved)} of them resolved. A pair that is not resolved has the verdict of more than half of its reviewers; without one it is a conflict, which is judged and not agreed; the intervals reach up to where all conflicts agree.`
      : `Only the verdicts of ${truncateCells(printableLine(reviewer), 60)} count here.`;
  return [
    'Reviewers',
    ...shown,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ...wrapped(rule, '  '),
    ...beyondChanceLines(summary),
  ];
};

/** How far the reviewers agree beyond chance on the pairs that several of them have judged. */
const beyondChanceLines = ({ reviewerAgreement }: Summary): readonly string[] => {
  const { alpha, kappa, pairs } = reviewerAgreement;
  if (pairs === 0) return [];
  const small = pairs < enough ? ', a small sample' : '';
  const ofBoth =
    kappa === null
      ? ''
      : `, Cohen's kappa ${kappa.kappa.toFixed(2)} (${kappa.lower.toFixed(2)} to ${kappa.upper.toFixed(2)})`;
  const measured =
    alpha === null
      ? 'unknown, because all verdicts are the same'
      : `Krippendorff's alpha ${alpha.toFixed(2)}${ofBoth}`;
  return wrapped(
    `Agreement beyond chance on the ${counted(pairs, 'pair')} that several judged${small}: ${measured}. 1 is full agreement, 0 that of chance.`,
    '  ',
  );
};

/** How often reviewers agree with themselves. */
export const selfAgreementLines = ({
  reviewer,
  reviewers,
  selfAgreement,
}: Summary): readonly string[] => {
  if (selfAgreement.n === 0) return [];
  const measured = reviewers.filter((one) => one.selfAgreement.n > 0);
  const shown = measured.slice(0, listedReviewers);
  const more = measured.length - shown.length;
  const each = shown.map(
    (one) => `${truncateCells(printableLine(one.reviewer), 16)} ${rateText(one.selfAgreement)}`,
  );
  return [
    ...wrapped(
      `Came back: pairs that the same reviewer judged again, unannounced and with their sides swapped. The same verdict: ${rateText(selfAgreement)}.`,
      '',
    ),
    ...(reviewer !== null || measured.length < 2 ? [] : each.map((line) => `  ${line}`)),
    ...(reviewer === null && more > 0 ? [`  and ${count(more)} more`] : []),
  ];
};

/** How often blind reviewers preferred the answer on the left. */
export const blindLines = ({ blind }: Summary): readonly string[] => {
  if (blind.verdicts === 0) return [];
  const { left, leftOfRepeats } = blind;
  const preferred =
    left.n === 0
      ? 'none of them prefers a side'
      : `of ${counted(left.n, 'verdict')} for a side, ${percent(left.rate)} (${bounds(left)}) are for the left one${left.n < enough ? ' (a small sample)' : ''}; 50 % is no preference for a place`;
  const bothWays =
    leftOfRepeats.n === 0
      ? ''
      : ` On the pairs that came back and so were seen both ways: ${rateText(leftOfRepeats)}.`;
  return wrapped(
    `Judged blind: ${counted(blind.verdicts, 'verdict')}; ${preferred}.${bothWays}`,
    '',
  );
};
