import { chatRequestOf } from '../traffic/chat-request.ts';
import { ruleText } from '../comparison/settling-rules.ts';
import { sides, type Verdict } from '../comparison/outcome.ts';
import type { Answer } from '../models/answer.ts';
import { diffAnswers } from '../review/screen/answer-diff.ts';
import { messageText } from '../review/view/message-text.ts';
import { loadPair, type Pair } from '../store/comparisons/pairs.ts';
import {
  listPairTraits,
  type ListedPair,
  type TraitCost,
} from '../store/comparisons/pair-traits.ts';
import type { Store } from '../store/open.ts';
import { listResolved } from '../store/verdicts.ts';
import { commonVerdict } from '../summary/reviewers.ts';
import { objectsIn } from '../text/json.ts';
import { byWeight, type ReportedPair } from './report-contents.ts';

/** The most pairs in a report, and the most characters of each text. */
const most = { pairs: 200, characters: 20_000 } as const;

/**
 * Returns the pairs that a report shows, and the number of all pairs. Pairs with bad news come first, then
 * the queue order decides. `reviewer`: whose verdicts count; null: everybody's. `ids`: only these
 * captures; null: all.
 */
export const gatherPairs = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly reviewer: string | null;
    readonly cost: TraitCost;
    readonly ids: ReadonlySet<string> | null;
  },
): Promise<{ readonly pairs: readonly ReportedPair[]; readonly allPairs: number }> => {
  const { ids } = options;
  const listed = await listPairTraits(store, comparisonId, options);
  const resolved =
    options.reviewer === null
      ? await listResolved(store, comparisonId)
      : new Map<string, Verdict>();
  const wanted = listed
    .filter(({ captureId }) => ids === null || ids.has(captureId))
    .map((pair) => ({
      pair,
      outcome: pair.outcome,
      verdict: commonVerdict(votesOf(pair), resolved.get(pair.captureId) ?? null),
    }))
    .toSorted(byWeight);
  const pairs: ReportedPair[] = [];
  for (const { pair, verdict } of wanted.slice(0, most.pairs)) {
    pairs.push(reported(pair, verdict, await loadPair(store, comparisonId, pair.captureId)));
  }
  return { pairs, allPairs: wanted.length };
};

const votesOf = ({ verdicts }: ListedPair): Readonly<Record<Verdict, number>> => {
  const votes = { agree: 0, worse: 0, better: 0, both_bad: 0 };
  for (const { verdict } of verdicts) votes[verdict] += 1;
  return votes;
};

const reported = (
  listed: ListedPair,
  verdict: ReportedPair['verdict'],
  pair: Pair,
): ReportedPair => {
  const [baseline, candidate] = sides.map((side) => answerOf(pair, side));
  const request = chatRequestOf(pair.capture);
  const diff =
    baseline === undefined || candidate === undefined
      ? null
      : diffAnswers(baseline, candidate, {
          comparison: pair.comparison,
          request,
          rules: pair.rules,
        });
  return {
    captureId: listed.captureId,
    endpoint: listed.endpoint,
    outcome: listed.outcome,
    verdict,
    verdicts: listed.verdicts.map((one) => `${one.reviewer}: ${one.verdict.replace('_', ' ')}`),
    tags: listed.tags,
    comments: listed.comments,
    difference: [
      ...sides.flatMap((side) => failureOf(pair, side)),
      ...(listed.settledBy === 'rule'
        ? (diff?.settledBy ?? []).map((rule) => `by rule: ${ruleText(rule)} (${rule.author})`)
        : []),
      ...(diff?.headline ?? []).map(({ text }) => text),
    ].join(' · '),
    question: cut(questionOf(pair)),
    alignment: diff?.alignment ?? null,
  };
};

/** An answer with its text shortened; an empty one if the side has no answer. */
const answerOf = (pair: Pair, side: (typeof sides)[number]): Answer => {
  const record = pair.sides[side];
  const answer =
    record.kind === 'answered' ? record.answer : record.kind === 'failed' ? record.partial : null;
  return answer === null ? emptyAnswer : { ...answer, text: cut(answer.text || answer.refusal) };
};

const emptyAnswer: Answer = {
  id: null,
  text: '',
  refusal: '',
  reasoning: '',
  toolCalls: [],
  finishReason: null,
  usage: null,
  model: null,
  otherChoices: [],
  logprobs: null,
  cost: null,
};

const failureOf = (pair: Pair, side: (typeof sides)[number]): readonly string[] => {
  const record = pair.sides[side];
  return record.kind === 'failed' ? [`${side} failed: ${record.failure.reason}`] : [];
};

const questionOf = ({ capture }: Pair): string => {
  const messages = objectsIn(chatRequestOf(capture)['messages']);
  const asked = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
  return asked === undefined ? '' : messageText(asked['content']);
};

const cut = (text: string): string =>
  text.length <= most.characters ? text : `${text.slice(0, most.characters)} … (cut)`;
