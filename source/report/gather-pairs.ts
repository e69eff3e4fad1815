import { chatRequestOf } from '../traffic/chat-request.ts';
import { ruleText } from '../comparison/settling-rules.ts';
import { sides, type Outcome, type Verdict } from '../comparison/outcome.ts';
import type { Answer } from '../models/answer.ts';
import { diffAnswers } from '../review/screen/answer-diff.ts';
import { messageText } from '../review/view/message-text.ts';
import { firstCaptures, judgedCaptures } from '../store/comparisons/first-pairs.ts';
import { loadPair, type Pair } from '../store/comparisons/pairs.ts';
import { fillScope, type PairScope } from '../store/comparisons/pair-scope.ts';
import {
  listPairTraits,
  type ListedPair,
  type TraitCost,
} from '../store/comparisons/pair-traits.ts';
import type { Store } from '../store/open.ts';
import { listResolved } from '../store/verdicts.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { commonVerdict } from '../summary/reviewers.ts';
import { objectsIn } from '../text/json.ts';
import { byWeight, outcomeOrder, type ReportedPair } from './report-contents.ts';

/** The most pairs in a report, and the most characters of each text. */
const most = { pairs: 200, characters: 20_000 } as const;

/**
 * Returns the pairs that a report shows, and the number of all pairs. Pairs with bad news come first, then
 * the queue order decides. `reviewer`: whose verdicts count; null: everybody's. `ids`: only these
 * captures; null: all. `counts`: those of the summary of the same pairs.
 */
export const gatherPairs = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly reviewer: string | null;
    readonly cost: TraitCost;
    readonly ids: readonly string[] | null;
    readonly counts: Summary['counts'];
  },
): Promise<{ readonly pairs: readonly ReportedPair[]; readonly allPairs: number }> => {
  const { counts, ids } = options;
  if (ids !== null) await fillScope(store, ids);
  const scope: PairScope = ids === null ? 'all' : 'offered';
  const candidates = new Map(
    (await judgedCaptures(store, comparisonId, scope)).map((one) => [one.captureId, one]),
  );
  const judged = candidates.size;
  // The judged pairs come first. Of the others, which may be a million, no more is read than is shown.
  for (const outcome of outcomeOrder) {
    if (candidates.size >= judged + most.pairs) break;
    if (!mayHave(counts, outcome)) continue;
    const limit = most.pairs + judged;
    for (const one of await firstCaptures(store, comparisonId, { outcome, limit, scope })) {
      candidates.set(one.captureId, one);
    }
  }
  const captureIds = [...candidates.values()]
    .toSorted((a, b) => (a.position < b.position ? -1 : 1))
    .map(({ captureId }) => captureId);
  const resolved =
    options.reviewer === null
      ? await listResolved(store, comparisonId)
      : new Map<string, Verdict>();
  const ranked = (await listPairTraits(store, comparisonId, { ...options, captureIds }))
    .map((pair) => ({
      pair,
      outcome: pair.outcome,
      verdict: commonVerdict(votesOf(pair), resolved.get(pair.captureId) ?? null),
    }))
    .toSorted(byWeight);
  const pairs: ReportedPair[] = [];
  for (const { pair, verdict } of ranked.slice(0, most.pairs)) {
    pairs.push(reported(pair, verdict, await loadPair(store, comparisonId, pair.captureId)));
  }
  return { pairs, allPairs: counts.replayable };
};

/** Whether there can be pairs with an outcome. Without one are those that a side has not answered yet. */
const mayHave = (counts: Summary['counts'], outcome: Outcome | null): boolean => {
  switch (outcome) {
    case 'failed':
      return counts.failed > 0;
    case 'different':
      return counts.different > 0;
    case 'equivalent':
      return counts.equivalent + counts.settledByRule > 0;
    case 'identical':
      return counts.identical > 0;
    case null:
      return counts.notSent + counts.notCompared > 0;
  }
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
