import { basename } from 'node:path';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { queuePosition } from '../comparisons/queue-order.ts';
import { settleByRules } from '../comparisons/stored-rules.ts';
import type { Store } from '../open.ts';
import { listClaimants } from '../side-claims.ts';
import type { Tables } from '../tables.ts';
import { findDoubleVerdicts, type DoubleVerdicts } from './double-verdicts.ts';
import {
  pairIdentity,
  uniteAttempts,
  uniteOutcomes,
  uniteResponses,
  uniteSurplus,
  type UnitedAnswers,
  type WithOwnIds,
} from './unite-answers.ts';
import { uniteCaptures } from './unite-captures.ts';
import { uniteComparisons } from './unite-comparisons.ts';
import {
  allRows,
  RowUnion,
  rowsLike,
  type StoredRow,
  type UnitedCounts,
  type UnitedTable,
} from './unite-rows.ts';

/** The facts that a merge counts, by the word for them. */
const countedTables = {
  captures: 'capture',
  recordedAnswers: 'recorded_response',
  rejectedRecords: 'rejected_record',
  pairs: 'comparison_capture',
  answers: 'response',
  failedAttempts: 'attempt',
  surplusAnswers: 'surplus_answer',
  outcomes: 'outcome',
  rules: 'rule',
  verdictEvents: 'verdict_event',
  controlEvents: 'control_event',
  judgeCalls: 'judge_call',
} as const satisfies Readonly<Record<string, keyof Tables>>;

/** The counted kinds, in the order of the report. */
export type MergedFact = 'comparisons' | keyof typeof countedTables;

/** The result of a merge. */
export type Merged = {
  readonly facts: Readonly<Record<MergedFact, UnitedCounts>>;
  /** The ids in this store of the comparisons that both have or that came from the other store. */
  readonly comparisonIds: readonly string[];
  /** Comparisons of this store that now have the id of the other store's. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** Comparisons with different selections, of which the older comparison's stands. */
  readonly otherSelection: number;
  /** Ids that stand for different requests. Both are kept, the later one under another id. */
  readonly sameIdOtherRequest: number;
  /** Answers to the same side that differ. The earlier one is shown. */
  readonly otherAnswer: number;
  /** Of the answers not shown, the paid ones. The ledger keeps what they cost. */
  readonly paidTwice: number;
  /** Verdicts on a pair with an answer that is not the one shown. They count. */
  readonly verdictsOnOthers: number;
  /** The reviewers who gave different verdicts on the same pairs in each store. The later one counts. */
  readonly doubleVerdicts: readonly DoubleVerdicts[];
  /** Batch jobs of the other store that are not done. They stay there. */
  readonly openBatchJobs: number;
};

/**
 * Unites another store into this one, in one transaction. The result depends on neither the order of
 * stores nor how often they are merged. What only concerns running processes stays where it is:
 * claims, allowances, open batch jobs, where an import from a service stopped, the salt of placeholders. Throws UserError if a run is at work
 * on this store. `isAtWork` tells that from a run that ended without a word.
 */
export const mergeStores = async (
  store: Store,
  other: Store,
  isAtWork: (claimant: {
    readonly host: string;
    readonly pid: number;
    readonly touchedAt: string;
  }) => boolean,
): Promise<Merged> => {
  const merged: Merged[] = [];
  await store.engine.durably(() =>
    store.db.transaction().execute(async (transaction) => {
      const running = await listClaimants({ ...store, db: transaction });
      if (running.some(isAtWork)) {
        throw new UserError(
          `A run is at work on ${printable(store.file)}. Merge when it has ended; nothing was changed.`,
        );
      }
      const union = new RowUnion(other.db, transaction);
      const from = basename(other.file);
      merged.push(await uniteAll(union, from, () => store.engine.deferForeignKeys()));
    }),
  );
  const [result] = merged;
  if (result === undefined) throw new Error('The merge ended without a result.');
  return result;
};

const uniteAll = async (
  union: RowUnion,
  from: string,
  deferForeignKeys: () => Promise<void>,
): Promise<Merged> => {
  const comparisons = await uniteComparisons(union, deferForeignKeys);
  const captures = await uniteCaptures(union, deferForeignKeys);
  const withOwnIds: WithOwnIds = (row) => {
    const comparisonId = String(row['comparison_id']);
    const changed: Record<string, string> = {
      comparison_id: comparisons.ids.get(comparisonId) ?? comparisonId,
    };
    if (typeof row['capture_id'] === 'string') {
      changed['capture_id'] = captures.ids.get(row['capture_id']) ?? row['capture_id'];
    }
    return { ...row, ...changed };
  };
  await uniteSelections(union, withOwnIds);
  const answers = await uniteResponses(union, withOwnIds);
  await uniteSurplus(union, withOwnIds);
  await uniteAttempts(union, withOwnIds);
  await uniteOutcomes(union, withOwnIds, answers);
  for (const table of [notSentTable, remedyTable, ruleTable, judgeCallTable]) {
    for await (const row of allRows(union.source, table)) await union.unite(table, withOwnIds(row));
  }
  const doubleVerdicts = await findDoubleVerdicts(union, withOwnIds);
  const verdictsOnOthers = await uniteEvents(union, from, withOwnIds, answers);
  const openBatchJobs = await uniteEndedJobs(union, withOwnIds);
  await uniteRedactions(union);
  await deleteAbandoned(union);
  for (const id of new Set(comparisons.ids.values())) await settleByRules(union.into, id);
  const { added, ids, known, otherSelection, renamed } = comparisons;
  const counts = Object.entries(countedTables).map(([fact, table]) => [fact, union.counts(table)]);
  const facts: Record<keyof typeof countedTables, UnitedCounts> = Object.fromEntries(counts);
  return {
    facts: { comparisons: { added, known, differing: 0 }, ...facts },
    comparisonIds: [...new Set(ids.values())],
    renamed,
    otherSelection,
    sameIdOtherRequest: captures.sameIdOtherRequest,
    otherAnswer: answers.differing,
    paidTwice: answers.paidTwice,
    verdictsOnOthers,
    doubleVerdicts,
    openBatchJobs,
  };
};

const rejectedTable: UnitedTable = {
  name: 'rejected_record',
  key: ['id'],
  unremarkable: ['source', 'line', 'imported_at'],
  stands: { column: 'imported_at', which: 'smaller' },
};

const pairKey = ['comparison_id', 'capture_id'];

/** Unites which captures the comparisons selected, left out and could not replay. A capture in both is selected. */
const uniteSelections = async (union: RowUnion, withOwnIds: WithOwnIds): Promise<void> => {
  for await (const row of allRows(union.source, rejectedTable))
    await union.unite(rejectedTable, row);
  const pairs: UnitedTable = { name: 'comparison_capture', key: pairKey };
  for await (const row of allRows(union.source, pairs)) {
    const own = withOwnIds(row);
    const position = queuePosition(String(own['comparison_id']), String(own['capture_id']));
    await union.unite(pairs, { ...own, position });
  }
  for (const table of [
    { name: 'comparison_rejected', key: ['comparison_id', 'rejected_id'] },
    { name: 'comparison_left_out', key: pairKey },
  ] as const) {
    for await (const row of allRows(union.source, table)) await union.unite(table, withOwnIds(row));
  }
  await union.into
    .deleteFrom('comparison_left_out')
    .where((e) =>
      e.exists(
        e
          .selectFrom('comparison_capture as chosen')
          .select('chosen.capture_id')
          .whereRef('chosen.comparison_id', '=', 'comparison_left_out.comparison_id')
          .whereRef('chosen.capture_id', '=', 'comparison_left_out.capture_id'),
      ),
    )
    .execute();
};

/** The latest reason why an answer was not asked for, as in one store. */
const notSentTable: UnitedTable = {
  name: 'not_sent',
  key: [...pairKey, 'side', 'sample'],
  stands: { column: 'created_at', which: 'greater' },
};

/** The latest remedy, as in one store. */
const remedyTable: UnitedTable = {
  name: 'remedy',
  key: ['comparison_id', 'model', 'dialect', 'parameter', 'from_value'],
  stands: { column: 'created_at', which: 'greater' },
};

/** All rules. One that was taken back in either store is taken back. */
const ruleTable: UnitedTable = {
  name: 'rule',
  key: ['id'],
  unremarkable: ['taken_back_at', 'taken_back_by'],
  stands: { column: 'taken_back_at', which: 'greater' },
};

/** All calls to judges: of those to one pair, the first stands. */
const judgeCallTable: UnitedTable = { name: 'judge_call', key: ['id'] };

/** Unites the events of reviewers from the store of a name. Returns how many verdicts are about answers that are not shown. */
const uniteEvents = async (
  union: RowUnion,
  from: string,
  withOwnIds: WithOwnIds,
  { lost, replaced }: UnitedAnswers,
): Promise<number> => {
  const onOthers = new Set<string>();
  for (const pair of replaced) {
    const [comparisonId = '', captureId = '']: readonly string[] = JSON.parse(pair);
    const key = { comparison_id: comparisonId, capture_id: captureId, kind: 'verdict' };
    for (const event of await rowsLike(union.into, 'verdict_event', Object.keys(key), key)) {
      onOthers.add(String(event['id']));
    }
  }
  const controls: UnitedTable = { name: 'control_event', key: ['id'] };
  for await (const row of allRows(union.source, controls)) {
    await union.unite(controls, withOwnIds(row));
  }
  const events: UnitedTable = {
    name: 'verdict_event',
    key: ['id'],
    // How a verdict first came into a store.
    local: ['origin', 'origin_file', 'merged_from'],
  };
  for await (const row of allRows(union.source, events)) {
    const isVerdict = row['kind'] === 'verdict';
    const theirs: StoredRow = {
      ...withOwnIds(row),
      merged_from: isVerdict ? (row['merged_from'] ?? from) : null,
    };
    await union.unite(events, theirs);
    if (theirs['kind'] === 'verdict' && lost.has(pairIdentity(theirs))) {
      onOthers.add(String(theirs['id']));
    }
  }
  return onOthers.size;
};

const endedStates: ReadonlySet<unknown> = new Set(['done', 'refused']);

/**
 * Unites the batch jobs that are over; their answers are stored. Returns the number of the other
 * store's open ones, which have to be fetched there.
 */
const uniteEndedJobs = async (union: RowUnion, withOwnIds: WithOwnIds): Promise<number> => {
  const jobs: UnitedTable = {
    name: 'batch_job',
    key: ['id'],
    stands: { column: 'updated_at', which: 'greater' },
  };
  let open = 0;
  for await (const row of allRows(union.source, jobs)) {
    const id = String(row['id']);
    const [ours] = await rowsLike(union.into, 'batch_job', ['id'], row);
    if (!endedStates.has(row['state'])) {
      if (ours === undefined && row['state'] !== 'planned') open += 1;
      continue;
    }
    if (ours !== undefined && !endedStates.has(ours['state'])) {
      // A copy of this store has fetched the job.
      await union.into.deleteFrom('batch_line').where('job_id', '=', id).execute();
      await union.into.deleteFrom('batch_job').where('id', '=', id).execute();
    }
    await union.unite(jobs, withOwnIds(row));
  }
  return open;
};

/** The counts of redacted values are sums that may be about the same imports: the greater stands. */
const uniteRedactions = async (union: RowUnion): Promise<void> => {
  const table: UnitedTable = {
    name: 'redaction',
    key: ['rule'],
    stands: { column: 'findings', which: 'greater' },
  };
  for await (const row of allRows(union.source, table)) await union.unite(table, row);
};

/** The number of bodies per statement. */
const pageSize = 500;

/** Deletes the bodies to which nothing refers any more. */
const deleteAbandoned = async ({ abandonedBodies, into }: RowUnion): Promise<void> => {
  const numbers = [...abandonedBodies];
  for (let start = 0; start < numbers.length; start += pageSize) {
    await into
      .deleteFrom('body')
      .where('number', 'in', numbers.slice(start, start + pageSize))
      .where('number', 'not in', (e) => e.selectFrom('response').select('answer_body'))
      .where('number', 'not in', (e) =>
        e
          .selectFrom('attempt')
          .select((s) => s.ref('partial_body').$notNull().as('partial_body'))
          .where('partial_body', 'is not', null),
      )
      .where('number', 'not in', (e) => e.selectFrom('capture').select('request_body'))
      .where('number', 'not in', (e) => e.selectFrom('recorded_response').select('response_body'))
      .execute();
  }
};
