import type { Answer } from '../models/answer.ts';
import { Vocabulary } from './alignment/vocabulary.ts';

/** The number of characters compared, from the beginning of each answer. */
const sampledCharacters = 4000;

/**
 * Returns the likeness of two answers, from 0 to 1, rounded to hundredths: the share of characters in words
 * that both contain, in any order. It covers texts, refusals and tool calls.
 */
export const likeness = (baseline: Answer, candidate: Answer): number => {
  const vocabulary = new Vocabulary(Number.POSITIVE_INFINITY);
  const [one, other] = [baseline, candidate].map((answer) =>
    vocabulary.bagOfWords([wordsOf(answer).slice(0, sampledCharacters)]),
  );
  // A sample is never too long to split.
  if (!one || !other) return 0;
  return Math.round(vocabulary.similarity(one, other) * 100) / 100;
};

const wordsOf = ({ refusal, text, toolCalls }: Answer): string =>
  [text, refusal, ...toolCalls.flatMap((call) => [call.name, call.arguments])].join('\n');
