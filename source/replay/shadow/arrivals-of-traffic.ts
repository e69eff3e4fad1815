import { setImmediate } from 'node:timers/promises';
import {
  arrivedCaptures,
  changeSelection,
  latestCapture,
  takeArrivals,
  type ArrivedCapture,
  type JudgedArrival,
} from '../../store/comparisons/arrivals.ts';
import { loadCapture } from '../../store/captures/captures.ts';
import { isInNoiseShare } from '../../store/comparisons/noise.ts';
import { loadSelection } from '../../store/comparisons/select-captures.ts';
import type { Store } from '../../store/open.ts';
import { conversationId } from '../../traffic/selection/rank.ts';
import { captureFilter } from '../../traffic/selection/capture-filter.ts';
import { ConversationSample } from '../../traffic/selection/conversation-sample.ts';
import { everything, type Selection } from '../../traffic/selection/selection.ts';

/** A comparison that takes captures as they come. */
export type FollowingComparison = {
  readonly comparisonId: string;
  /** Its selection, with the moment from which it takes captures. */
  readonly selection: Selection & { readonly since: string };
  /** The share of its captures that it takes at all; null for all. It measures the noise of a baseline. */
  readonly noise: number | null;
};

/** The captures that are judged in one transaction: it must not keep the proxy from writing. */
const pageSize = 250;

/**
 * Settles which captures a comparison takes from now on: those of the flags (null: those that it
 * remembers), from the earliest moment that it was ever asked for; without one, from now (`at`, ISO 8601).
 * So a run that starts again takes what came while there was none.
 */
export const followFrom = async (
  store: Store,
  comparisonId: string,
  {
    asked,
    at,
    noise,
  }: {
    readonly asked: Selection | null;
    readonly at: string;
    readonly noise: number | null;
  },
): Promise<FollowingComparison> => {
  const remembered = await loadSelection(store, comparisonId);
  const moments = [asked?.since, remembered?.since].filter((moment) => typeof moment === 'string');
  const since = moments.toSorted()[0] ?? at;
  const selection = { ...(asked ?? remembered ?? everything), since };
  if (JSON.stringify(selection) !== JSON.stringify(remembered)) {
    await changeSelection(store, comparisonId, selection);
  }
  return { comparisonId, selection, noise };
};

/** Gives comparisons the captures that come into the store, whoever writes them. */
export class Arrivals {
  readonly #store: Store;
  readonly #comparisons: readonly FollowingComparison[];
  /** By comparison, so that all of them sample the same conversations. */
  readonly #samples: ReadonlyMap<string, ConversationSample>;
  #version: number | null = null;
  #takenTo = 0;
  #taken = 0;

  private constructor(store: Store, comparisons: readonly FollowingComparison[]) {
    this.#store = store;
    this.#comparisons = comparisons;
    this.#samples = new Map(
      comparisons.map(({ comparisonId }) => [comparisonId, new ConversationSample()]),
    );
  }

  /** Takes what came before, and returns what takes the rest. */
  static async open(store: Store, comparisons: readonly FollowingComparison[]): Promise<Arrivals> {
    const arrivals = new Arrivals(store, comparisons);
    const upTo = await latestCapture(store);
    for (const comparison of arrivals.#comparisons) {
      await arrivals.#takePart(comparison, { after: 0, upTo, unknownTo: comparison.comparisonId });
    }
    arrivals.#takenTo = upTo;
    return arrivals;
  }

  /** Every capture up to this number is taken or left out. */
  get takenTo(): number {
    return this.#takenTo;
  }

  /** How many captures came and were taken, in any comparison, since `open`. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes what came since the last time. Resolves to the number of captures that each comparison took. Asks
   * the store for nothing but its version while nobody else writes to it.
   */
  async take(): Promise<ReadonlyMap<string, number>> {
    const version = await this.#store.engine.dataVersion();
    const taken = new Map<string, number>();
    if (version === this.#version) return taken;
    const upTo = await latestCapture(this.#store);
    const comparisons = upTo > this.#takenTo ? this.#comparisons : [];
    for (const comparison of comparisons) {
      const part = { after: this.#takenTo, upTo, unknownTo: null };
      const count = await this.#takePart(comparison, part);
      if (count > 0) taken.set(comparison.comparisonId, count);
      this.#taken += count;
    }
    this.#takenTo = upTo;
    this.#version = version;
    return taken;
  }

  async #takePart(
    { comparisonId, noise, selection }: FollowingComparison,
    part: { readonly after: number; readonly upTo: number; readonly unknownTo: string | null },
  ): Promise<number> {
    const judge = captureFilter(selection);
    const isSampled = (selection.sample ?? 1) < 1;
    let taken = 0;
    for (let { after } = part; ;) {
      const { since } = selection;
      const page = await arrivedCaptures(this.#store, { ...part, after, since, limit: pageSize });
      const judged: JudgedArrival[] = [];
      for (const capture of page) {
        if (noise !== null && !isInNoiseShare(capture.id, noise)) continue;
        const { reason } = judge(
          isSampled ? await this.#inConversation(capture, comparisonId) : capture,
        );
        if (reason === null) taken++;
        judged.push({ captureId: capture.id, reason });
      }
      await takeArrivals(this.#store, comparisonId, judged);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return taken;
      after = last.number;
      // Queries never yield to the event loop.
      await setImmediate();
    }
  }

  /** Names the conversation of a capture by its opening, if its metadata do not. */
  async #inConversation(capture: ArrivedCapture, comparisonId: string): Promise<ArrivedCapture> {
    const sample = this.#samples.get(comparisonId);
    if (sample === undefined || conversationId(capture.metadata) !== null) return capture;
    const stored = await loadCapture(this.#store, capture.id);
    return stored === null ? capture : { ...capture, metadata: sample.named(stored) };
  }
}
