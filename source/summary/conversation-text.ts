import type { RateInterval } from '../statistics/wilson.ts';
import { count, percent, unknown } from '../text/numbers.ts';
import type { EffectiveNumber, FirstDivergence } from './conversations.ts';
import type { Summary } from './gather-summary.ts';
import { bounds } from './sentence.ts';

/** How far both sides call the same tools; empty if neither calls any. */
export const callTexts = ({ toolCalls }: Pick<Summary, 'toolCalls'>): readonly string[] => {
  if (toolCalls === null) return [];
  const { arguments: given, names, order } = toolCalls;
  const share = (rate: RateInterval): string => `${percent(rate.rate)} (${bounds(rate)})`;
  return [
    `Tool calls: of ${count(names.n)} ${names.n === 1 ? 'pair' : 'pairs'} in which a side calls tools, both call the same ones on ${share(names)}, with the same arguments on ${share(given)}, and in the same order on ${share(order)}.`,
  ];
};

/** What the turns of conversations change about the numbers, in sentences; empty without conversations. */
export const conversationTexts = ({
  conversations,
  firstDivergence,
  productionRates,
}: Pick<Summary, 'conversations' | 'firstDivergence' | 'productionRates'>): readonly string[] => {
  if (conversations === null) return [];
  const { drawn, judged, pairs, turns } = conversations;
  const effects = [
    ...(judged.n === 0 ? [] : [countsAs(judged, 'verdicts')]),
    ...(productionRates.noWorse.rate === null
      ? []
      : [`${countsAs(drawn, 'requests')} for production`]),
  ];
  return [
    `Conversations: ${count(turns)} of ${count(pairs)} pairs are turns of ${count(conversations.conversations)}. Every turn is asked and judged given the recorded past: its request has the earlier answers of production, not those of the candidate.`,
    ...(effects.length === 0
      ? []
      : [
          `Turns of a conversation resemble each other, so for the intervals of no worse ${effects.join(' and ')}. The interval of these requests stays, because their random order is turn by turn.`,
        ]),
    ...divergenceTexts(firstDivergence),
  ];
};

/** `First divergence: of 10 conversations with several turns, 5 in turn 1 and 5 in turn 2.` */
const divergenceTexts = (found: FirstDivergence | null): readonly string[] => {
  if (found === null || found.conversations === 0) return [];
  const { conversations: all, later, none, turns, unknown: open } = found;
  const parts = [
    ...turns.map(({ conversations, turn }) => `${count(conversations)} in turn ${turn}`),
    ...(later === 0 ? [] : [`${count(later)} later`]),
    ...(none === 0 ? [] : [`${count(none)} in none`]),
    ...(open === 0 ? [] : [`${count(open)} not known yet`]),
  ];
  return [
    `First difference that the machine finds: of ${count(all)} conversations with several turns, ${parts.join(', ')}.`,
  ];
};

/** `60 verdicts count as 41.2 independent ones (design effect 1.5)`. */
const countsAs = ({ designEffect, effective, n }: EffectiveNumber, noun: string): string =>
  `${count(n)} ${noun} count as ${effectiveText(effective)} independent ones (design effect ${designEffect?.toFixed(1) ?? unknown})`;

const effectiveText = (effective: number | null): string => {
  if (effective === null) return unknown;
  return effective < 100 ? effective.toFixed(1) : count(Math.round(effective));
};
