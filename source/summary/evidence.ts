import { sides, type Side } from '../comparison/outcome.ts';
import {
  lastVerdictAt,
  mergeAnswering,
  promptFacts,
  type AnsweringFact,
  type PromptFact,
} from '../store/comparisons/evidence-facts.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import type { BlockFacts } from '../store/comparisons/pair-blocks.ts';
import type { PairScope } from '../store/comparisons/pair-scope.ts';
import type { Store } from '../store/open.ts';
import { count } from '../text/numbers.ts';
import type { PriceAt } from './cost-figures.ts';

/** How old the answers and verdicts are, and what has changed since. Moments are ISO 8601 in UTC. */
export type Evidence = {
  /** Null if there is no answer. */
  readonly answeredAt: { readonly first: string | null; readonly last: string | null };
  /** Null if there is no verdict. */
  readonly judgedAt: { readonly last: string | null };
  /** Sentences, empty if nothing is known to have changed. They may have names from outside in them. */
  readonly notes: readonly string[];
};

const dayMs = 86_400_000;

/** After so many days, evidence is said to be old. */
const oldAfterDays = 30;

/** The most models that a sentence names. */
const namedModels = 3;

/** Reads how old the evidence is, and what has changed since. `at`: now. */
export const gatherEvidence = async (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly scope: PairScope;
    readonly known: Pick<BlockFacts, 'answering' | 'ends'>;
    readonly reviewer: string | null;
    readonly priceAt: PriceAt;
    readonly at: string;
  },
): Promise<Evidence> => {
  const { at, known, priceAt, reviewer, scope } = options;
  return evidenceOf({
    labels: comparison,
    answering: known.answering,
    judgedAt: await lastVerdictAt(store, { reviewer, scope }),
    prompts: await promptFacts(store, known.ends),
    priceAt,
    at,
  });
};

/** What evidence is judged by. */
type EvidenceFacts = {
  readonly labels: Readonly<Record<Side, string>>;
  readonly answering: readonly AnsweringFact[];
  readonly judgedAt: string | null;
  readonly prompts: readonly PromptFact[];
  readonly priceAt: PriceAt;
  /** Now. */
  readonly at: string;
};

/** Says how old evidence is, and what has changed since. */
export const evidenceOf = (facts: EvidenceFacts): Evidence => {
  const { answering, at, judgedAt, labels, priceAt, prompts } = facts;
  const first = answering.map((fact) => fact.first).reduce(earlier, null);
  const last = answering.map((fact) => fact.last).reduce(later, null);
  return {
    answeredAt: { first, last },
    judgedAt: { last: judgedAt },
    notes: [
      ...ageNote('answer', last, at),
      ...ageNote('verdict', judgedAt, at),
      ...sides.flatMap((side) => modelNote(side, labels[side], answering)),
      ...prompts.flatMap(promptNote),
      ...sides.flatMap((side) => priceNote(side, labels[side], { answering, at, priceAt })),
    ],
  };
};

const earlier = (a: string | null, b: string): string => (a === null || b < a ? b : a);
const later = (a: string | null, b: string): string => (a === null || b > a ? b : a);

/** The day of a time in ISO 8601. */
export const dayOf = (moment: string): string => moment.slice(0, 10);

const ageNote = (
  what: 'answer' | 'verdict',
  last: string | null,
  at: string,
): readonly string[] => {
  if (last === null) return [];
  const days = Math.floor((Date.parse(at) - Date.parse(last)) / dayMs);
  return days > oldAfterDays
    ? [`The last ${what} is of ${dayOf(last)}, ${count(days)} days ago.`]
    : [];
};

/**
 * Says that the answers of one name come from several models within the traffic of an endpoint: from one after the
 * other, which is a change, or from both in the same time. Endpoints that each have their own model say nothing,
 * and neither does production, whose models may change.
 */
const modelNote = (
  side: Side,
  label: string,
  answering: readonly AnsweringFact[],
): readonly string[] => {
  if (label === 'recorded') return [];
  const named = answering.filter((fact) => fact.side === side && fact.model !== null);
  const endpoints = [...Map.groupBy(named, ({ endpoint }) => endpoint).values()];
  const changed = endpoints.filter(hasChange);
  const several = changed.length > 0 ? changed : endpoints.filter((own) => own.length > 1);
  if (several.length === 0) return [];
  const models = spansOf(several.flat());
  const texts = models
    .slice(0, namedModels)
    .map(
      ({ answers, first, last, model }) => `${model} (${count(answers)}, ${period(first, last)})`,
    );
  const more = models.length - texts.length;
  const what =
    changed.length > 0
      ? `The model behind the ${side}'s name changed`
      : `Several models are behind the ${side}'s name at the same time`;
  return [
    `${what}: ${label} answered as ${texts.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}.`,
  ];
};

/** Whether one of an endpoint's models answered only after another one had answered for the last time. */
const hasChange = (models: readonly AnsweringFact[]): boolean => {
  const firstEnd = models.map(({ last }) => last).reduce(earlier, null);
  return firstEnd !== null && models.some(({ first }) => first > firstEnd);
};

/** Adds up the answers of each model, whatever their endpoints; by the first moment. */
const spansOf = (
  facts: readonly AnsweringFact[],
): readonly Pick<AnsweringFact, 'answers' | 'first' | 'last' | 'model'>[] =>
  mergeAnswering(facts.map((fact) => ({ ...fact, endpoint: '' })));

/** `2026-11-01`, or `2026-11-01 to 2026-11-03`. */
export const period = (first: string, last: string): string =>
  dayOf(first) === dayOf(last) ? dayOf(first) : `${dayOf(first)} to ${dayOf(last)}`;

/**
 * Says that a system prompt changed, if most of an endpoint's first captures have the same one and most of its
 * last ones another. Prompts that differ with every request say nothing.
 */
const promptNote = ({ endpoint, first, last }: PromptFact): readonly string[] => {
  const [before, after] = [mostCommon(first), mostCommon(last)];
  if (before === undefined || after === undefined || before === after) return [];
  const from = dayOf(first[0]?.at ?? '');
  const to = dayOf(last.at(-1)?.at ?? '');
  const when =
    from === to
      ? `the first of ${from} have another one than the last of that day`
      : `those of ${from} have another one than those of ${to}`;
  return [`The system prompt of ${endpoint} changed within the captures: ${when}.`];
};

/** The prompt of more than half of the captures; undefined if none is. */
const mostCommon = (prompts: PromptFact['first']): string | undefined =>
  [...Map.groupBy(prompts, ({ prompt }) => prompt)].find(
    ([, own]) => own.length * 2 > prompts.length,
  )?.[0];

/**
 * Says that the price of a side changed since its last answer. Prices that depend on the hour are compared at the
 * hour of that answer.
 */
const priceNote = (
  side: Side,
  label: string,
  { answering, at, priceAt }: Pick<EvidenceFacts, 'answering' | 'at' | 'priceAt'>,
): readonly string[] => {
  const last = answering
    .filter((fact) => fact.side === side)
    .map((fact) => fact.last)
    .reduce(later, null);
  if (last === null || label === 'recorded') return [];
  const then = priceAt(side, { at: last, model: null });
  const now = priceAt(side, { at: `${dayOf(at)}${last.slice(10)}`, model: null });
  if (then === null || now === null) return [];
  if (then.input !== now.input || then.output !== now.output) {
    return [
      `The price of the ${side} changed since its last answer (${dayOf(last)}): from $${then.input} in and $${then.output} out per million tokens to $${now.input} and $${now.output}. The cost is that of the calls.`,
    ];
  }
  return now.varies !== true && now.date.length >= 10 && now.date > dayOf(last)
    ? [
        `The price of the ${side} is of ${now.date}, after its last answer (${dayOf(last)}): what was paid may differ.`,
      ]
    : [];
};
