import type { Side } from '../../comparison/outcome.ts';
import type { RuleContent } from '../../configuration/rule-content.ts';
import type { Filter } from '../../filter/filter.ts';
import type { RuleRecord } from '../../store/comparisons/stored-rules.ts';
import type { Answer } from '../../models/answer.ts';
import type { Model } from '../../models/model.ts';
import type { LiveReplay } from '../../replay/replay-event.ts';
import type { Conversation } from '../../store/comparisons/conversation-turns.ts';
import type { listPairs, Pair, QueuedPair } from '../../store/comparisons/pairs.ts';
import type { QueueFacts } from '../../store/comparisons/queue-facts.ts';
import type { ListedComparison } from '../../store/comparisons/comparisons.ts';
import type { pairNumbers, PairNumber } from '../../store/comparisons/pair-numbers.ts';
import type { pairPatterns } from '../../store/comparisons/pair-patterns.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { IndexProgress } from '../../store/search/find-text.ts';
import type { Judgement } from '../../store/judge-calls.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import type { Keymap } from '../session/keymap.ts';
import type { PairSet } from '../session/pair-key.ts';
import type { Title } from '../view/top.ts';

/** The cost of an answer in USD, or null if its price or usage is unknown. */
export type AnswerCost = (
  side: Side,
  answer: Pick<Answer, 'usage' | 'cost' | 'model'>,
  batch: boolean,
) => number | null;

/** Receives changes from outside this process. */
export type StoreListener = {
  /**
   * Called when the store has changed. Resolves to whether the review could apply the change now.
   */
  readonly changed: () => Promise<boolean>;
  /** Called when `cost` knows more prices. */
  readonly pricesKnown: () => void;
  /** Called when watching the store failed. */
  readonly failed: (error: unknown) => void;
};

/** Queries about the whole queue of a comparison. */
export type QueueServices = {
  readonly listTraits: (captureIds: readonly string[]) => Promise<readonly ListedPair[]>;
  /** Reads a number of every pair, page by page. */
  readonly listNumbers: (name: PairNumber) => ReturnType<typeof pairNumbers>;
  /** Reads the pairs that have a pattern, page by page: all, or some of these. */
  readonly listPatterns: (captureIds: readonly string[] | 'all') => ReturnType<typeof pairPatterns>;
  /** Finds the captures whose pairs match a filter, all or only of these, in their order. */
  readonly filter: (
    filter: Filter,
    captureIds: readonly string[] | 'all',
    looking: Looking,
  ) => Promise<ReadonlySet<string>>;
  /** Finds the captures with a text, those after the capture `start` first. */
  readonly search: (text: string, start: string, looking: Looking) => Promise<ReadonlySet<string>>;
};

/** How a question about the whole queue goes on. */
export type Looking = {
  readonly onProgress: (progress: IndexProgress) => void;
  /** Called now and then with all captures that were found until then. */
  readonly onFirst: (captureIds: ReadonlySet<string>) => void;
  /** Aborted when nobody waits for the answer. */
  readonly signal: AbortSignal;
};

/**
 * What the store knows about the rules of a review. A rule counts for all its comparisons: what does not
 * matter in one candidate's answers does not matter in another's.
 */
export type RuleServices = {
  /** Finds the pairs that each rule would settle. */
  readonly settledByAdding: (rules: readonly RuleContent[]) => Promise<readonly PairSet[]>;
  /** Stores a rule of this reviewer, and settles pairs by it. */
  readonly make: (rule: RuleContent) => Promise<void>;
  readonly takeBack: (rule: RuleRecord) => Promise<void>;
  /** Lists the rules, each once for all comparisons that have it. */
  readonly list: () => Promise<readonly RuleRecord[]>;
  /** Returns a text that is the same as long as the same rules are in force. */
  readonly inForce: () => Promise<string>;
};

/** A pair and the turns of its conversation; null if it is the only one of them in the comparison. */
export type LoadedPair = Pair & { readonly conversation: Conversation | null };

/** One comparison of a review, which has one for each candidate. */
export type ComparisonServices = {
  readonly id: string;
  readonly title: Title;
  /** Lists a part of the queue, in its order. */
  readonly listPairs: (part: Parameters<typeof listPairs>[2]) => Promise<readonly QueuedPair[]>;
  /** Reads the whole queue. */
  readonly queueFacts: () => AsyncIterable<QueueFacts>;
  readonly listEvents: () => Promise<readonly VerdictEvent[]>;
  /** The pairs that are left to other reviewers now. */
  readonly listElsewhere: () => Promise<ReadonlySet<string>>;
  /** The sides that other processes are sending now. */
  readonly listInFlight: () => Promise<
    readonly { readonly captureId: string; readonly side: Side }[]
  >;
  /**
   * The events of other reviewers' own judging; in a walk over conflicts, those of everybody.
   */
  readonly listOthers: () => Promise<readonly VerdictEvent[]>;
  /** What judges say; none in a walk over conflicts, where opinions are shown before the verdict. */
  readonly listJudgements: () => Promise<readonly Judgement[]>;
  /** The conflicts that this review walks over, or null: all pairs. */
  readonly conflicts: {
    /** The pairs whose conflict another reviewer has resolved. */
    readonly listResolved: () => Promise<ReadonlySet<string>>;
  } | null;
  /** Keeps pairs from being judged twice by accident; null if everybody judges every pair. */
  readonly reservations: {
    /**
     * Reserves the pair on the screen for a few minutes; called again while it stays there. False if
     * another reviewer has it.
     */
    readonly reserve: (captureId: string) => Promise<boolean>;
    readonly release: () => Promise<void>;
  } | null;
  /** The captures to which the baseline gave two different answers. */
  readonly listNoise: () => Promise<readonly string[]>;
  readonly loadPair: (captureId: string) => Promise<LoadedPair>;
  /** Loads the pair of the baseline's answer and its second answer, as baseline and candidate. */
  readonly loadNoisePair: (captureId: string) => Promise<LoadedPair>;
  readonly queue: QueueServices;
  readonly cost: AnswerCost;
  /** Sends the failed sides of a pair again; rejects if that is not possible. */
  readonly retry: (captureId: string) => Promise<LiveReplay>;
  /** The model of a side; null if its name is no longer known. */
  readonly models: Readonly<Record<Side, Model | null>>;
};

/** The external dependencies of the review: the store, the replay, the clock. */
export type ReviewServices = {
  readonly comparisons: readonly [ComparisonServices, ...ComparisonServices[]];
  readonly reviewer: string;
  /** The notice to show with the first pair, or null. */
  readonly notice: string | null;
  /** Whether the models are hidden until the verdict on a pair. */
  readonly blind: boolean;
  /** The share of judged pairs that come back in a blind review, unannounced; null: none does. */
  readonly repeats: number | null;
  /** The place of a capture in the random order of the first comparison; sorts by code unit. */
  readonly queuePosition: (captureId: string) => string;
  /** Resolves once the event is on disk; rejects if it could not be saved. */
  readonly appendEvent: (event: VerdictEvent) => Promise<void>;
  /** Appends events, all or none; otherwise as `appendEvent`. */
  readonly appendEvents: (events: readonly VerdictEvent[]) => Promise<void>;
  readonly rules: RuleServices;
  readonly listComparisons: () => Promise<readonly ListedComparison[]>;
  /** Returns the current summary as text whose lines are not wrapped. */
  readonly summary: () => Promise<string>;
  readonly keymap: Keymap;
  /** Shell commands: the editor, the pager, and a difftool or null. */
  readonly tools: {
    readonly editor: string;
    readonly pager: string;
    readonly difftool: string | null;
  };
  /** The replay that runs while the review is open, or null. */
  readonly replay: LiveReplay | null;
  /**
   * Watches the store until the returned function is called; null if nothing else changes the
   * store.
   */
  readonly watch: ((listener: StoreListener) => () => void) | null;
  readonly nowMs: () => number;
  /** Returns a new event id that sorts after the given one and after every one in the store at the start. */
  readonly newId: (after: string | null) => string;
};
