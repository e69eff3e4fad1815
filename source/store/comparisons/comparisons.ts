import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import { nearest } from '../../text/nearest.ts';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { storable } from '../bodies.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';

/** A stored comparison of two models. */
export type ComparisonRecord = {
  readonly id: string;
  readonly name: string;
  /** The labels of the two models, as written by the user. */
  readonly baseline: string;
  readonly candidate: string;
  readonly createdAt: string;
};

/** A comparison in a list, with how far a reviewer has judged it. */
export type ListedComparison = ComparisonRecord & {
  readonly pairs: number;
  /** The pairs with a verdict of the reviewer. */
  readonly judged: number;
};

/** Finds the comparison of this name and these models, or creates it. */
export const openComparison = async (
  store: Store,
  options: {
    /** Null: the two labels with an arrow between them. */
    readonly name: string | null;
    readonly baseline: string;
    readonly candidate: string;
    readonly at: string;
  },
): Promise<ComparisonRecord & { readonly created: boolean }> => {
  const baseline = storable(options.baseline);
  const candidate = storable(options.candidate);
  const name = storable(options.name ?? `${baseline} → ${candidate}`);
  return store.db.transaction().execute(async (transaction) => {
    const found = await transaction
      .selectFrom('comparison')
      .selectAll()
      .where('name', '=', name)
      .where('baseline', '=', baseline)
      .where('candidate', '=', candidate)
      .executeTakeFirst();
    if (found !== undefined) return { ...toRecord(found), created: false };
    const id = await newComparisonId(transaction, [name, baseline, candidate]);
    const row = { id, name, baseline, candidate, created_at: options.at };
    await transaction.insertInto('comparison').values(row).execute();
    return { ...toRecord(row), created: true };
  });
};

/** Crockford's base 32, without letters that look like digits. */
const base32 = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Returns the id of a new comparison, a hash of its name and models: on every machine the same
 * comparison has the same id, and with it the same queue order.
 */
const newComparisonId = async (
  transaction: Transaction<Tables>,
  parts: readonly string[],
): Promise<string> => {
  const hash = createHash('sha256').update(parts.join('\0')).digest().subarray(0, 8);
  const id = Array.from(hash, (byte) => base32[byte & 31]).join('');
  const taken = await transaction
    .selectFrom('comparison')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  // A scrub may have changed the name of the comparison that has this id.
  return taken === undefined ? id : newComparisonId(transaction, [...parts, id]);
};

/** Lists all comparisons, newest first. */
export const listComparisons = async (store: Store): Promise<readonly ComparisonRecord[]> => {
  const rows = await store.db
    .selectFrom('comparison')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(toRecord);
};

/** Lists all comparisons with their pairs and the verdicts of a reviewer, newest first. */
export const listJudgedComparisons = async (
  store: Store,
  reviewer: string,
): Promise<readonly ListedComparison[]> => {
  const pairs = await store.db
    .selectFrom('comparison_capture')
    .select(({ fn }) => ['comparison_id', fn.countAll().as('n')])
    .groupBy('comparison_id')
    .execute();
  const judged = await store.db
    .selectFrom('current_verdict')
    .select(({ fn }) => ['comparison_id', fn.countAll().as('n')])
    .where('reviewer', '=', storable(reviewer))
    .groupBy('comparison_id')
    .execute();
  const counts = [pairs, judged].map(
    (rows) => new Map(rows.map((row) => [row.comparison_id, Number(row.n)])),
  );
  return (await listComparisons(store)).map((comparison) => ({
    ...comparison,
    pairs: counts[0]?.get(comparison.id) ?? 0,
    judged: counts[1]?.get(comparison.id) ?? 0,
  }));
};

/**
 * Finds a comparison by id or name; null finds the newest. Throws UserError with a list of the
 * comparisons if none or several match.
 */
export const findComparison = async (
  store: Store,
  idOrName: string | null,
): Promise<ComparisonRecord> => {
  const all = await listComparisons(store);
  const [newest] = all;
  if (newest === undefined) {
    throw new UserError(
      `${printable(store.file)} contains no comparison. Start one: understudy compare traffic.jsonl --baseline MODEL --candidate MODEL.`,
    );
  }
  // A comparison of a baseline with itself only measures the noise of the others.
  if (idOrName === null) {
    return all.find(({ baseline, candidate }) => baseline !== candidate) ?? newest;
  }
  const byId = all.find(({ id }) => id === idOrName);
  if (byId !== undefined) return byId;
  const [byName, another] = all.filter(({ name }) => name === idOrName);
  if (byName !== undefined && another === undefined) return byName;
  const asked = JSON.stringify(printable(idOrName));
  throw new UserError(
    byName === undefined
      ? `There is no comparison ${asked} in ${printable(store.file)}. ${meant(idOrName, all)}Available: ${listed(all)}.`
      : `More than one comparison is named ${asked}. Use an id: ${listed(all)}.`,
  );
};

/**
 * Finds the comparisons of several candidates with one baseline, in the order of the candidates; without
 * candidates, the comparison that `findComparison` finds. A candidate is named as in its comparison or by
 * the end of that, `gpt-4o-mini`. `idOrName` says whose baseline and name they have; null: those of the
 * newest comparison of the first candidate. Throws UserError with what there is if one is not found.
 */
export const findCandidates = async (
  store: Store,
  idOrName: string | null,
  candidates: readonly string[],
): Promise<readonly [ComparisonRecord, ...ComparisonRecord[]]> => {
  const [first, ...others] = candidates;
  if (first === undefined) return [await findComparison(store, idOrName)];
  const all = await listComparisons(store);
  const like =
    idOrName === null
      ? all.find(({ candidate }) => isNamed(candidate, first))
      : (all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName));
  const { baseline, ...asked } = like ?? (await findComparison(store, idOrName));
  const compared = all.filter(
    (one) =>
      one.baseline === baseline &&
      one.candidate !== baseline &&
      ownName(one) === ownName({ baseline, ...asked }),
  );
  const find = (name: string): ComparisonRecord => findCandidate(compared, name, baseline);
  const found = [find(first), ...others.map(find)] as const;
  const twice = found.find(({ id }, index) => found.findIndex((one) => one.id === id) < index);
  if (twice !== undefined) {
    throw new UserError(
      `--candidate names ${printable(twice.candidate)} twice. Name each candidate once.`,
    );
  }
  return found;
};

/** The name that a user gave to a comparison; null if it has that of its models. */
const ownName = ({ baseline, candidate, name }: Omit<ComparisonRecord, 'createdAt' | 'id'>) =>
  name === `${baseline} → ${candidate}` ? null : name;

/** Whether a candidate is meant by its whole name, or by its end after `/`, `#` or `:`. */
const isNamed = (candidate: string, asked: string): boolean =>
  candidate === asked ||
  (candidate.endsWith(asked) && '/#:'.includes(candidate.at(-asked.length - 1) ?? ' '));

/** Finds the newest comparison of a candidate, among those of one baseline. */
const findCandidate = (
  compared: readonly ComparisonRecord[],
  asked: string,
  baseline: string,
): ComparisonRecord => {
  const whole = compared.find(({ candidate }) => candidate === asked);
  const [first, ...others] = compared.filter(({ candidate }) => isNamed(candidate, asked));
  const found = whole ?? first;
  const isClear = others.every(({ candidate }) => candidate === found?.candidate);
  if (found !== undefined && (whole !== undefined || isClear)) return found;
  const labels = [...new Set(compared.map(({ candidate }) => printable(candidate)))];
  throw new UserError(
    `${found === undefined ? 'There is no comparison of' : 'More than one candidate is'} ${JSON.stringify(printable(asked))} with the baseline ${printable(baseline)}. Its candidates: ${labels.join(', ')}.`,
  );
};

/** Lists the other comparisons with the same name and baseline. */
export const siblingComparisons = async (
  store: Store,
  comparisonId: string,
): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('comparison as own')
    .innerJoin('comparison as other', (join) =>
      join
        .onRef('other.name', '=', 'own.name')
        .onRef('other.baseline', '=', 'own.baseline')
        .onRef('other.id', '<>', 'own.id'),
    )
    .select('other.id')
    .where('own.id', '=', comparisonId)
    .execute();
  return rows.map(({ id }) => id);
};

/** Deletes the comparison if it selects no capture. Resolves to whether it was deleted. */
export const dropEmptyComparison = async (store: Store, comparisonId: string): Promise<boolean> =>
  store.db.transaction().execute(async (transaction) => {
    if (await hasRow(transaction, 'comparison_capture', comparisonId)) return false;
    return (await deleteComparison(transaction, comparisonId)) > 0n;
  });

/** The tables with rows of comparisons that were used. */
const activityTables = [
  'response',
  'attempt',
  'not_sent',
  'claim',
  'judge_call',
  'verdict_event',
  'control_event',
] as const;

/**
 * Deletes an unused comparison, but not its captures. A comparison is unused if it has no answer,
 * attempt, claim or verdict. Resolves to whether it was deleted.
 */
export const discardComparison = async (store: Store, comparisonId: string): Promise<boolean> =>
  store.db.transaction().execute(async (transaction) => {
    for (const table of activityTables) {
      if (await hasRow(transaction, table, comparisonId)) return false;
    }
    await deleteComparison(transaction, comparisonId);
    return true;
  });

const hasRow = async (
  transaction: Transaction<Tables>,
  table: (typeof activityTables)[number] | 'comparison_capture',
  comparisonId: string,
): Promise<boolean> => {
  const row = await transaction
    .selectFrom(table)
    .select('comparison_id')
    .where('comparison_id', '=', comparisonId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

/** Deletes a comparison and its selection. Resolves to the number of comparisons deleted. */
const deleteComparison = async (
  transaction: Transaction<Tables>,
  comparisonId: string,
): Promise<bigint> => {
  for (const table of [
    'comparison_rejected',
    'comparison_left_out',
    'comparison_capture',
    'rule',
  ] as const) {
    await transaction.deleteFrom(table).where('comparison_id', '=', comparisonId).execute();
  }
  const { numDeletedRows } = await transaction
    .deleteFrom('comparison')
    .where('id', '=', comparisonId)
    .executeTakeFirstOrThrow();
  return numDeletedRows;
};

/** `Did you mean …? ` with the ids and names that are like what was asked for; empty if none is. */
const meant = (asked: string, all: readonly ComparisonRecord[]): string => {
  const names = nearest(asked, [...new Set(all.flatMap(({ id, name }) => [id, name]))]);
  const shown = names.map((name) => JSON.stringify(printable(name)));
  return shown.length === 0 ? '' : `Did you mean ${shown.join(' or ')}? `;
};

const listed = (all: readonly ComparisonRecord[]): string => {
  const shown = all.slice(0, 10).map(({ id, name }) => `${id} (${printable(name)})`);
  const more = all.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
};

const toRecord = (row: {
  id: string;
  name: string;
  baseline: string;
  candidate: string;
  created_at: string;
}): ComparisonRecord => ({
  id: row.id,
  name: row.name,
  baseline: row.baseline,
  candidate: row.candidate,
  createdAt: row.created_at,
});
