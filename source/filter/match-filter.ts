import type { Outcome, Side, Verdict } from '../comparison/outcome.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { Filter, LabelName, NumberName, NumberOperator } from './filter.ts';

/** The numbers of one answer, in the units of the filter language; null where unknown. */
export type SideNumbers = Readonly<Record<NumberName, number | null>>;

/** The facts about a pair besides its texts. */
export type PairTraits = {
  readonly captureId: string;
  readonly endpoint: string;
  readonly outcome: Outcome | null;
  /** Who settled the pair, so that it needs no person; null if it does, failed or is not compared. */
  readonly settledBy: 'machine' | 'rule' | null;
  /** The rules that settle the pair: their words and authors. */
  readonly rules: readonly string[];
  /** The kind of difference in a phrase; null while unknown. */
  readonly reason: string | null;
  /** The paths that differ, without indexes into arrays. */
  readonly fields: readonly string[];
  /** The verdicts in force of the reviewers that count. */
  readonly verdicts: readonly { readonly reviewer: string; readonly verdict: Verdict }[];
  readonly skipped: boolean;
  readonly tags: readonly string[];
  readonly comments: readonly string[];
  readonly models: Readonly<Record<Side, string | null>>;
  /** How the requests of its answers reached the models, the one that lost most; null without an answer. */
  readonly path: RequestPath | null;
  readonly numbers: Readonly<Record<Side, SideNumbers>>;
};

/** The context of a filter besides the pair. */
export type FilterContext = {
  /** The reviewer who is `me`; null: nobody. */
  readonly me: string | null;
  /** Returns whether the request or an answer of a pair contains a text. */
  readonly hasText: (captureId: string, text: string) => boolean;
  /** Returns whether the hash of a pair's conversation begins with a text. */
  readonly isOfConversation: (captureId: string, start: string) => boolean;
};

/**
 * Returns whether a filter holds for a pair. A number that is unknown fulfils no comparison, so `!cost>1`
 * holds for it.
 */
export const matchesFilter = (
  filter: Filter,
  traits: PairTraits,
  context: FilterContext,
): boolean => {
  switch (filter.kind) {
    case 'all':
      return filter.parts.every((part) => matchesFilter(part, traits, context));
    case 'any':
      return filter.parts.some((part) => matchesFilter(part, traits, context));
    case 'not':
      return !matchesFilter(filter.part, traits, context);
    case 'text':
      return context.hasText(traits.captureId, filter.text);
    case 'number': {
      const known = traits.numbers[filter.side][filter.name];
      return known !== null && holds(known, filter.operator, filter.value);
    }
    case 'label':
      return hasLabel(filter, traits, context);
  }
};

/** What a list of pairs in memory tells of one. `isMarked`: reviewers that count may have done something. */
export type KnownTraits = Pick<PairTraits, 'captureId' | 'endpoint' | 'outcome' | 'settledBy'> & {
  readonly isMarked: boolean;
};

/** Returns whether a filter holds for a pair; null where that depends on what is not known of it. */
export const holdsForKnown = (filter: Filter, known: KnownTraits): boolean | null => {
  switch (filter.kind) {
    case 'all':
    case 'any': {
      const decisive = filter.kind === 'any';
      const parts = new Set(filter.parts.map((part) => holdsForKnown(part, known)));
      if (parts.has(decisive)) return decisive;
      return parts.has(null) ? null : !decisive;
    }
    case 'not': {
      const part = holdsForKnown(filter.part, known);
      return part === null ? null : !part;
    }
    case 'label':
      return isKnown(filter.name, known)
        ? hasLabel(filter, { ...unmarked, ...known }, { me: null, isOfConversation: () => false })
        : null;
    case 'text':
    case 'number':
      return null;
  }
};

const unmarked = {
  rules: [],
  reason: null,
  fields: [],
  verdicts: [],
  skipped: false,
  tags: [],
  comments: [],
  models: { baseline: null, candidate: null },
  path: null,
} as const;

const isKnown = (name: LabelName, { isMarked, settledBy }: KnownTraits): boolean => {
  switch (name) {
    case 'endpoint':
    case 'id':
    case 'outcome':
    case 'settled':
      return true;
    case 'verdict':
    case 'tag':
    case 'reviewer':
    case 'comment':
      return !isMarked;
    case 'rule':
      return settledBy !== 'rule';
    case 'field':
    case 'reason':
    case 'model':
    case 'path':
    case 'conversation':
      return false;
  }
};

const holds = (known: number, operator: NumberOperator, value: number): boolean => {
  switch (operator) {
    case '>':
      return known > value;
    case '>=':
      return known >= value;
    case '<':
      return known < value;
    case '<=':
      return known <= value;
    case '=':
      return known === value;
  }
};

const hasLabel = (
  { name, value }: Extract<Filter, { kind: 'label' }>,
  traits: Omit<PairTraits, 'numbers'>,
  { isOfConversation, me }: Pick<FilterContext, 'isOfConversation' | 'me'>,
): boolean => {
  const contains = (label: string | null): boolean =>
    label !== null && label.toLowerCase().includes(value.toLowerCase());
  switch (name) {
    case 'endpoint':
      return contains(traits.endpoint);
    case 'id':
      return contains(traits.captureId);
    case 'conversation':
      return isOfConversation(traits.captureId, value);
    case 'reason':
      return contains(traits.reason);
    case 'outcome':
      return (traits.outcome ?? 'none') === value;
    case 'settled':
      return (traits.settledBy ?? 'none') === value;
    case 'verdict':
      if (value === 'none') return traits.verdicts.length === 0;
      if (value === 'skip') return traits.verdicts.length === 0 && traits.skipped;
      return traits.verdicts.some(({ verdict }) => verdict === value);
    case 'reviewer':
      return value === 'me'
        ? traits.verdicts.some(({ reviewer }) => reviewer === me)
        : traits.verdicts.some(({ reviewer }) => contains(reviewer));
    case 'tag':
      return traits.tags.some(contains);
    case 'comment':
      return traits.comments.some(contains);
    case 'rule':
      return traits.rules.some(contains);
    case 'path':
      return traits.path === value;
    case 'field':
      return traits.fields.some(contains);
    case 'model':
      return contains(traits.models.baseline) || contains(traits.models.candidate);
  }
};
