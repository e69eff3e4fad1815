import { sides, type Side } from '../comparison/outcome.ts';
import { loadCapture } from '../store/captures/captures.ts';
import type { Store } from '../store/open.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import { pendingPairs } from '../store/comparisons/pending-pairs.ts';
import type { Capture } from '../traffic/capture.ts';

/** A pair with the sides that have no answer yet. */
export type Pending = { readonly capture: Capture; readonly missing: readonly Side[] };

const pageSize = 64;

/** The pairs of a comparison that lack an answer, in queue order, read in pages as they are asked for. */
export async function* pendingInOrder(
  store: Store,
  comparisonId: string,
): AsyncGenerator<Pending, void, undefined> {
  let afterPosition: string | null = null;
  for (;;) {
    const page = await pendingPairs(store, comparisonId, { afterPosition, limit: pageSize });
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    afterPosition = last.position;
  }
}

/** The same of these captures only, in the order given. */
export async function* pendingOf(
  store: Store,
  comparisonId: string,
  captureIds: readonly string[],
): AsyncGenerator<Pending, void, undefined> {
  for (const captureId of captureIds) {
    const pair = await loadPair(store, comparisonId, captureId);
    const missing = sides.filter((side) => pair.sides[side].kind !== 'answered');
    const capture = await loadCapture(store, captureId);
    if (capture !== null && missing.length > 0) yield { capture, missing };
  }
}
