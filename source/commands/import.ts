import { jsonDocument } from '../text/json-document.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { countRecords, recordedModels } from '../store/captures/captures.ts';
import { openStore, type Store } from '../store/open.ts';
import { UserError } from '../text/user-error.ts';
import { type FileReport, sumReports } from '../intake/import-tally.ts';
import { type RefusedFile, sortFiles, type TrafficInput } from '../intake/inspect-files.ts';
import { printableLine } from '../text/printable.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { type AskedService, readServiceFlags, readTrafficFlags } from './flags/traffic-flags.ts';
import type { DryRunOptions } from './import-dry-run.ts';
import type { Mapping } from '../traffic/mapping/mapping.ts';
import { importJson, importText, nextStep } from './texts/import-text.ts';
import { isBulk, storeSink } from '../intake/store-sink.ts';
import { takeIn } from '../intake/take-in.ts';
import { keepHeapSmall } from './terminal/heap.ts';
import { catchInterrupt } from './terminal/signals.ts';
import { importProgress } from './terminal/status-line.ts';
import { openRedactor } from '../store/redaction/open-redactor.ts';

/** Runs `understudy import FILES…` and `--from SERVICE`: reads captured traffic into the store. */
export const importFiles: Command<'import'> = async (argv) => {
  const { given, input, flags } = readFlags('import', argv);
  const named = (['baseline', 'candidate', 'model'] as const).some((flag) => given.has(flag));
  if (named && !flags.dryRun) {
    throw new UserError(
      'import sends nothing to a model. Add --dry-run to see what a replay on these models would cost; understudy replay and understudy compare send requests.',
    );
  }
  keepHeapSmall();
  // Before the store is opened, so that a mistake leaves no empty store behind.
  const asked = readServiceFlags(flags, input, new Date());
  const { mapping, lastTurn } = readTrafficFlags(flags, asked === null ? input : [asked.name]);
  const { redaction } = await readConfiguration(flags.config, process.env);
  const file = storeFile(flags.db, process.env);
  const progress = importProgress(process.stderr);
  const interrupt = flags.dryRun ? null : catchInterrupt();
  const signal = interrupt?.signal;
  try {
    const traffic =
      asked === null
        ? await trafficInFiles(input, mapping)
        : await trafficOfService(asked, lastTurn, { signal, say: progress.note });
    if (flags.dryRun) return await dryRun(traffic, { storeFile: file, lastTurn, progress, flags });
    const at = new Date().toISOString();
    const store = await openStore(file, { build: isBulk(traffic.inputs) });
    try {
      const redactor = flags.redact ? await openRedactor(store, redaction) : null;
      const inputs = await traffic.inputsFor(store);
      const sink = storeSink(store, inputs, { comparisonId: null, at });
      const reports = await takeIn(inputs, sink, { redactor, lastTurn, progress, signal });
      const held = await countRecords(store);
      const { refused } = traffic;
      process.stdout.write(
        flags.json
          ? jsonDocument({ ...importJson(reports, store.file, held), refused }, 'one line')
          : importText(reports, store.file, held),
      );
      const exitCode = reportMissing(traffic, reports);
      if (!flags.json && held.replayable > 0) {
        const recorded = await recordedModels(store);
        process.stderr.write(nextStep(flags.db, { ...held, recorded }));
      }
      return exitCode;
    } finally {
      await store.close();
    }
  } finally {
    interrupt?.release();
  }
};

/** What is imported. */
type ImportTraffic = {
  readonly inputs: readonly TrafficInput[];
  /** The same, for an import into this store, from where an earlier one stopped. */
  readonly inputsFor: (store: Store) => Promise<readonly TrafficInput[]>;
  readonly refused: readonly RefusedFile[];
  /** Whether it is no mistake that there is nothing: of a service, nothing may be new. */
  readonly mayBeEmpty: boolean;
};

const trafficInFiles = async (
  paths: readonly string[],
  mapping: Mapping | null,
): Promise<ImportTraffic> => {
  const { files, refused } = await sortFiles(paths, mapping);
  if (files.length === 0) throw noneImported(refused);
  return { inputs: files, inputsFor: () => Promise.resolve(files), refused, mayBeEmpty: false };
};

/** The calls of a service. `--last-turn` reads them twice, so that they are copied first. */
const trafficOfService = async (
  { name, range }: AskedService,
  lastTurn: boolean,
  options: {
    readonly signal: AbortSignal | undefined;
    readonly say: (sentence: string) => void;
  },
): Promise<ImportTraffic> => {
  const { openService } = await import('../intake/services/open-service.ts');
  const { spooled } = await import('../intake/services/service-traffic.ts');
  const service = await openService(name, range, { environment: process.env, ...options });
  const inputs = [lastTurn ? await spooled(service.input()) : service.input()];
  const inputsFor = async (store: Store) => (lastTurn ? inputs : [await service.inputFor(store)]);
  return { inputs, inputsFor, refused: [], mayBeEmpty: true };
};

const dryRun = async (
  traffic: ImportTraffic,
  options: Pick<DryRunOptions, 'storeFile' | 'lastTurn' | 'progress'> & {
    readonly flags: DryRunOptions['flags'] & { readonly json: boolean; readonly redact: boolean };
  },
): Promise<0 | 2> => {
  const { importDryRun } = await import('./import-dry-run.ts');
  const { importDryRunText } = await import('./texts/import-dry-run-text.ts');
  const { inputs, refused } = traffic;
  const { json, redact } = options.flags;
  const dry = await importDryRun({ files: inputs, redact, environment: process.env, ...options });
  const document = {
    schema: 'understudy.importDryRun/1',
    ...sumReports(dry.reports),
    ...dry,
    refused,
  };
  process.stdout.write(json ? jsonDocument(document, 'indented') : importDryRunText(dry));
  return reportMissing(traffic, dry.reports);
};

/** The error for the last of the files if none holds traffic; the others are named on standard error. */
const noneImported = (refused: readonly RefusedFile[]): UserError => {
  nameRefused(refused.slice(0, -1));
  return new UserError(refused.at(-1)?.reason ?? 'There are no files to import.');
};

/**
 * Names the files that hold no traffic, on standard error, and says if there is no traffic at all. Returns the
 * exit code.
 */
const reportMissing = (
  { mayBeEmpty, refused }: ImportTraffic,
  reports: readonly FileReport[],
): 0 | 2 => {
  nameRefused(refused);
  const isEmpty = !mayBeEmpty && reports.every(({ read }) => read === 0);
  if (isEmpty) {
    const files = reports.length === 1 ? 'The file contains' : 'The files contain';
    process.stderr.write(`understudy: ${files} no request to a model. Nothing was imported.\n`);
  }
  return refused.length === 0 && !isEmpty ? 0 : 2;
};

const nameRefused = (refused: readonly RefusedFile[]): void => {
  for (const { reason } of refused) {
    process.stderr.write(`understudy: ${printableLine(reason)}\n`);
  }
};
