import { sql } from 'kysely';
import { sides, type Side } from '../../comparison/outcome.ts';
import { parseJsonObject } from '../../text/json.ts';
import type { Capture, DialectRequest } from '../../traffic/capture.ts';
import { captureGone, loadSizedCapture } from '../captures/captures.ts';
import type { Store } from '../open.ts';

/** The number of answers that each side of a pair should have: whole numbers ≥ 1. */
export type WantedSamples = Readonly<Record<Side, number>>;

/** A missing answer of a side. `sample` numbers repeated answers; 0 is the one under review. */
export type MissingAnswer = { readonly side: Side; readonly sample: number };

/** A capture of a comparison with its missing answers. */
export type PendingPair = {
  readonly position: string;
  readonly capture: Capture;
  readonly missing: readonly MissingAnswer[];
};

/** A page ends when its requests and recorded responses reach this many characters. */
const pageCharacters = 1024 * 1024;

/**
 * Loads the next pairs in queue order that lack an answer: at most `limit`, fewer if they are
 * large, none at the end. For the next page, pass the position of the last pair as `afterPosition`;
 * null starts at the top. Pages never repeat a pair, even if answers are saved in between.
 */
export const pendingPairs = async (
  store: Store,
  comparisonId: string,
  page: {
    readonly afterPosition: string | null;
    readonly limit: number;
    /** Default: one answer for each side. */
    readonly samples?: WantedSamples;
  },
): Promise<readonly PendingPair[]> => {
  const { samples = { baseline: 1, candidate: 1 } } = page;
  const { rows } = await sql<
    { readonly position: string; readonly capture_id: string } & Readonly<Record<Side, number>>
  >`
    select s.position, s.capture_id,
      ${answersOf('baseline', samples)} as baseline, ${answersOf('candidate', samples)} as candidate
    from comparison_capture s
    where s.comparison_id = ${comparisonId} and s.position > ${page.afterPosition ?? ''}
      and ${lacksAnswers(samples)}
    order by s.position
    limit ${page.limit}
  `.execute(store.db);
  const pending: PendingPair[] = [];
  let characters = 0;
  for (const row of rows) {
    const { capture_id: captureId, position } = row;
    if (characters >= pageCharacters) break;
    const loaded = await loadSizedCapture(store, captureId);
    if (loaded === null) throw captureGone(store, captureId);
    characters += loaded.characters;
    // With one answer per side, the count tells which answers are missing.
    const missing =
      samples.baseline === 1 && samples.candidate === 1
        ? sides.filter((side) => Number(row[side]) === 0).map((side) => ({ side, sample: 0 }))
        : await missingAnswers(store, comparisonId, captureId, samples);
    pending.push({ position, capture: loaded.capture, missing });
  }
  return pending;
};

/** Lists the captures of a comparison that lack an answer, in the order of production traffic. */
export const pendingByTime = async (
  store: Store,
  comparisonId: string,
  samples: WantedSamples,
): Promise<readonly { readonly captureId: string; readonly timestamp: string | null }[]> => {
  const { rows } = await sql<{ readonly capture_id: string; readonly timestamp: string | null }>`
    select s.capture_id, c.timestamp
    from comparison_capture s
    join capture c on c.id = s.capture_id
    where s.comparison_id = ${comparisonId} and ${lacksAnswers(samples)}
    order by coalesce(c.timestamp, ''), s.position
  `.execute(store.db);
  return rows.map(({ capture_id: captureId, timestamp }) => ({ captureId, timestamp }));
};

/** Lists the missing answers of a capture; empty if the comparison does not select it. */
export const missingAnswers = async (
  store: Store,
  comparisonId: string,
  captureId: string,
  samples: WantedSamples,
): Promise<readonly MissingAnswer[]> => {
  const { rows } = await sql<{ readonly side: Side | null; readonly sample: number | null }>`
    select r.side, r.sample
    from comparison_capture s
    left join response r
      on r.comparison_id = s.comparison_id and r.capture_id = s.capture_id
    where s.comparison_id = ${comparisonId} and s.capture_id = ${captureId}
  `.execute(store.db);
  if (rows.length === 0) return [];
  const there = new Set(rows.map(({ sample, side }) => `${side} ${sample}`));
  const missing: MissingAnswer[] = [];
  for (const side of sides) {
    for (let sample = 0; sample < samples[side]; sample++) {
      if (!there.has(`${side} ${sample}`)) missing.push({ side, sample });
    }
  }
  return missing;
};

/** Counts the wanted answers that a side of the selected capture `s` has. */
const answersOf = (side: Side, samples: WantedSamples) => sql`(
  select count(*) from response r
  where r.comparison_id = s.comparison_id and r.capture_id = s.capture_id
    and r.side = ${side} and r.sample < ${samples[side]}
)`;

const lacksAnswers = (samples: WantedSamples) => {
  const lacks = (side: Side) => sql`${answersOf(side, samples)} < ${samples[side]}`;
  return sql`(${lacks('baseline')} or ${lacks('candidate')})`;
};

/** The number of requests per page of `pendingRequests`. */
const requestsPerPage = 100;

/**
 * Yields unanswered requests of a side, in queue order: at most `limit`, and none after
 * `characters` characters of JSON. They are a sample of the comparison's requests.
 */
export async function* pendingRequests(
  store: Store,
  comparisonId: string,
  options: { readonly side: Side; readonly limit: number; readonly characters: number },
): AsyncGenerator<DialectRequest> {
  let after = '';
  let given = 0;
  let characters = 0;
  for (;;) {
    const rows = await store.db
      .selectFrom('comparison_capture as selected')
      .innerJoin('capture', 'capture.id', 'selected.capture_id')
      .innerJoin('body', 'body.number', 'capture.request_body')
      .leftJoin('response', (join) =>
        join
          .onRef('response.comparison_id', '=', 'selected.comparison_id')
          .onRef('response.capture_id', '=', 'selected.capture_id')
          .on('response.side', '=', options.side)
          .on('response.sample', '=', 0),
      )
      .select(['selected.position', 'body.text', 'capture.dialect', 'capture.model'])
      .where('selected.comparison_id', '=', comparisonId)
      .where('selected.position', '>', after)
      .where('response.side', 'is', null)
      .orderBy('selected.position')
      .limit(requestsPerPage)
      .execute();
    for (const row of rows) {
      if (given >= options.limit || characters >= options.characters) return;
      given++;
      characters += row.text.length;
      const { dialect, model, text } = row;
      yield { dialect, model, request: parseJsonObject(text) };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < requestsPerPage) return;
    after = last.position;
  }
}
