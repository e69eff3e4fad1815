import { compatibleServer } from '../models/resolve-model.ts';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { startDemoEndpoint } from '../demo/demo-endpoint.ts';
import { demoRemark } from '../demo/simulation-notes.ts';
import { demoLabel, demoPrices, type DemoModel } from '../money/simulated-models.ts';
import { demoTrafficFile } from '../demo/demo-answers.ts';
import type { Model } from '../models/model.ts';
import { storeFlagText } from '../text/shell.ts';
import type { Command } from './flags/command-table.ts';
import { demoStoreName } from './flags/shared-flags.ts';
import { readFlags } from './flags/read-flags.ts';
import { readReplayFlags } from './flags/replay-flags.ts';
import { runReplay } from './run-replay.ts';
import { prepareReplay } from '../replay/prepare/prepare-replay.ts';
import { runReview } from './review-screen/review-run.ts';
import { hasTerminal } from './review-screen/controlling-terminal.ts';
import { reviewerName } from './reviewer-name.ts';
import { currentSummary } from './texts/current-summary.ts';

/**
 * Runs `understudy demo`: the main job on bundled traffic, against an endpoint inside the program.
 */
export const demo: Command<'demo'> = async (argv) => {
  const { flags } = readFlags('demo', argv);
  const db = flags.db ?? join(tmpdir(), demoStoreName);
  const comeBack = `understudy demo${storeFlagText(flags.db)}`;
  const endpoint = await startDemoEndpoint({ seed: flags.seed });
  try {
    // Without a screen to watch, more calls may be in flight.
    const concurrency = hasTerminal() ? [] : ['--concurrency', '32'];
    const prepared = await prepareReplay({
      files: [demoTrafficFile()],
      asked: readReplayFlags(readFlags('replay', ['--db', db, ...concurrency]), {
        environment: {},
        now: new Date(),
      }),
      environment: {},
      ask: null,
      progress: null,
      simulated: {
        models: {
          baseline: demoModel(endpoint.url, 'incumbent'),
          candidates: [demoModel(endpoint.url, 'newcomer')],
        },
        prices: { baseline: demoPrices.incumbent, candidate: demoPrices.newcomer },
      },
    });
    try {
      process.stderr.write(
        'The demo: recorded answers of real models, and answers computed by rules; timings, token counts and prices are simulated.\n',
      );
      if (!hasTerminal()) {
        const code = await runReplay(prepared, db);
        const { comparisons, pricesOf, store } = prepared;
        const [{ comparison }] = comparisons;
        const { text } = await currentSummary(store, comparison, pricesOf(comparison));
        process.stdout.write(`\n${text}`);
        process.stdout.write(`\nTo review it, run ${comeBack} in a terminal.\n`);
        return code;
      }
      return await runReview(prepared, {
        reviewer: reviewerName(flags.reviewer),
        theme: flags.theme,
        screen: flags,
        remark: demoRemark,
        comeBack,
        storeFlag: '',
      });
    } finally {
      await prepared.store.close();
    }
  } finally {
    await endpoint.close();
  }
};

const demoModel = (url: string, name: DemoModel): Model => ({
  kind: 'live',
  label: demoLabel(name),
  name,
  provider: { ...compatibleServer(url), id: 'demo' },
});
