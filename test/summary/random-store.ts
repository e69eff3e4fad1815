import { array, boolean, constantFrom, integer, option, record, type Arbitrary } from 'fast-check';
import { compareAnswers, comparisonRules } from '../../source/comparison/compare-answers.ts';
import { sides, type Side, type Verdict } from '../../source/comparison/outcome.ts';
import type { Answer } from '../../source/models/answer.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import {
  openComparison,
  type ComparisonRecord,
} from '../../source/store/comparisons/comparisons.ts';
import { addRules, takeBackRules } from '../../source/store/comparisons/stored-rules.ts';
import { timeOrderedId } from '../../source/text/time-ordered-id.ts';
import type { Store } from '../../source/store/open.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import { saveNotSent } from '../../source/store/not-sent.ts';
import { saveOutcome } from '../../source/store/comparisons/outcomes.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { appendEvent, type Control } from '../../source/store/verdicts.ts';

const earliest = '2026-11-24T00:00:00.000Z';

type SidePlan = 'answered' | 'answered late' | 'failed' | 'retrying' | 'not sent' | 'untouched';
type EventPlan = Verdict | 'skip' | 'undo' | 'tag';

/** A verdict on a control pair of the first reviewer, and whether it was taken back. */
type ControlPlan = {
  readonly kind: Control['kind'];
  readonly verdict: Verdict;
  readonly undone: boolean;
};

type Resolution = { readonly verdict: Verdict; readonly undone: boolean };

/** What happened to one pair. */
export type PairPlan = {
  readonly endpoint: string;
  readonly baseline: SidePlan;
  readonly candidate: SidePlan;
  readonly answers: 'identical' | 'equivalent' | 'different' | 'broken';
  /** The process was killed after both answers and before their comparison. */
  readonly compared: boolean;
  readonly events: readonly EventPlan[];
  /** What a second and a third reviewer did. */
  readonly others?: readonly (readonly EventPlan[])[];
  /** The verdict that somebody gave to resolve a conflict, and perhaps took back. */
  readonly resolved?: Resolution | null;
  /** Whether its verdicts were given ahead of the random order. */
  readonly ahead?: boolean;
  /** What the first reviewer said of the pair as a control pair. */
  readonly controls?: readonly ControlPlan[];
};

/** A rule about the field in which pairs differ, or about another one. */
export type RulePlan = {
  readonly endpoint: PairPlan['endpoint'] | null;
  readonly path: 'a' | 'b';
  readonly takenBack: boolean;
};

export type StorePlan = {
  readonly pairs: readonly PairPlan[];
  readonly rejected: number;
  readonly rules?: readonly RulePlan[];
};

const side: Arbitrary<SidePlan> = constantFrom(
  'answered',
  'answered',
  'answered',
  'answered late',
  'failed',
  'retrying',
  'not sent',
  'untouched',
);

const events = array(
  constantFrom<EventPlan>('agree', 'worse', 'better', 'both_bad', 'skip', 'undo', 'tag'),
  { maxLength: 4 },
);

const resolutions: Arbitrary<Resolution | null> = option(
  record({
    verdict: constantFrom<Verdict>('agree', 'worse', 'better', 'both_bad'),
    undone: boolean(),
  }),
);

/** Any state of a comparison. */
export const storePlans: Arbitrary<StorePlan> = record({
  rejected: integer({ min: 0, max: 3 }),
  rules: array(
    record({
      endpoint: constantFrom('a' as const, 'b' as const, 'c' as const, null),
      path: constantFrom('a' as const, 'a' as const, 'b' as const),
      takenBack: boolean(),
    }),
    { maxLength: 2 },
  ),
  pairs: array(
    record({
      endpoint: constantFrom('a' as const, 'b' as const, 'c' as const),
      baseline: side,
      candidate: side,
      answers: constantFrom(
        'identical' as const,
        'equivalent' as const,
        'different' as const,
        'different' as const,
        'broken' as const,
      ),
      compared: constantFrom(true, true, true, false),
      events,
      others: array(events, { maxLength: 2 }),
      resolved: resolutions,
      ahead: boolean(),
      controls: array(
        record({
          kind: constantFrom('noise' as const, 'repeat' as const),
          verdict: constantFrom<Verdict>('agree', 'worse', 'better', 'both_bad'),
          undone: boolean(),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 12 },
  ),
});

const answer = (text: string): Answer => ({
  text,
  refusal: '',
  id: null,
  reasoning: '',
  otherChoices: [],
  logprobs: null,
  cost: null,
  toolCalls: [],
  finishReason: 'stop',
  usage: { input: 10, output: 2, cachedInput: null, reasoning: null },
  model: null,
});

const candidateTexts = {
  identical: '{"a":1}',
  equivalent: '{ "a": 1 }',
  different: '{"a":2}',
  broken: '{"a":',
};
const timings = { queueMs: 0, connectMs: null, timeToFirstTokenMs: 10, totalMs: 20 };

const reviewers = ['ann', 'bo', 'cy'];

/** What tells a store from those of other machines. */
export type Machine = {
  /** When everything happened. */
  readonly at: string;
  /** The first byte of the ids of its events. */
  readonly mark: number;
  /** Requests that the other machines have under the same id and with another text. */
  readonly ownRequests: number;
};

/** Fills a store according to a plan, through the program's own functions. */
export const buildStore = async (
  store: Store,
  plan: StorePlan,
  { at, mark, ownRequests }: Machine = { at: earliest, mark: 0, ownRequests: 0 },
): Promise<ComparisonRecord> => {
  const models = { baseline: 'openai/one', candidate: 'openai/two' };
  const comparison = await openComparison(store, { name: null, ...models, at });
  const comparisonId = comparison.id;
  await addRecords(
    store,
    Array.from({ length: plan.rejected }, (_, index) => ({
      kind: 'rejected' as const,
      id: `rejected-${index}`,
      line: index + 1,
      reason: index === 0 ? 'no messages' : 'no JSON',
    })),
    { source: 'test', comparisonId, at },
  );
  let lastEvent: string | null = null;
  for (const [index, pair] of plan.pairs.entries()) {
    const captureId = `capture-${index}`;
    const request = {
      messages: [
        { role: 'user', content: index < ownRequests ? `${captureId} at ${at}` : captureId },
      ],
      response_format: { type: 'json_object' },
    };
    const capture = {
      id: captureId,
      endpoint: pair.endpoint,
      timestamp: null,
      dialect: 'chat' as const,
      model: null,
      request,
      recorded: [],
      metadata: null,
      partial: [],
    };
    await addRecords(store, [{ kind: 'capture', capture }], { source: 'test', comparisonId, at });
    const answers = {
      baseline: answer(pair.answers === 'broken' ? candidateTexts.broken : '{"a":1}'),
      candidate: answer(candidateTexts[pair.answers]),
    };
    for (const one of sides) {
      await buildSide(store, { comparisonId, captureId, side: one, at }, pair[one], answers[one]);
    }
    if (pair.compared && isAnswered(pair)) {
      const found = compareAnswers(request, answers.baseline, answers.candidate);
      const outcome = { comparisonId, captureId, rules: comparisonRules, comparison: found };
      await saveOutcome(store, outcome);
    }
    const { ahead = false } = pair;
    const next = (): string => (lastEvent = timeOrderedId(lastEvent, mark, new Uint8Array(10)));
    if (pair.resolved !== undefined && pair.resolved !== null) {
      const key = { comparisonId, captureId, reviewer: 'ann', at, resolves: true } as const;
      const { undone, verdict } = pair.resolved;
      const id = next();
      await appendEvent(store, { ...key, id, kind: 'verdict', verdict });
      if (undone) await appendEvent(store, { ...key, id: next(), kind: 'undo', undoes: id });
    }
    let firstVerdict: string | null = null;
    for (const [number, own] of [pair.events, ...(pair.others ?? [])].entries()) {
      const done: string[] = [];
      const reviewer = reviewers[number] ?? 'ann';
      for (const event of own) {
        const id: string = timeOrderedId(lastEvent, mark, new Uint8Array(10));
        lastEvent = id;
        const key = { id, comparisonId, captureId, reviewer, at };
        if (event === 'undo') {
          const undoes = done.pop();
          if (undoes !== undefined) await appendEvent(store, { ...key, kind: 'undo', undoes });
          continue;
        }
        done.push(id);
        if (event === 'skip') await appendEvent(store, { ...key, kind: 'skip' });
        else if (event === 'tag') await appendEvent(store, { ...key, kind: 'tag', tag: 'tone' });
        else {
          await appendEvent(store, { ...key, kind: 'verdict', verdict: event, ahead });
          if (number === 0) firstVerdict ??= id;
        }
      }
    }
    for (const { kind, undone, verdict } of pair.controls ?? []) {
      if (kind === 'repeat' && firstVerdict === null) continue;
      const control: Control = kind === 'noise' ? { kind } : { kind, repeats: firstVerdict ?? '' };
      const key = { comparisonId, captureId, reviewer: 'ann', at, control };
      const id = next();
      await appendEvent(store, { ...key, id, kind: 'verdict', verdict, left: 'candidate' });
      if (undone) await appendEvent(store, { ...key, id: next(), kind: 'undo', undoes: id });
    }
  }
  for (const { endpoint, path, takenBack } of plan.rules ?? []) {
    const id: string = timeOrderedId(lastEvent, mark, new Uint8Array(10));
    lastEvent = id;
    const what = { endpoint, path, ignore: 'everything', tolerance: null } as const;
    await addRules(store, comparisonId, [{ id, ...what, author: 'ann', madeBy: 'reviewer', at }]);
    if (takenBack) await takeBackRules(store, comparisonId, [id], { at, reviewer: 'bo' });
  }
  return comparison;
};

export const isAnswered = (pair: PairPlan): boolean =>
  sides.every((one) => pair[one] === 'answered' || pair[one] === 'answered late');

export const isFailed = (pair: PairPlan): boolean => sides.some((one) => pair[one] === 'failed');

const buildSide = async (
  store: Store,
  {
    at,
    ...key
  }: {
    readonly comparisonId: string;
    readonly captureId: string;
    readonly side: Side;
    readonly at: string;
  },
  plan: SidePlan,
  given: Answer,
): Promise<void> => {
  if (plan === 'not sent') {
    await saveNotSent(store, { ...key, sample: 0, reason: 'budget reached', at });
  }
  if (plan === 'failed' || plan === 'retrying' || plan === 'answered late') {
    await saveAttempt(store, {
      ...key,
      failure: {
        reason: 'timeout',
        message: 'late',
        status: null,
        retryAfterMs: null,
        parameter: null,
      },
      partial: null,
      timings,
      providerRequestId: null,
      // An earlier run gave up, a later one got an answer.
      final: plan !== 'retrying',
      at,
    });
  }
  if (plan === 'answered' || plan === 'answered late') {
    const response = { ...key, answer: given, timings, adaptations: [], recorded: false };
    await saveResponse(store, { ...response, providerRequestId: null, at });
  }
};
