import { setImmediate } from 'node:timers/promises';
import { sql, type Kysely, type Selectable } from 'kysely';
import { settlingRules, type Rule } from '../../comparison/settling-rules.ts';
import type { PairComparison } from '../../comparison/outcome.ts';
import {
  readTolerance,
  toleranceText,
  type RuleContent,
} from '../../configuration/rule-content.ts';
import { storable } from '../bodies.ts';
import { compiledOnce } from '../compiled-queries.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';
import { within, type PairScope } from './pair-scope.ts';

/** A rule of a comparison, in force or taken back. */
export type RuleRecord = Rule & {
  readonly takenBack: { readonly at: string; readonly reviewer: string } | null;
  /** The pairs of which it covers a difference and that rules settle. */
  readonly settled: number;
};

/** Lists all rules of a comparison, the oldest first. `scope`: the pairs that `settled` counts. */
export const listRules = async (
  { db }: Pick<Store, 'db'>,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly RuleRecord[]> => {
  const rows = await db
    .selectFrom('rule')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  if (rows.length === 0) return [];
  const { rows: groups } = await sql<{ readonly settled_by: string; readonly pairs: number }>`
    select o.settled_by, count(*) as pairs
    from outcome o
    where o.comparison_id = ${comparisonId} and o.settled_by is not null
      and ${within(scope, 'o.capture_id')}
    group by o.settled_by
  `.execute(db);
  const settled = new Map<string, number>();
  for (const { pairs, settled_by } of groups) {
    for (const id of idsIn(settled_by)) settled.set(id, (settled.get(id) ?? 0) + Number(pairs));
  }
  return rows.map((row) => ({
    ...toRule(row),
    takenBack:
      row.taken_back_at === null || row.taken_back_by === null
        ? null
        : { at: row.taken_back_at, reviewer: row.taken_back_by },
    settled: settled.get(row.id) ?? 0,
  }));
};

/** Returns the ids of the rules in the column `settled_by` of an outcome. */
export const idsIn = (settledBy: string | null): readonly string[] => {
  const ids: readonly string[] = settledBy === null ? [] : JSON.parse(settledBy);
  return ids;
};

const selectInForce = compiledOnce<Selectable<Tables['rule']>>((db) =>
  db
    .selectFrom('rule')
    .selectAll()
    .where('comparison_id', '=', '')
    .where('taken_back_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .compile(),
);

/** Lists the rules of a comparison that are in force, the oldest first. */
export const rulesInForce = async (
  db: Kysely<Tables>,
  comparisonId: string,
): Promise<readonly Rule[]> => (await selectInForce(db, [comparisonId])).rows.map(toRule);

const toRule = (row: Selectable<Tables['rule']>): Rule => {
  const { author, endpoint, id, ignore, path } = row;
  const common = { id, endpoint, path, author, madeBy: row.made_by, at: row.created_at };
  if (ignore !== null) return { ...common, ignore, tolerance: null };
  const tolerance = readTolerance(row.tolerance ?? '');
  if (tolerance === null) throw new Error(`The rule ${id} has no tolerance.`);
  return { ...common, ignore: null, tolerance };
};

/**
 * Adds rules to a comparison, and settles the pairs whose differences they cover, all or nothing. Resolves
 * once that is on the disk. Rejects with UserError if the user can fix why it could not be saved.
 */
export const addRules = (
  store: Store,
  comparisonId: string,
  rules: readonly Rule[],
): Promise<void> =>
  changeRules(store, comparisonId, async (transaction) => {
    for (const rule of rules) await insertRule(transaction, comparisonId, rule);
  });

/** Takes rules back, and gives the pairs that they settled their outcomes back; otherwise as `addRules`. */
export const takeBackRules = (
  store: Store,
  comparisonId: string,
  ids: readonly string[],
  taken: { readonly at: string; readonly reviewer: string },
): Promise<void> =>
  changeRules(store, comparisonId, (transaction) => markTakenBack(transaction, ids, taken));

/**
 * Makes the rules that a configuration file gave a comparison those of the file now: adds the new ones, and
 * takes back those that the file has no longer. Resolves to whether there was anything to change.
 */
export const followConfiguration = async (
  store: Store,
  comparisonId: string,
  configured: {
    readonly file: string;
    readonly rules: readonly RuleContent[];
    readonly at: string;
    readonly newId: () => string;
  },
): Promise<boolean> => {
  const { at, file, newId, rules } = configured;
  const own = (await rulesInForce(store.db, comparisonId)).filter(
    ({ author, madeBy }) => madeBy === 'configuration' && author === storable(file),
  );
  const wanted = new Map(rules.map((rule) => [identity(rule), rule]));
  const gone = own.filter((rule) => !wanted.has(identity(rule))).map(({ id }) => id);
  for (const rule of own) wanted.delete(identity(rule));
  if (gone.length === 0 && wanted.size === 0) return false;
  await changeRules(store, comparisonId, async (transaction) => {
    await markTakenBack(transaction, gone, { at, reviewer: file });
    for (const rule of wanted.values()) {
      const made = { id: newId(), author: file, madeBy: 'configuration', at } as const;
      await insertRule(transaction, comparisonId, { ...rule, ...made });
    }
  });
  return true;
};

/** Returns whether two rules say the same, whoever made them. */
export const isSameRule = (one: RuleContent, other: RuleContent): boolean =>
  identity(one) === identity(other);

const identity = ({ endpoint, ignore, path, tolerance }: RuleContent): string =>
  JSON.stringify([
    endpoint === null ? null : storable(endpoint),
    storable(path),
    ignore,
    tolerance === null ? null : toleranceText(tolerance),
  ]);

const changeRules = async (
  store: Store,
  comparisonId: string,
  change: (transaction: Kysely<Tables>) => Promise<void>,
): Promise<void> => {
  await store.engine.durably(() =>
    store.db.transaction().execute(async (transaction) => {
      await change(transaction);
      await settleByRules(transaction, comparisonId);
    }),
  );
};

const insertRule = async (db: Kysely<Tables>, comparisonId: string, rule: Rule): Promise<void> => {
  await db
    .insertInto('rule')
    .values({
      id: rule.id,
      comparison_id: comparisonId,
      endpoint: rule.endpoint === null ? null : storable(rule.endpoint),
      path: storable(rule.path),
      ignore: rule.ignore,
      tolerance: rule.tolerance === null ? null : toleranceText(rule.tolerance),
      author: storable(rule.author),
      made_by: rule.madeBy,
      created_at: rule.at,
      taken_back_at: null,
      taken_back_by: null,
    })
    .execute();
};

const markTakenBack = async (
  db: Kysely<Tables>,
  ids: readonly string[],
  { at, reviewer }: { readonly at: string; readonly reviewer: string },
): Promise<void> => {
  if (ids.length === 0) return;
  await db
    .updateTable('rule')
    .set({ taken_back_at: at, taken_back_by: storable(reviewer) })
    .where('id', 'in', [...ids])
    .where('taken_back_at', 'is', null)
    .execute();
};

/** Pairs per page. Between two pages other work has its turn. */
const pageSize = 2000;

type OpenPair = {
  readonly captureId: string;
  readonly endpoint: string;
  readonly comparison: PairComparison;
  readonly settledBy: string | null;
};

/** Yields pages of the pairs that differ for the machine: `ruled` ones that rules settle, or all. */
async function* differingPairs(
  db: Kysely<Tables>,
  comparisonId: string,
  which: 'all' | 'ruled',
): AsyncGenerator<readonly OpenPair[], void, undefined> {
  const differs = which === 'ruled' ? sql`1 = 0` : sql`o.outcome = 'different'`;
  for (let after = ''; ;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly endpoint: string;
      readonly details: string;
      readonly settled_by: string | null;
    }>`
      select o.capture_id, c.endpoint, o.details, o.settled_by
      from outcome o
      join capture c on c.id = o.capture_id
      where o.comparison_id = ${comparisonId} and o.capture_id > ${after}
        and (${differs} or o.settled_by is not null)
      order by o.capture_id
      limit ${pageSize}
    `.execute(db);
    yield rows.map(({ capture_id: captureId, details, endpoint, settled_by: settledBy }) => {
      const comparison: PairComparison = JSON.parse(details);
      return { captureId, endpoint, comparison, settledBy };
    });
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.capture_id;
    await setImmediate();
  }
}

const updateSettled = compiledOnce((db) =>
  db
    .updateTable('outcome')
    .set({ outcome: 'identical', settled_by: '' })
    .where('comparison_id', '=', '')
    .where('capture_id', '=', '')
    .compile(),
);

/** Gives every pair of a comparison the outcome that follows from the rules in force. */
export const settleByRules = async (db: Kysely<Tables>, comparisonId: string): Promise<void> => {
  const rules = await rulesInForce(db, comparisonId);
  const which = rules.length === 0 ? 'ruled' : 'all';
  for await (const page of differingPairs(db, comparisonId, which)) {
    for (const { captureId, comparison, endpoint, settledBy } of page) {
      const settled = settledOutcome(endpoint, comparison, rules);
      if (settled.settledBy === settledBy) continue;
      await updateSettled(db, [settled.outcome, settled.settledBy, comparisonId, captureId]);
    }
  }
};

/** Returns the outcome of a pair under rules, and the ids of those that settle it as they are stored. */
export const settledOutcome = (
  endpoint: string,
  comparison: PairComparison,
  rules: readonly Rule[],
): { readonly outcome: PairComparison['outcome']; readonly settledBy: string | null } => {
  const ids = settlingRules(endpoint, comparison, rules).map(({ id }) => id);
  return ids.length === 0
    ? { outcome: comparison.outcome, settledBy: null }
    : { outcome: 'equivalent', settledBy: JSON.stringify(ids.toSorted()) };
};

/**
 * Returns for each of some rules the captures of the pairs that it would settle if it were added to those
 * in force.
 */
export const settledByAdding = async (
  store: Store,
  comparisonId: string,
  drafts: readonly RuleContent[],
): Promise<readonly (readonly string[])[]> => {
  const rules = await rulesInForce(store.db, comparisonId);
  const found = drafts.map((): string[] => []);
  for await (const page of differingPairs(store.db, comparisonId, 'all')) {
    for (const { captureId, comparison, endpoint, settledBy } of page) {
      if (settledBy !== null) continue;
      for (const [index, draft] of drafts.entries()) {
        const isSettled = settlingRules(endpoint, comparison, [...rules, draft]).length > 0;
        if (isSettled) found[index]?.push(captureId);
      }
    }
  }
  return found;
};
