import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { LiveReplay } from '../../replay/replay-event.ts';
import type { Pair, PairRow } from '../../store/comparisons/pairs.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import type { Title } from '../view/top.ts';

/** The cost of an answer in USD, or null if its price or usage is unknown. */
export type AnswerCost = (
  side: Side,
  answer: Pick<Answer, 'usage' | 'cost' | 'model'>,
  batch: boolean,
) => number | null;

/** Receives news from outside this process. */
export type StoreListener = {
  /** The store has changed. Resolves with whether the review could take in the change now. */
  readonly changed: () => Promise<boolean>;
  /** `cost` knows more prices from now on. */
  readonly pricesKnown: () => void;
  /** Watching the store failed. */
  readonly failed: (error: unknown) => void;
};

/** Everything that the review needs from outside: the store, the replay, the clock. */
export type ReviewServices = {
  readonly comparisonId: string;
  readonly reviewer: string;
  readonly title: Title;
  /** The notice to show with the first pair, or null. */
  readonly notice: string | null;
  readonly listPairs: () => Promise<readonly PairRow[]>;
  readonly listEvents: () => Promise<readonly VerdictEvent[]>;
  readonly loadPair: (captureId: string) => Promise<Pair>;
  /** Resolves once the event is on disk; rejects if it could not be saved. */
  readonly appendEvent: (event: VerdictEvent) => Promise<void>;
  readonly cost: AnswerCost;
  /** The summary so far as text. */
  readonly summary: () => Promise<string>;
  /** Sends the failed sides of a pair again; rejects if that is not possible. */
  readonly retry: (captureId: string) => Promise<LiveReplay>;
  /** The replay that runs while the review is open, or null. */
  readonly replay: LiveReplay | null;
  /** Watches the store until the returned function is called; null if nothing else changes it. */
  readonly watch: ((listener: StoreListener) => () => void) | null;
  readonly nowMs: () => number;
  /** A new event id that sorts after the given one. */
  readonly newId: (after: string | null) => string;
};
