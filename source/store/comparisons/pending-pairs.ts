import { sides, type Side } from '../../comparison/outcome.ts';
import type { Capture } from '../../traffic/capture.ts';
import { loadSizedCapture } from '../captures/captures.ts';
import type { Store } from '../open.ts';

/** A capture of a comparison with the sides that have no answer yet. */
export type PendingPair = {
  readonly position: string;
  readonly capture: Capture;
  readonly missing: readonly Side[];
};

/** A page ends once its requests and recorded responses come to this many characters. */
const pageCharacters = 1024 * 1024;

/**
 * The next pairs in queue order that lack an answer on a side: at most `limit`, fewer where they are
 * large, none when there are no more. The position of the last one, handed in as `afterPosition`,
 * gives the next page; null begins. Pages never repeat a pair, whatever is saved between them.
 */
export const pendingPairs = async (
  store: Store,
  comparisonId: string,
  page: { readonly afterPosition: string | null; readonly limit: number },
): Promise<readonly PendingPair[]> => {
  const rows = await store.db
    .selectFrom('comparison_capture as selected')
    .leftJoin('response as baseline', (join) =>
      join
        .onRef('baseline.comparison_id', '=', 'selected.comparison_id')
        .onRef('baseline.capture_id', '=', 'selected.capture_id')
        .on('baseline.side', '=', 'baseline')
        .on('baseline.sample', '=', 0),
    )
    .leftJoin('response as candidate', (join) =>
      join
        .onRef('candidate.comparison_id', '=', 'selected.comparison_id')
        .onRef('candidate.capture_id', '=', 'selected.capture_id')
        .on('candidate.side', '=', 'candidate')
        .on('candidate.sample', '=', 0),
    )
    .select([
      'selected.position',
      'selected.capture_id',
      'baseline.side as baseline',
      'candidate.side as candidate',
    ])
    .where('selected.comparison_id', '=', comparisonId)
    .where('selected.position', '>', page.afterPosition ?? '')
    .where((e) => e.or([e('baseline.side', 'is', null), e('candidate.side', 'is', null)]))
    .orderBy('selected.position')
    .limit(page.limit)
    .execute();
  const pending: PendingPair[] = [];
  let characters = 0;
  for (const row of rows) {
    if (characters >= pageCharacters) break;
    const loaded = await loadSizedCapture(store, row.capture_id);
    if (loaded === null) throw new Error(`The store has no capture ${row.capture_id}.`);
    characters += loaded.characters;
    pending.push({
      position: row.position,
      capture: loaded.capture,
      missing: sides.filter((side) => row[side] === null),
    });
  }
  return pending;
};
