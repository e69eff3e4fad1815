import { parseJsonObject } from '../../text/json.ts';
import { stratumName } from '../../traffic/selection/capture-filter.ts';
import type { LeftOutReason, Selection } from '../../traffic/selection/selection.ts';
import type { Store } from '../open.ts';

/** How captures are put into strata. */
export type Stratification = NonNullable<Selection['stratify']>;

/** How many captures of one endpoint a stratum stands for: those drawn and those left out by number. */
export type StratumSize = {
  readonly stratum: string;
  readonly endpoint: string;
  readonly captures: number;
};

/** Captures that match everything else in a selection and were left out to make the sample smaller. */
const drawnReasons: readonly LeftOutReason[] = [
  'not in the sample',
  'over the number per stratum',
  'over the limit',
];

/** Captures per page. */
const pageSize = 5000;

/** Counts the captures that each stratum of a comparison stands for. */
export const stratumSizes = async (
  store: Store,
  comparisonId: string,
  stratify: Stratification,
): Promise<readonly StratumSize[]> => {
  const sizes = new Map<string, StratumSize>();
  const add = (endpoint: string, metadata: string | null, captures: number): void => {
    const stratum = stratumOfRow(stratify, endpoint, metadata);
    const key = JSON.stringify([stratum, endpoint]);
    const before = sizes.get(key)?.captures ?? 0;
    sizes.set(key, { stratum, endpoint, captures: before + captures });
  };
  for (const table of ['comparison_capture', 'comparison_left_out'] as const) {
    if (needsMetadata(stratify)) {
      for await (const { endpoint, metadata } of captureRows(store, comparisonId, table)) {
        add(endpoint, metadata, 1);
      }
      continue;
    }
    const rows = await matching(store, comparisonId, table)
      .select((e) => ['capture.endpoint', e.fn.countAll<number>().as('captures')])
      .groupBy('capture.endpoint')
      .execute();
    for (const { captures, endpoint } of rows) add(endpoint, null, Number(captures));
  }
  return [...sizes.values()].toSorted((a, b) => (a.stratum < b.stratum ? -1 : 1));
};

/** Whether the stratum of a capture depends on more than its endpoint. */
export const needsMetadata = ({ by }: Stratification): boolean => by !== 'endpoint';

/** The stratum of a capture, from its columns. */
export const stratumOfRow = (
  stratify: Stratification,
  endpoint: string,
  metadata: string | null,
): string =>
  stratumName(
    { stratify },
    { endpoint, metadata: metadata === null ? null : parseJsonObject(metadata) },
  );

const matching = (
  { db }: Store,
  comparisonId: string,
  table: 'comparison_capture' | 'comparison_left_out',
) =>
  table === 'comparison_capture'
    ? db
        .selectFrom('comparison_capture as chosen')
        .innerJoin('capture', 'capture.id', 'chosen.capture_id')
        .where('chosen.comparison_id', '=', comparisonId)
    : db
        .selectFrom('comparison_left_out as chosen')
        .innerJoin('capture', 'capture.id', 'chosen.capture_id')
        .where('chosen.comparison_id', '=', comparisonId)
        .where('chosen.reason', 'in', [...drawnReasons]);

/** Yields the captures a page at a time: the captures left out may be millions. */
async function* captureRows(
  store: Store,
  comparisonId: string,
  table: 'comparison_capture' | 'comparison_left_out',
): AsyncGenerator<{ readonly endpoint: string; readonly metadata: string | null }> {
  for (let after = ''; ;) {
    const rows = await matching(store, comparisonId, table)
      .select(['capture.id', 'capture.endpoint', 'capture.metadata'])
      .where('chosen.capture_id', '>', after)
      .orderBy('chosen.capture_id')
      .limit(pageSize)
      .execute();
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.id;
  }
}
