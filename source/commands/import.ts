import { jsonDocument } from '../text/json-document.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { countRecords, recordedModels } from '../store/captures/captures.ts';
import { openStore } from '../store/open.ts';
import { UserError } from '../text/user-error.ts';
import { sumReports } from '../intake/import-tally.ts';
import { type RefusedFile, sortFiles } from '../intake/inspect-files.ts';
import { printableLine } from '../text/printable.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { readTrafficFlags } from './flags/traffic-flags.ts';
import { importJson, importText, nextStep } from './texts/import-text.ts';
import { isBulk, storeSink } from '../intake/store-sink.ts';
import { takeIn } from '../intake/take-in.ts';
import { keepHeapSmall } from './terminal/heap.ts';
import { catchInterrupt } from './terminal/signals.ts';
import { importProgress } from './terminal/status-line.ts';
import { openRedactor } from '../store/redaction/open-redactor.ts';

/** Runs `understudy import FILES…`: reads captured traffic into the store. */
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
  const { mapping, lastTurn } = readTrafficFlags(flags, input);
  const { redaction } = await readConfiguration(flags.config, process.env);
  const { files, refused } = await sortFiles(input, mapping);
  if (files.length === 0) throw noneImported(refused);
  const file = storeFile(flags.db, process.env);
  if (flags.dryRun) {
    const { importDryRun } = await import('./import-dry-run.ts');
    const { importDryRunText } = await import('./texts/import-dry-run-text.ts');
    const dry = await importDryRun({
      files,
      storeFile: file,
      lastTurn,
      redact: flags.redact,
      progress: importProgress(process.stderr),
      flags,
      environment: process.env,
    });
    const document = {
      schema: 'understudy.importDryRun/1',
      ...sumReports(dry.reports),
      ...dry,
      refused,
    };
    process.stdout.write(flags.json ? jsonDocument(document, 'indented') : importDryRunText(dry));
    return reportRefused(refused);
  }
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  const at = new Date().toISOString();
  const store = await openStore(file, { build: isBulk(files) });
  try {
    const redactor = flags.redact ? await openRedactor(store, redaction) : null;
    const sink = storeSink(store, files, { comparisonId: null, at });
    const progress = importProgress(process.stderr);
    const reports = await takeIn(files, sink, { redactor, lastTurn, progress, signal });
    const held = await countRecords(store);
    process.stdout.write(
      flags.json
        ? jsonDocument({ ...importJson(reports, store.file, held), refused }, 'one line')
        : importText(reports, store.file, held),
    );
    const exitCode = reportRefused(refused);
    if (!flags.json && held.replayable > 0) {
      process.stderr.write(nextStep(flags.db, { ...held, recorded: await recordedModels(store) }));
    }
    return exitCode;
  } finally {
    await store.close();
    interrupt.release();
  }
};

/** The error for the last of the files if none holds traffic; the others are named on standard error. */
const noneImported = (refused: readonly RefusedFile[]): UserError => {
  reportRefused(refused.slice(0, -1));
  return new UserError(refused.at(-1)?.reason ?? 'There are no files to import.');
};

/** Names the files that hold no traffic, on standard error, and returns the exit code. */
const reportRefused = (refused: readonly RefusedFile[]): 0 | 2 => {
  for (const { reason } of refused) {
    process.stderr.write(`understudy: ${printableLine(reason)}\n`);
  }
  return refused.length === 0 ? 0 : 2;
};
