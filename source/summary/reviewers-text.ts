import { count, counted, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { padCells, truncateCells } from '../text/width.ts';
import { paragraph } from './paragraph.ts';
import type { Summary } from './gather-summary.ts';
import { rateText } from './noise-text.ts';
import type { KappaOfTwo, OriginCount, ReviewerCounts, VerdictCounts } from './reviewers.ts';
import { bounds, enough } from './sentence.ts';

/** The most reviewers, origins of one reviewer's verdicts, and pairs of reviewers that are listed. */
const listedReviewers = 20;
const listedOrigins = 3;
const listedKappas = 10;

/** `agree 12 · worse 3 · better 1 · both bad 0`, with the conflicts if there are any. */
export const verdictText = (verdicts: ReviewerCounts['verdicts'] | VerdictCounts): string => {
  const { agree, worse, better, bothBad } = verdicts;
  const conflict = 'conflict' in verdicts ? verdicts.conflict : 0;
  const text = `agree ${count(agree)} · worse ${count(worse)} · better ${count(better)} · both bad ${count(bothBad)}`;
  return conflict === 0 ? text : `${text} · conflict ${count(conflict)}`;
};

/** Who gave how many verdicts, and how those of several reviewers become one. */
export const reviewerLines = (summary: Summary): readonly string[] => {
  const { reviewers } = summary;
  const isAlone = reviewers.length < 2;
  const isOfReview = reviewers.every(({ origins }) => origins.every(isOfReviewHere));
  if (isAlone && isOfReview) return [];
  const shown = reviewers.slice(0, listedReviewers).flatMap((one) => {
    const settled = one.settled > 0 ? `; ${count(one.settled)} on settled pairs` : '';
    const name = padCells(truncateCells(printableLine(one.reviewer), 16), 16);
    return paragraph(`${name}${verdictText(one.verdicts)}${settled}${originsText(one)}`, '  ');
  });
  const more = reviewers.length - listedReviewers;
  return [
    'Reviewers',
    ...shown,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ...(isAlone ? [] : paragraph(ruleText(summary), '  ')),
    ...beyondChanceLines(summary),
  ];
};

/** Whose verdicts count, and how those of several reviewers become one. */
const ruleText = ({ counts, reviewer }: Summary): string => {
  const { disagreeing, judgedBySeveral, resolved } = counts;
  if (reviewer !== null) {
    return `Only the verdicts of ${truncateCells(printableLine(reviewer), 60)} count here.`;
  }
  return judgedBySeveral === 0
    ? 'No pair that needs a person was judged by several reviewers.'
    : `${counted(judgedBySeveral, 'pair')} judged by several reviewers, ${count(disagreeing)} with verdicts that disagree, ${count(resolved)} of them resolved. A pair that is not resolved has the verdict of more than half of its reviewers; without one it is a conflict, which is judged and not agreed; the intervals reach up to where all conflicts agree.`;
};

/** Whether verdicts were given in a review of this store, to pairs or to patterns, which is not worth a mention. */
const isOfReviewHere = ({ kind, store }: OriginCount): boolean =>
  store === null && (kind === 'review' || kind === 'pattern');

/** `; from votes.csv`; `; 40 from votes.csv, 3 in the review`; empty if all are of a review of this store. */
const originsText = ({ origins }: ReviewerCounts): string => {
  if (origins.every(isOfReviewHere)) return '';
  const named = origins.map((one) => ({ text: originText(one), verdicts: one.verdicts }));
  const [only] = named;
  if (only !== undefined && named.length === 1) return `; ${only.text}`;
  const shown = named
    .slice(0, listedOrigins)
    .map(({ text, verdicts }) => `${count(verdicts)} ${text}`);
  const others = named.slice(listedOrigins).reduce((sum, { verdicts }) => sum + verdicts, 0);
  return `; ${shown.join(', ')}${others === 0 ? '' : `, ${count(others)} from elsewhere`}`;
};

const originText = ({ file, kind, store }: OriginCount): string => {
  const from = store === null ? null : truncateCells(printableLine(store), 40);
  switch (kind) {
    case 'file': {
      const read = `from ${truncateCells(printableLine(file ?? ''), 40)}`;
      return from === null ? read : `${read} by way of ${from}`;
    }
    case 'review':
      return from === null ? 'in the review' : `from ${from}`;
    case 'pattern':
      return from === null ? 'to patterns in the review' : `to patterns, from ${from}`;
    case null:
      return from === null ? 'of unknown origin' : `of unknown origin, from ${from}`;
  }
};

/** How far the reviewers agree beyond chance on the pairs that several of them have judged. */
const beyondChanceLines = ({ reviewerAgreement }: Summary): readonly string[] => {
  const { alpha, fleiss, kappa, kappas, pairs } = reviewerAgreement;
  if (pairs === 0) return [];
  const small = pairs < enough ? ', a small sample' : '';
  const ofBoth = kappa === null ? '' : `, Cohen's kappa ${kappaText(kappa)}`;
  const ofAll =
    fleiss === null || kappas.length < 2 ? '' : `, Fleiss' kappa ${coefficient(fleiss)}`;
  const measured =
    alpha === null
      ? 'unknown, because all verdicts are the same'
      : `Krippendorff's alpha ${coefficient(alpha)}${ofBoth}${ofAll}`;
  const lines = paragraph(
    `Agreement beyond chance on the ${counted(pairs, 'pair')} that several judged${small}: ${measured}. 1 is full agreement, 0 that of chance.`,
    '  ',
  );
  if (kappas.length < 2) return lines;
  const named = kappas.slice(0, listedKappas).map((one) => {
    const [first, second] = one.reviewers.map((name) => truncateCells(printableLine(name), 16));
    return `${first} and ${second} ${kappaText(one)} of ${count(one.n)}`;
  });
  const more = kappas.length - named.length;
  return [
    ...lines,
    ...paragraph(
      `Cohen's kappa: ${named.join('; ')}${more > 0 ? `; and ${count(more)} pairs of reviewers more` : ''}.`,
      '  ',
    ),
  ];
};

/** `0.85 (0.82 to 0.88)`; `1.00` without an interval where the verdicts give none. */
const kappaText = ({
  kappa,
  lower,
  upper,
}: Pick<KappaOfTwo, 'kappa' | 'lower' | 'upper'>): string => {
  if (kappa === null) return unknown;
  if (lower === null || upper === null) return coefficient(kappa);
  return `${coefficient(kappa)} (${coefficient(lower)} to ${coefficient(upper)})`;
};

/** `0.85`, `−0.03`, and never `−0.00`. */
const coefficient = (value: number): string =>
  value.toFixed(2).replace('-0.00', '0.00').replace('-', '−');

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
    ...paragraph(
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
  return paragraph(
    `Judged blind: ${counted(blind.verdicts, 'verdict')}; ${preferred}.${bothWays}`,
    '',
  );
};
