import type { Answer } from '../models/answer.ts';
import { Vocabulary } from './alignment/vocabulary.ts';

/** The characters of each answer that are looked at: the first ones stand for the rest. */
const sampledCharacters = 4000;

/**
 * Returns a likeness from 0 to 1, rounded to hundredths: the share of characters in words that both
 * answers contain, in their texts, refusals and tool calls, whatever the order of the words.
 */
export const likeness = (baseline: Answer, candidate: Answer): number => {
  const vocabulary = new Vocabulary(Number.POSITIVE_INFINITY);
  const [one, other] = [baseline, candidate].map((answer) =>
    vocabulary.bagOfWords([wordsOf(answer).slice(0, sampledCharacters)]),
  );
  // A sample is never too long to be split.
  if (!one || !other) return 0;
  return Math.round(vocabulary.similarity(one, other) * 100) / 100;
};

const wordsOf = ({ refusal, text, toolCalls }: Answer): string =>
  [text, refusal, ...toolCalls.flatMap((call) => [call.name, call.arguments])].join('\n');
