import type { RateInterval } from '../statistics/wilson.ts';
import { count, percent } from '../text/numbers.ts';
import { certificationBound, fewestLabels, type JudgeFigures } from './judges.ts';
import { bounds } from './sentence.ts';

/**
 * What there is to say of each judge, as sentences. The text may contain names from outside. `judgedRates`: the
 * rates by verdicts of people alone, which stand beside the estimate.
 */
export const judgeTexts = (
  judges: readonly JudgeFigures[],
  judgedRates: Readonly<Record<'agreement' | 'noWorse', RateInterval>>,
): readonly (readonly string[])[] =>
  judges.map((figures) =>
    [
      verdictsText(figures),
      certificationText(figures),
      estimateText(figures, judgedRates),
      notBlindText(figures),
    ].filter((text) => text !== ''),
  );

const notBlindText = ({ notBlind }: JudgeFigures): string =>
  notBlind === 0
    ? ''
    : `${several(notBlind, 'pair')} whose verdict was changed after the judge's ${notBlind === 1 ? 'is' : 'are'} not counted here.`;

const verdictsText = (figures: JudgeFigures): string => {
  const { judge, judged, pairs, prompt, unreadable, verdicts } = figures;
  const { agree, better, bothBad, undecided, worse } = verdicts;
  const why =
    unreadable.pairs === 0
      ? ''
      : `, ${unreadable.pairs === undecided ? 'all' : count(unreadable.pairs)} of them because an answer has no readable verdict`;
  return `Judge ${judge} (a model; in none of the rates), prompt ${prompt}: ${count(judged)} of ${several(pairs, 'open pair')} in both orders: agree ${count(agree)} · worse ${count(worse)} · better ${count(better)} · both bad ${count(bothBad)} · undecided ${count(undecided)}${why}.`;
};

/** Whether a judge is certified, by which figures; if not, what is missing. */
export const certificationText = ({
  certified,
  sensitivity,
  specificity,
}: Pick<JudgeFigures, 'certified' | 'sensitivity' | 'specificity'>): string => {
  const rate = (name: string, found: RateInterval, what: string): string =>
    found.n === 0
      ? `${name} unknown, no pair ${what === 'worse' ? 'judged worse' : 'judged no worse'} by people`
      : `${name} ${percent(found.rate)} (${bounds(found)}) over ${count(found.n)} ${what}`;
  const measured = `${rate('sensitivity', sensitivity, 'worse')}; ${rate('specificity', specificity, 'no worse')}`;
  return certified
    ? `Judge certified: ${measured}.`
    : `Judge not certified: ${measured}; needs ≥ ${certificationBound * 100} % at both lower bounds.`;
};

const estimateText = (
  { certified, estimate }: JudgeFigures,
  alone: Readonly<Record<'agreement' | 'noWorse', RateInterval>>,
): string => {
  if (!certified) return '';
  if (estimate === null) {
    return `An estimate with its help needs ${fewestLabels} pairs judged in the random order, and others.`;
  }
  const { agreement, noWorse, others } = estimate;
  const both = (name: string, helped: RateInterval, own: RateInterval): string =>
    `${name} ${percent(helped.rate)} (${bounds(helped)}), by people alone ${percent(own.rate)} (${bounds(own)})`;
  return `Of the open pairs, with the judge's help (prediction-powered, ${several(agreement.n, 'verdict')} of people and ${several(others, 'other pair')}): ${both('no worse', noWorse, alone.noWorse)}; ${both('agreement', agreement, alone.agreement)}.`;
};

const several = (number: number, noun: string): string =>
  `${count(number)} ${number === 1 ? noun : `${noun}s`}`;
