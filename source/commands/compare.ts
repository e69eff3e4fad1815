import { storeFlagText } from '../text/shell.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags } from './flags/read-flags.ts';
import { readReplayFlags } from './flags/replay-flags.ts';
import { runReplay } from './run-replay.ts';
import { prepareRun } from './prepare-run.ts';
import { runReview } from './review-screen/review-run.ts';
import { hasTerminal } from './review-screen/controlling-terminal.ts';
import {
  changeOverlap,
  readOverlap,
  readRepeats,
  readTarget,
} from './review-screen/review-screen.ts';
import { reviewerName } from './reviewer-name.ts';

/** Runs `understudy compare [FILES…] --baseline MODEL --candidate MODEL`: the main job. */
export const compare: Command<'compare'> = async (argv) => {
  const read = readFlags('compare', argv);
  const { flags, input: files } = read;
  const environment = process.env;
  const asked = readReplayFlags(read, { environment, now: new Date() });
  const overlap = readOverlap(flags.overlap);
  const repeats = readRepeats(flags.repeats, flags);
  const target = readTarget(flags.target);
  if (flags.dryRun) {
    const { runDryRun } = await import('./dry-run.ts');
    return runDryRun({ files, asked, environment, json: flags.json });
  }
  const prepared = await prepareRun({ files, asked, environment });
  try {
    if (!hasTerminal()) {
      if (asked.follow === null) return await runReplay(prepared, flags.db);
      const { runFollow } = await import('./run-follow.ts');
      return await runFollow(prepared, { db: flags.db, json: flags.json, metricsPort: null });
    }
    const [{ comparison }, ...others] = prepared.comparisons;
    for (const { id } of [comparison, ...others.map((one) => one.comparison)]) {
      await changeOverlap(prepared.store, id, overlap);
    }
    return await runReview(prepared, {
      reviewer: reviewerName(flags.reviewer),
      blind: flags.blind,
      theme: flags.theme,
      screen: flags,
      repeats,
      target,
      remark: null,
      comeBack: 'the same command again',
      storeFlag: storeFlagText(flags.db),
    });
  } finally {
    await prepared.store.close();
  }
};
