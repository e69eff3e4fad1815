import type { Verdict } from '../../comparison/outcome.ts';
import type { ReviewEnd } from '../../review/screen/controller.ts';
import type { AgreementChange } from '../../review/session/agreement-so-far.ts';
import { percentiles } from '../../statistics/percentile.ts';
import { wilson } from '../../statistics/wilson.ts';
import type { Summary } from '../../summary/gather-summary.ts';
import { bounds, rulesText, sentence } from '../../summary/sentence.ts';
import { count, duration, percent } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';

/** The number of endpoints in the text after a review: a terminal shows no more at once. */
const shownEndpoints = 10;

/** Returns a summary with the largest endpoints only, for the text after a review. */
export const withLargestEndpoints = (summary: Summary): Summary => ({
  ...summary,
  byEndpoint: summary.byEndpoint
    .toSorted((one, other) => other.counts.replayable - one.counts.replayable)
    .slice(0, shownEndpoints),
});

/**
 * Returns what a sitting did, as lines: the verdicts and their pace, how the agreement moved, what is
 * left and how to continue, and last the result. Of several candidates, the lines name theirs. `comeBack`:
 * the command that continues. `walk`: what the sitting went through. The verdicts of a walk over conflicts are
 * nobody's own, so they move no agreement.
 */
export const reviewClosing = (
  end: Omit<ReviewEnd, 'interrupted' | 'next'>,
  summaries: readonly Summary[],
  comeBack: string,
  walk: 'queue' | 'conflicts' = 'queue',
): string => {
  const [first] = summaries;
  const endpoints = first?.byEndpoint.length ?? 0;
  const named = (text: (summary: Summary) => string | null): readonly string[] =>
    summaries.flatMap((summary) => {
      const line = text(summary);
      if (line === null) return [];
      const name = printableLine(summary.comparison.candidate);
      return [summaries.length === 1 ? line : `${name}: ${line}`];
    });
  const left = named(walk === 'queue' ? leftText : conflictsText);
  return [
    ...(summaries.length === 1 && endpoints > shownEndpoints
      ? [
          `The ${shownEndpoints} largest endpoints are shown; understudy summary has all ${count(endpoints)}.`,
        ]
      : []),
    sittingText(end),
    ...(walk === 'queue'
      ? named((summary) => movedText(summary, end.agreement.get(summary.comparison.id)))
      : []),
    ...named(ruledText),
    ...controlTexts(end),
    ...(summaries.length === 1
      ? left.map((line) => `${line} To continue: ${comeBack}`)
      : [...left, ...(left.length === 0 ? [] : [`To continue: ${comeBack}`])]),
    ...named(sentence),
  ]
    .map((line) => `${line}\n`)
    .join('');
};

/**
 * `You gave 3 verdicts, 4.2 s per verdict (median): 2 agree, 1 worse.` Verdicts that were given to the
 * rest of a pattern took no time of their own.
 */
const sittingText = ({ given, refusedKeys }: Pick<ReviewEnd, 'refusedKeys' | 'given'>): string => {
  const { n, p50 } = percentiles(given.flatMap(({ tookMs }) => tookMs ?? []));
  const pace = n === 0 ? '' : `, ${duration(p50)} per verdict (median)`;
  const kinds = verdictOrder.flatMap((verdict) => {
    const own = given.filter((one) => one.verdict === verdict).length;
    return own === 0 ? [] : [`${count(own)} ${verdict.replaceAll('_', ' ')}`];
  });
  const byKind = kinds.length === 0 ? '' : `: ${kinds.join(', ')}`;
  const together = given.length - n;
  const pattern =
    together === 0
      ? ''
      : ` ${count(together)} of them ${together === 1 ? 'was' : 'were'} given to the rest of a pattern.`;
  const refused =
    refusedKeys === 0
      ? ''
      : ` ${count(refusedKeys)} ${refusedKeys === 1 ? 'key was' : 'keys were'} not taken, each for the reason on the screen.`;
  const all = `${count(given.length)} ${given.length === 1 ? 'verdict' : 'verdicts'}`;
  return `You gave ${all}${pace}${byKind}.${pattern}${refused}`;
};

const verdictOrder: readonly Verdict[] = ['agree', 'worse', 'better', 'both_bad'];

/**
 * `Your agreement: 70.0 % of 10 before, now 72.7 % (63.1–81.0) of 11.` Null if it did not move, and where
 * rates must be weighted.
 */
const movedText = ({ sample }: Summary, change: AgreementChange | undefined): string | null => {
  if (change === undefined || sample.weighting !== 'equal') return null;
  const { after, before } = change;
  if (after.judged === 0) return null;
  if (after.judged === before.judged && after.agree === before.agree) return null;
  const rate = wilson(after.agree, after.judged);
  const earlier =
    before.judged === 0
      ? ''
      : `${percent(before.agree / before.judged)} of ${count(before.judged)} before, now `;
  return `Your agreement: ${earlier}${percent(rate.rate)} (${bounds(rate)}) of ${count(after.judged)}.`;
};

/** `24 pairs are settled by rules of 2 authors.` Null if none is. */
const ruledText = ({ counts: { settledByRule }, rules }: Summary): string | null =>
  settledByRule === 0
    ? null
    : `${count(settledByRule)} ${settledByRule === 1 ? 'pair is' : 'pairs are'} settled by ${rulesText(rules)}.`;

/** `3 pairs came back: the same verdict on 3.` Nothing without control pairs. */
const controlTexts = ({
  controls: { noise, noiseAgreed, repeats, same },
}: Pick<ReviewEnd, 'controls'>): readonly string[] => {
  const parts = [
    repeats === 0
      ? ''
      : `${count(repeats)} ${repeats === 1 ? 'pair' : 'pairs'} came back: the same verdict on ${count(same)}.`,
    noise === 0
      ? ''
      : `${count(noise)} ${noise === 1 ? 'pair was' : 'pairs were'} two answers of the baseline: you agreed on ${count(noiseAgreed)}.`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [parts.join(' ')];
};

const leftText = ({ counts }: Summary): string | null => {
  const pairs = (number: number, one: string, more: string): readonly string[] =>
    number === 0 ? [] : [`${count(number)} ${number === 1 ? one : more}`];
  const left = [
    ...pairs(
      counts.replayable - counts.answered,
      'pair without both answers',
      'pairs without both answers',
    ),
    ...pairs(counts.notCompared, 'pair not yet compared', 'pairs not yet compared'),
    ...pairs(counts.unjudged, 'unjudged pair', 'unjudged pairs'),
  ];
  return left.length === 0 ? null : `Left: ${left.join(', ')}.`;
};

/** `Left: 8 conflicts.` Null without any. */
const conflictsText = ({ aheadVerdicts, verdicts }: Summary): string | null => {
  const conflicts = verdicts.conflict + aheadVerdicts.conflict;
  if (conflicts === 0) return null;
  return `Left: ${count(conflicts)} ${conflicts === 1 ? 'conflict' : 'conflicts'}.`;
};
