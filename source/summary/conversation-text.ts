import { count, unknown } from '../text/numbers.ts';
import type { EffectiveNumber } from './conversations.ts';
import type { Figures } from './figures.ts';

/** What the turns of conversations change about the numbers, in sentences; empty without conversations. */
export const conversationTexts = ({
  conversations,
}: Pick<Figures, 'conversations'>): readonly string[] => {
  if (conversations === null) return [];
  const { drawn, judged, pairs, turns } = conversations;
  const effects = [
    ...(judged.n === 0 ? [] : [countsAs(judged, 'verdicts')]),
    ...(drawn.n === 0 ? [] : [`${countsAs(drawn, 'requests')} for production`]),
  ];
  return [
    `Conversations: ${count(turns)} of ${count(pairs)} pairs are turns of ${count(conversations.conversations)}. Every turn was answered and is judged given the recorded past: its request has the earlier answers of production, not those of the candidate.`,
    ...(effects.length === 0
      ? []
      : [
          `Turns of a conversation resemble each other, so for the intervals ${effects.join(' and ')}. The interval of these requests stays, because their random order is turn by turn.`,
        ]),
  ];
};

/** `60 verdicts count as 41.2 independent ones (design effect 1.5)`. */
const countsAs = ({ designEffect, effective, n }: EffectiveNumber, noun: string): string =>
  `${count(n)} ${noun} count as ${effective === null ? unknown : effective.toFixed(1)} independent ones (design effect ${designEffect?.toFixed(1) ?? unknown})`;
