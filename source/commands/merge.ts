import { existsSync, realpathSync } from 'node:fs';
import { compareUncompared } from '../replay/compare-stored.ts';
import { copyStore } from '../store/engine/store-copy.ts';
import { argumentError } from '../store/engine/store-errors.ts';
import { mergeStores, type Merged, type MergedFact } from '../store/merge/merge-stores.ts';
import { openStore, type Store } from '../store/open.ts';
import { thisProcess } from '../store/this-process.ts';
import { jsonDocument } from '../text/json-document.ts';
import { count } from '../text/numbers.ts';
import { printable, printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { wrapped } from '../text/wrap.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';

/** Runs `understudy merge OTHER.db`: unites another store with this one. */
export const merge: Command<'merge'> = async (argv) => {
  const { flags, input } = readFlags('merge', argv);
  const file = storeFile(flags.db, process.env);
  const [other = ''] = input;
  if (!existsSync(other)) {
    throw new UserError(
      `There is no store at ${printable(other)}. Name the file of another store.`,
    );
  }
  if (isSameFile(file, other)) {
    throw new UserError(
      `${printable(other)} is the store itself. Name another one, or with --db the one to merge it into.`,
    );
  }
  const report = flags.dryRun ? await dryRun(file, other) : await mergeFile(file, other);
  const names = { store: file, other, dryRun: flags.dryRun };
  process.stdout.write(flags.json ? mergeJson(report, names) : mergeText(report, names));
  return 0;
};

const isSameFile = (one: string, another: string): boolean => {
  try {
    return realpathSync(one) === realpathSync(another);
  } catch {
    // One of them does not exist; opening it says so.
    return false;
  }
};

/** The result of a merge, and how many pairs were compared after it. */
type MergeReport = Merged & { readonly compared: number };

/** Merges into a copy of the store. */
const dryRun = async (file: string, other: string): Promise<MergeReport> => {
  const copy = await copyStore(file);
  try {
    return await mergeFile(copy.file, other, file);
  } finally {
    copy.remove();
  }
};

/** How long a run is trusted to be at work after its last sign of life. */
const trustedMs = 60_000;

const mergeFile = async (file: string, other: string, shownAs = file): Promise<MergeReport> => {
  const store = await openStore(file, { mustExist: true, shownAs });
  try {
    return await withCopyOf(other, async (theirs) => {
      const { host, isAlive } = thisProcess();
      const merged = await mergeStores(
        store,
        theirs,
        (run) =>
          Date.now() - Date.parse(run.touchedAt) < trustedMs &&
          (run.host !== host || isAlive(run.pid)),
      );
      return { ...merged, compared: await compareAll(store, merged.comparisonIds) };
    });
  } finally {
    await store.close();
  }
};

/**
 * Opens a temporary copy of a store, which is migrated if it is of an older version. SQLite writes
 * files beside a store that it only reads.
 */
const withCopyOf = async <Result>(
  file: string,
  work: (store: Store) => Promise<Result>,
): Promise<Result> => {
  const copy = await copyStore(file, 'a merge').catch(rethrowForArgument);
  try {
    const store = await openStore(copy.file, { mustExist: true, shownAs: file }).catch(
      rethrowForArgument,
    );
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  } finally {
    copy.remove();
  }
};

const rethrowForArgument = (error: unknown): never => {
  throw argumentError(error);
};

/** Compares the pairs whose answers came together in the merge. */
const compareAll = async (store: Store, comparisonIds: readonly string[]): Promise<number> => {
  let compared = 0;
  const options = { isAborted: () => false, onOutcome: () => (compared += 1) };
  for (const id of comparisonIds) await compareUncompared(store, id, options);
  return compared;
};

type Names = { readonly store: string; readonly other: string; readonly dryRun: boolean };

const mergeJson = (
  { comparisonIds, ...report }: MergeReport,
  { dryRun: isDryRun, other, store }: Names,
): string =>
  jsonDocument(
    {
      schema: 'understudy.merge/1',
      store,
      other,
      dryRun: isDryRun,
      comparisons: comparisonIds,
      ...report,
    },
    'one line',
  );

const factNames: Readonly<Record<MergedFact, string>> = {
  comparisons: 'comparisons',
  captures: 'captures',
  recordedAnswers: 'recorded answers',
  rejectedRecords: 'rejected records',
  pairs: 'pairs',
  answers: 'answers',
  failedAttempts: 'failed attempts',
  surplusAnswers: 'surplus answers',
  outcomes: 'outcomes',
  rules: 'rules',
  verdictEvents: 'verdict events',
  controlEvents: 'events on control pairs',
  judgeCalls: 'calls to judges',
};

const isMergedFact = (name: string): name is MergedFact => Object.hasOwn(factNames, name);

const mergeText = (report: MergeReport, { dryRun: isDryRun, other, store }: Names): string => {
  const { facts } = report;
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(18)}${cells.map((cell) => (typeof cell === 'number' ? count(cell) : cell).padStart(11)).join('')}`;
  const rows = Object.keys(factNames)
    .filter(isMergedFact)
    .flatMap((fact) => {
      const { added, differing, known } = facts[fact];
      return added + differing + known === 0
        ? []
        : [row(factNames[fact], [added, known, differing])];
    });
  const lines = [
    ...wrapped(
      `${printable(other)} ${isDryRun ? 'would be merged' : 'merged'} into ${printable(store)}${isDryRun ? '. Nothing was written' : ''}.`,
      '',
    ),
    ...(rows.length === 0
      ? ['  It has nothing to merge.']
      : [row('', ['new', 'in both', 'differing']), ...rows]),
    ...remarks(report).flatMap((remark) => wrapped(remark, '  ')),
  ];
  return `${lines.join('\n')}\n`;
};

/** Notes for the user beyond the counts. */
const remarks = (report: MergeReport): readonly string[] => {
  const { compared, openBatchJobs, otherAnswer, otherSelection, paidTwice } = report;
  const { sameIdOtherRequest, verdictsOnOthers } = report;
  const several = (number: number, one: string, many: string): string =>
    `${count(number)} ${number === 1 ? one : many}`;
  const said: readonly (readonly [number, string])[] = [
    [
      otherAnswer,
      `${several(otherAnswer, 'side was', 'sides were')} answered in both stores, and differently: the earlier answer is shown. ${count(paidTwice)} of the others ${paidTwice === 1 ? 'was' : 'were'} paid for and ${paidTwice === 1 ? 'stays' : 'stay'} in the ledger.`,
    ],
    [
      verdictsOnOthers,
      `${several(verdictsOnOthers, 'verdict was', 'verdicts were')} given on an answer that is not the one shown. They count; judge these pairs again to replace them.`,
    ],
    [
      sameIdOtherRequest,
      `${several(sameIdOtherRequest, 'id stands', 'ids stand')} for different requests in the two stores. Both are kept; the capture that was imported later has an id of its own, with ~ in it.`,
    ],
    [
      otherSelection,
      `${several(otherSelection, 'comparison has', 'comparisons have')} another selection in each store: the older comparison's is remembered, and the pairs are those of both.`,
    ],
    [compared, `${several(compared, 'pair was', 'pairs were')} compared.`],
    [
      openBatchJobs,
      `${several(openBatchJobs, 'batch job', 'batch jobs')} of the other store ${openBatchJobs === 1 ? 'is' : 'are'} not done and ${openBatchJobs === 1 ? 'stays' : 'stay'} there. Run its replay --batch until all answers have arrived, then merge again; until then a replay here would order the same answers once more.`,
    ],
  ];
  return [
    ...report.renamed.map(({ from, to }) => `Comparison ${from} now has the id ${to}.`),
    ...said.flatMap(([number, text]) => (number > 0 ? [text] : [])),
    ...report.doubleVerdicts.map(
      ({ pairs, reviewer }) =>
        `${printableLine(reviewer)} judged ${several(pairs, 'pair', 'pairs')} differently in the two stores: the later verdict counts, and the other one is no longer shown. If these are two people, give each of them another name (--reviewer) before they judge.`,
    ),
  ];
};
