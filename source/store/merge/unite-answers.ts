import {
  rowsLike,
  allRows,
  insertRow,
  type StoredRow,
  type RowUnion,
  type UnitedTable,
} from './unite-rows.ts';

/** Changes the ids of a row of the other store to those of this one. */
export type WithOwnIds = (row: StoredRow) => StoredRow;

/** The outcome of merging another store's answers. */
export type UnitedAnswers = {
  /** Answers that both stores have to the same side and that differ. One of the two is shown. */
  readonly differing: number;
  /** Of those not shown, the paid ones, which the ledger keeps. */
  readonly paidTwice: number;
  /** Pairs with an answer here that is no longer the one shown. */
  readonly replaced: ReadonlySet<string>;
  /** Pairs with an answer in the other store that is not the one shown. */
  readonly lost: ReadonlySet<string>;
};

const sideKey = ['comparison_id', 'capture_id', 'side', 'sample'];

const responseTable: UnitedTable = {
  name: 'response',
  key: sideKey,
  bodies: ['answer_body'],
  stands: { column: 'created_at', which: 'smaller' },
};

/** A pair as text, for a set. */
export const pairIdentity = (row: StoredRow): string =>
  JSON.stringify([row['comparison_id'], row['capture_id']]);

/**
 * Unites the answers. Where both stores have one to the same side, the earlier one is shown; what
 * the other one cost stays in the ledger.
 */
export const uniteResponses = async (
  union: RowUnion,
  withOwnIds: WithOwnIds,
): Promise<UnitedAnswers> => {
  const replaced = new Set<string>();
  const lost = new Set<string>();
  const counts = { differing: 0, paidTwice: 0 };
  for await (const row of allRows(union.source, responseTable)) {
    const theirs = withOwnIds(row);
    const { before, kind } = await union.unite(responseTable, theirs);
    if (before === null || kind === 'known' || kind === 'added') continue;
    counts.differing += 1;
    const notShown = kind === 'kept' ? theirs : before;
    if (theirs['sample'] === 0) (kind === 'kept' ? lost : replaced).add(pairIdentity(theirs));
    if (notShown['recorded'] === 1 || notShown['reused'] === 1) continue;
    counts.paidTwice += 1;
    await keepCost(union, notShown);
  }
  return { ...counts, replaced, lost };
};

const costColumns = [
  'comparison_id',
  'capture_id',
  'side',
  'sample',
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'hour_cache_write_tokens',
  'reasoning_tokens',
  'cost_usd',
  'bound_input_tokens',
  'bound_output_tokens',
  'bound_hour_cache_write_tokens',
  'batch',
  'provider_request_id',
  'created_at',
];

const surplusTable: UnitedTable = { name: 'surplus_answer', key: sideKey };

/** Keeps in the ledger what an answer cost that is not shown, once. */
const keepCost = async (union: RowUnion, response: StoredRow): Promise<void> => {
  const row = Object.fromEntries(costColumns.map((column) => [column, response[column] ?? null]));
  await addMissing(union, surplusTable, [row]);
};

/**
 * Unites what was paid for answers that are not shown. These rows have no key: the same one may stand
 * in a store several times.
 */
export const uniteSurplus = async (union: RowUnion, withOwnIds: WithOwnIds): Promise<void> => {
  const sidesPaid = await union.source
    .selectFrom('surplus_answer')
    .select(['comparison_id', 'capture_id', 'side', 'sample'])
    .distinct()
    .execute();
  for (const side of sidesPaid) {
    const theirs = await rowsLike(union.source, 'surplus_answer', sideKey, side);
    const added = await addMissing(union, surplusTable, theirs.map(withOwnIds));
    union.count('surplus_answer', 'added', added);
    union.count('surplus_answer', 'known', theirs.length - added);
  }
};

/** Adds the rows of one side that are here less often; returns how many. */
const addMissing = async (
  union: RowUnion,
  table: UnitedTable,
  rows: readonly StoredRow[],
): Promise<number> => {
  const [first] = rows;
  if (first === undefined) return 0;
  const ours = await rowsLike(union.into, table.name, sideKey, first);
  const missing = await missingRows(union, table, ours, rows);
  for (const row of missing) {
    await insertRow(union.into, table.name, await union.withCopiedBodies(table, row));
  }
  return missing.length;
};

const attemptTable: UnitedTable = {
  name: 'attempt',
  key: [...sideKey, 'number'],
  bodies: ['partial_body'],
  local: ['number'],
};

/** Unites the failed attempts. Those of one side are numbered by their times. */
export const uniteAttempts = async (union: RowUnion, withOwnIds: WithOwnIds): Promise<void> => {
  const unite = async (rows: readonly StoredRow[]): Promise<void> => {
    const [first] = rows;
    if (first === undefined) return;
    const ours = await rowsLike(union.into, 'attempt', sideKey, first);
    const missing = await missingRows(union, attemptTable, ours, rows);
    union.count('attempt', 'added', missing.length);
    union.count('attempt', 'known', rows.length - missing.length);
    if (missing.length === 0) return;
    const fresh: StoredRow[] = [];
    for (const row of missing) fresh.push(await union.withCopiedBodies(attemptTable, row));
    if (ours.length === 0) {
      for (const row of fresh) await insertRow(union.into, 'attempt', row);
      return;
    }
    await renumber(union, [...ours, ...fresh]);
  };
  let side: StoredRow[] = [];
  for await (const theirs of allRows(union.source, attemptTable)) {
    const row = withOwnIds(theirs);
    const [first] = side;
    if (first !== undefined && sideKey.some((column) => first[column] !== row[column])) {
      await unite(side);
      side = [];
    }
    side.push(row);
  }
  await unite(side);
};

const renumber = async (union: RowUnion, rows: readonly StoredRow[]): Promise<void> => {
  const ranked: { readonly rank: string; readonly row: StoredRow }[] = [];
  for (const row of rows) {
    const contents = await union.contents(union.into, attemptTable, row);
    ranked.push({ rank: JSON.stringify([row['created_at'], row['final'], contents]), row });
  }
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const [first] = rows;
  await union.into
    .deleteFrom('attempt')
    .where('comparison_id', '=', String(first?.['comparison_id']))
    .where('capture_id', '=', String(first?.['capture_id']))
    .where('side', '=', first?.['side'] === 'baseline' ? 'baseline' : 'candidate')
    .where('sample', '=', Number(first?.['sample']))
    .execute();
  for (const [index, { row }] of ranked.entries()) {
    await insertRow(union.into, 'attempt', { ...row, number: index + 1 });
  }
};

/** Returns the rows of the other store beyond those that are equal to one here. */
const missingRows = async (
  union: RowUnion,
  table: UnitedTable,
  ours: readonly StoredRow[],
  theirs: readonly StoredRow[],
): Promise<readonly StoredRow[]> => {
  const here = new Map<string, number>();
  for (const row of ours) {
    const contents = await union.contents(union.into, table, row);
    here.set(contents, (here.get(contents) ?? 0) + 1);
  }
  const missing: StoredRow[] = [];
  for (const row of theirs) {
    const contents = await union.contents(union.source, table, row);
    const left = here.get(contents) ?? 0;
    if (left === 0) missing.push(row);
    else here.set(contents, left - 1);
  }
  return missing;
};

const outcomeTable: UnitedTable = {
  name: 'outcome',
  key: ['comparison_id', 'capture_id'],
  stands: { column: 'rules', which: 'greater' },
};

/** The machine's own result for a pair that rules settle. */
const byMachine = { outcome: 'different', settled_by: null } as const;

/**
 * Unites the outcomes of pairs whose answers are shown. Others have to be compared again. What rules settle
 * follows from the rules of both stores, so afterwards every outcome is the machine's.
 */
export const uniteOutcomes = async (
  union: RowUnion,
  withOwnIds: WithOwnIds,
  { lost, replaced }: UnitedAnswers,
): Promise<void> => {
  for (const pair of replaced) {
    const [comparisonId, captureId]: readonly string[] = JSON.parse(pair);
    await union.into
      .deleteFrom('outcome')
      .where('comparison_id', '=', comparisonId ?? '')
      .where('capture_id', '=', captureId ?? '')
      .execute();
  }
  await union.into
    .updateTable('outcome')
    .set(byMachine)
    .where('settled_by', 'is not', null)
    .execute();
  for await (const row of allRows(union.source, outcomeTable)) {
    const own = withOwnIds(row);
    const theirs = own['settled_by'] === null ? own : { ...own, ...byMachine };
    if (!lost.has(pairIdentity(theirs))) await union.unite(outcomeTable, theirs);
  }
};
