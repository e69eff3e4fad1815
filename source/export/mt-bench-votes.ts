import type { VerdictRow } from '../intake/verdict-row.ts';
import { stringOrEmpty, type JsonObject } from '../text/json.ts';
import { jsonArray } from './export-format.ts';
import type { ExportedPair } from './exported-pair.ts';
import { messagesOf, sideWords, wholeText } from './pair-texts.ts';

/**
 * Votes as FastChat's MT-bench keeps those of people, one JSON array with an element for each verdict.
 * `model_a` is the baseline. FastChat counts a judge as a person if the name begins with `expert`.
 */
export const mtBenchVotes = jsonArray((pair) => {
  const votes = pair.verdicts.filter(({ verdict }) => verdict !== null);
  if (votes.length === 0) return { leftOut: 'no verdict' };
  return votes.map((vote) => voteRecord(pair, vote));
});

const winners = {
  agree: 'tie',
  worse: 'model_a',
  better: 'model_b',
  both_bad: 'tie (bothbad)',
} as const;

const voteRecord = (pair: ExportedPair, { reviewer, time, verdict }: VerdictRow): object => {
  const asked = messagesOf(pair);
  const turns = asked.filter(({ role }) => role === 'user').length;
  const conversation = (answer: string): readonly object[] => [
    ...asked.map(plainMessage),
    { role: 'assistant', content: answer },
  ];
  return {
    question_id: pair.capture,
    model_a: pair.comparison.baseline,
    model_b: pair.comparison.candidate,
    winner: verdict === null ? null : winners[verdict],
    judge: `expert_${reviewer}`,
    conversation_a: conversation(sideWords(pair.baseline)),
    conversation_b: conversation(sideWords(pair.candidate)),
    // MT-bench knows a first and a second turn.
    turn: Math.min(2, Math.max(1, turns)),
    tstamp: time === null ? null : Date.parse(time) / 1000,
  };
};

const plainMessage = (message: JsonObject): object => ({
  role: stringOrEmpty(message['role']),
  content: wholeText(message),
});
