import type { Answer } from '../../models/answer.ts';
import type { Side } from '../../comparison/outcome.ts';
import type { LiveReplay } from '../../replay/event.ts';
import type { Pair, PairRow } from '../../store/comparisons/pairs.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import type { Title } from '../view/top.ts';

/** Everything that the review needs from outside: the store, the replay, the clock. */
export type ReviewServices = {
  readonly comparisonId: string;
  readonly reviewer: string;
  readonly title: Title;
  /** What is to be known before the first pair; null: nothing. */
  readonly notice: string | null;
  readonly listPairs: () => Promise<readonly PairRow[]>;
  readonly listEvents: () => Promise<readonly VerdictEvent[]>;
  readonly loadPair: (captureId: string) => Promise<Pair>;
  /** Resolves when the event is on disk; rejects with the reason when it is not. */
  readonly appendEvent: (event: VerdictEvent) => Promise<void>;
  /** USD, or null when the price or the usage is not known. */
  readonly cost: (
    side: Side,
    answer: Pick<Answer, 'usage' | 'cost'>,
    batch: boolean,
  ) => number | null;
  /** The summary so far as text. */
  readonly summary: () => Promise<string>;
  /** Sends the failed sides of a pair again; rejects with what stands in the way. */
  readonly retry: (captureId: string) => Promise<LiveReplay>;
  readonly replay: LiveReplay | null;
  /** News from outside this process, until the returned function is called; null: there are none. */
  readonly watch:
    | ((listener: {
        /** The store has changed; resolves with whether that could be taken in. */
        readonly changed: () => Promise<boolean>;
        /** From now on `cost` knows more. */
        readonly pricesKnown: () => void;
        /** News could not be had. */
        readonly failed: (error: unknown) => void;
      }) => () => void)
    | null;
  readonly nowMs: () => number;
  readonly newId: (after: string | null) => string;
};
