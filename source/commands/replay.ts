import { prepareRun } from './prepare-run.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags } from './flags/read-flags.ts';
import { readMetricsPort, readPollFor, readReplayFlags } from './flags/replay-flags.ts';
import { runReplay } from './run-replay.ts';

/**
 * Runs `understudy replay [FILES…] --baseline MODEL --candidate MODEL`: a replay without a screen.
 */
export const replay: Command<'replay'> = async (argv) => {
  const read = readFlags('replay', argv);
  const { flags, input: files } = read;
  const environment = process.env;
  const pollForMs = readPollFor(flags);
  const metricsPort = readMetricsPort(flags);
  const asked = readReplayFlags(read, { environment, now: new Date() });
  if (flags.dryRun) {
    const { runDryRun } = await import('./dry-run.ts');
    return runDryRun({ files, asked, environment, json: flags.json });
  }
  const prepared = await prepareRun({ files, asked, environment });
  try {
    if (asked.follow !== null) {
      const { runFollow } = await import('./run-follow.ts');
      return await runFollow(prepared, { db: flags.db, json: flags.json, metricsPort });
    }
    if (!flags.batch) return await runReplay(prepared, flags.db);
    const { runBatchReplay } = await import('./run-batch-replay.ts');
    return await runBatchReplay(prepared, { db: flags.db, pollForMs });
  } finally {
    await prepared.store.close();
  }
};
