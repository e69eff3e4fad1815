import { harmlessLine } from '../text/harmless.ts';
import { readFlags } from './flags.ts';
import type { Command } from './main.ts';
import { terminalAsk } from './terminal/ask.ts';
import { runReplay } from './replay.ts';
import { prepareReplay } from '../replay/prepare/prepare-replay.ts';
import { isDryRun, replayFlags } from './replaying/replay-settings.ts';
import { runReview } from './review-screen/review-run.ts';
import { hasTerminal, reviewerName } from './review-screen/review-screen.ts';

/** `understudy compare [FILES…] --baseline MODEL --candidate MODEL`: the main job. */
export const compare: Command = async (argv) => {
  const { input, flags } = readFlags('compare', argv, {
    ...replayFlags,
    reviewer: { type: 'string' },
  });
  if (isDryRun(flags)) {
    const { runDryRun } = await import('./dry-run.ts');
    return runDryRun({ files: input, flags, environment: process.env, batch: false });
  }
  const prepared = await prepareReplay({
    files: input,
    flags,
    environment: process.env,
    ask: terminalAsk(),
  });
  try {
    if (!hasTerminal()) return await runReplay(prepared, flags.db);
    return await runReview(prepared, {
      reviewer: reviewerName(flags.reviewer),
      remark: null,
      comeBack: 'the same command again',
      storeFlag: flags.db === undefined ? '' : ` --db ${harmlessLine(flags.db)}`,
    });
  } finally {
    await prepared.store.close();
  }
};
