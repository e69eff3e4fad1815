import { endianness } from 'node:os';
import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import { UserError } from '../../text/user-error.ts';
import { partialFacts, type PartialFact } from '../captures/partial-captures.ts';
import { atOneMoment, type Store } from '../open.ts';
import { captureRates, mergeRates, type CaptureRate } from './capture-rates.ts';
import { durationFacts, durations, type AnswerMode, type DurationFact } from './duration-facts.ts';
import {
  answeringFacts,
  captureEnds,
  mergeAnswering,
  mergeEnds,
  type AnsweringFact,
  type CaptureEnds,
} from './evidence-facts.ts';
import { incompletePairs } from './incomplete-pairs.ts';
import { machineFacts, type MachineFact } from './machine-facts.ts';
import type { CaptureRange, PairScope } from './pair-scope.ts';
import { mergeTokens, tokenFacts, type CostGroups, type TokenFact } from './token-facts.ts';

/**
 * What the answers and outcomes of pairs say: everything that takes a look at every pair. Verdicts are not part of
 * it, because they come one by one and are read for the judged pairs only.
 */
export type BlockFacts = {
  readonly machine: readonly MachineFact[];
  readonly tokens: readonly TokenFact[];
  readonly answering: readonly AnsweringFact[];
  readonly rates: readonly CaptureRate[];
  readonly partial: readonly PartialFact[];
  readonly ends: readonly CaptureEnds[];
  readonly durations: readonly DurationFact[];
  /** The captures of pairs without both answers; null if there are many, so that nobody is to read them one by one. */
  readonly incomplete: readonly string[] | null;
};

/** How finely the costs of each side are told apart. `tiers`: see `tokenFacts`. */
export type CostGrouping = Readonly<
  Record<Side, CostGroups & { readonly tiers: readonly number[] }>
>;

/** The pairs of a block when it is laid out. A smaller comparison has no blocks. */
const blockPairs = 16_384;

/**
 * The most characters of the facts of a block that are kept. Where prices change with every moment, there can be as
 * many facts as pairs, and reading the pairs again takes no longer.
 */
const mostKept = 2_000_000;

/** The most pairs without both answers that a block lists: an eighth of it. */
const mostIncomplete = blockPairs / 8;

/** Changes with `BlockFacts`, whose older forms are not read. */
const form = 4;

const settingsOf = (grouping: CostGrouping): string =>
  JSON.stringify([form, endianness(), grouping]);

/**
 * Reads the facts of those blocks of a comparison that have changed since theirs were kept, and keeps them. Stops
 * where others write to the store faster than it reads, or where nothing can be written.
 */
export const refreshBlocks = async (
  store: Store,
  comparisonId: string,
  grouping: CostGrouping,
): Promise<void> => {
  await layOutBlocks(store, comparisonId);
  for (const { isKept, range } of await listBlocks(store, comparisonId, grouping)) {
    if (isKept) continue;
    const read = await atOneMoment(store, async (reading) => ({
      version: await versionOf(reading, comparisonId, range.first),
      facts: await readFacts(reading, comparisonId, grouping, range),
    }));
    const isDone = await keepBlock(store, comparisonId, grouping, { first: range.first, ...read });
    if (!isDone) return;
  }
};

/**
 * Reads the facts of the pairs of a comparison: of each block those that are kept or, if it has changed since, from
 * its pairs.
 */
export const blockFacts = async (
  store: Store,
  comparisonId: string,
  grouping: CostGrouping,
  scope: PairScope,
): Promise<BlockFacts> => {
  const blocks = scope === 'all' ? await listBlocks(store, comparisonId, grouping) : [];
  if (blocks.length === 0) return readFacts(store, comparisonId, grouping, scope);
  const all: BlockFacts[] = [];
  for (const { isKept, range } of blocks) {
    all.push(
      isKept
        ? await keptFacts(store, comparisonId, range.first)
        : await readFacts(store, comparisonId, grouping, range),
    );
  }
  return mergeFacts(all, grouping);
};

/** Keeps the facts of a block, unless its pairs have changed since they were read; returns whether it did. */
const keepBlock = async (
  store: Store,
  comparisonId: string,
  grouping: CostGrouping,
  block: { readonly first: string; readonly version: number; readonly facts: BlockFacts },
): Promise<boolean> => {
  const { first, version } = block;
  const { durations: times, ...rest } = block.facts;
  const text = JSON.stringify({ ...rest, modes: times.map(modeOf) } satisfies StoredFacts);
  if (text.length > mostKept) return false;
  return ifWritable(async () => {
    const { numAffectedRows } = await sql`
      insert into pair_block_facts
        (comparison_id, first_capture_id, version, settings, facts, durations)
      select comparison_id, first_capture_id, version, ${settingsOf(grouping)}, ${text},
        ${bytesOf(times)}
      from pair_block
      where comparison_id = ${comparisonId} and first_capture_id = ${first}
        and version = ${version}
      on conflict (comparison_id, first_capture_id) do update set
        version = excluded.version, settings = excluded.settings,
        facts = excluded.facts, durations = excluded.durations
    `.execute(store.db);
    return numAffectedRows === 1n;
  });
};

const versionOf = async (store: Store, comparisonId: string, first: string): Promise<number> => {
  const row = await store.db
    .selectFrom('pair_block')
    .select('version')
    .where('comparison_id', '=', comparisonId)
    .where('first_capture_id', '=', first)
    .executeTakeFirst();
  return Number(row?.version ?? -1);
};

/** Divides the pairs of a large comparison into blocks whose facts can be kept, if they are not yet. */
const layOutBlocks = async (store: Store, comparisonId: string): Promise<void> => {
  const counted = await sql<{ readonly pairs: number; readonly blocks: number }>`
    select
      (select count(*) from comparison_capture where comparison_id = ${comparisonId}) as pairs,
      (select count(*) from pair_block where comparison_id = ${comparisonId}) as blocks
  `.execute(store.db);
  const [{ blocks, pairs } = { blocks: 0, pairs: 0 }] = counted.rows;
  // Blocks that have grown to twice their size are laid out again.
  if (pairs < blockPairs || pairs <= 2 * blockPairs * blocks) return;
  await ifWritable(() =>
    store.db.transaction().execute(async (db) => {
      await db.deleteFrom('pair_block').where('comparison_id', '=', comparisonId).execute();
      // The first block begins before any capture, so that every capture belongs to one.
      await sql`
        insert into pair_block (comparison_id, first_capture_id, version)
        select ${comparisonId}, case when place = 0 then '' else capture_id end, 0
        from (
          select capture_id, row_number() over (order by capture_id) - 1 as place
          from comparison_capture where comparison_id = ${comparisonId}
        ) placed
        where place % ${blockPairs} = 0
      `.execute(db);
      return true;
    }),
  );
};

/** False if the store takes no writes. What cannot be kept is read again the next time, so nobody is harmed. */
const ifWritable = async (write: () => Promise<boolean>): Promise<boolean> => {
  try {
    return await write();
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
};

type Block = {
  readonly range: CaptureRange;
  readonly isKept: boolean;
};

const listBlocks = async (
  store: Store,
  comparisonId: string,
  grouping: CostGrouping,
): Promise<readonly Block[]> => {
  const { rows } = await sql<{ readonly first: string; readonly kept: number | null }>`
    select b.first_capture_id as first, f.version as kept
    from pair_block b
    left join pair_block_facts f
      on f.comparison_id = b.comparison_id and f.first_capture_id = b.first_capture_id
      and f.version = b.version and f.settings = ${settingsOf(grouping)}
    where b.comparison_id = ${comparisonId}
    order by b.first_capture_id
  `.execute(store.db);
  return rows.map(({ first, kept }, index) => ({
    range: { first, end: rows[index + 1]?.first ?? null },
    isKept: kept !== null,
  }));
};

const readFacts = async (
  store: Store,
  comparisonId: string,
  grouping: CostGrouping,
  scope: PairScope,
): Promise<BlockFacts> => {
  const machine = await machineFacts(store, comparisonId, scope);
  const isComplete = machine.every(
    ({ baseline, candidate }) => baseline === 'answered' && candidate === 'answered',
  );
  return {
    machine,
    // With a filter, the table of `incomplete` is in use.
    incomplete: isComplete
      ? []
      : scope === 'offered'
        ? null
        : await incompletePairs(store, comparisonId, scope, mostIncomplete),
    tokens: await tokenFacts(
      store,
      comparisonId,
      { baseline: grouping.baseline.tiers, candidate: grouping.candidate.tiers },
      grouping,
      scope,
    ),
    answering: await answeringFacts(store, comparisonId, scope),
    rates: mergeRates(await captureRates(store, comparisonId, scope)),
    partial: await partialFacts(store, comparisonId, scope),
    ends: await captureEnds(store, comparisonId, scope),
    durations: await durationFacts(store, comparisonId, scope),
  };
};

/** The facts as JSON. The durations themselves are beside it, those of one mode after the other. */
type StoredFacts = Omit<BlockFacts, 'durations'> & {
  readonly modes: readonly (AnswerMode & { readonly pairs: number })[];
};

const keptFacts = async (
  store: Store,
  comparisonId: string,
  first: string,
): Promise<BlockFacts> => {
  const row = await store.db
    .selectFrom('pair_block_facts')
    .select(['facts', 'durations'])
    .where('comparison_id', '=', comparisonId)
    .where('first_capture_id', '=', first)
    .executeTakeFirstOrThrow();
  const { modes, ...facts }: StoredFacts = JSON.parse(row.facts);
  // A copy, because the memory of a buffer need not begin where numbers may begin.
  const values = new Float64Array(new Uint8Array(row.durations).buffer);
  let at = 0;
  const next = (pairs: number): Float64Array => values.subarray(at, (at += pairs));
  return {
    ...facts,
    durations: modes.map((mode) => ({
      ...mode,
      baselineFirst: next(mode.pairs),
      baselineTotal: next(mode.pairs),
      candidateFirst: next(mode.pairs),
      candidateTotal: next(mode.pairs),
    })),
  };
};

const modeOf = ({
  baselineBatch,
  baselineRecorded,
  candidateBatch,
  candidateRecorded,
  endpoint,
  pairs,
}: DurationFact): StoredFacts['modes'][number] => ({
  endpoint,
  baselineRecorded,
  baselineBatch,
  candidateRecorded,
  candidateBatch,
  pairs,
});

const bytesOf = (facts: readonly DurationFact[]): Uint8Array => {
  const columns = facts.flatMap((fact) => durations.map((column) => fact[column]));
  const values = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    values.set(column, at);
    at += column.length;
  }
  return Buffer.from(values.buffer);
};

const mergeFacts = (all: readonly BlockFacts[], grouping: CostGrouping): BlockFacts => ({
  machine: all.flatMap(({ machine }) => machine),
  tokens: mergeTokens(
    all.flatMap(({ tokens }) => tokens),
    { baseline: grouping.baseline.tiers, candidate: grouping.candidate.tiers },
  ),
  answering: mergeAnswering(all.flatMap(({ answering }) => answering)),
  rates: mergeRates(all.flatMap(({ rates }) => rates)),
  partial: all.flatMap(({ partial }) => partial),
  ends: mergeEnds(all.flatMap(({ ends }) => ends)),
  durations: all.flatMap((facts) => facts.durations),
  incomplete: all.every(({ incomplete }) => incomplete !== null)
    ? all.flatMap(({ incomplete }) => incomplete ?? [])
    : null,
});
