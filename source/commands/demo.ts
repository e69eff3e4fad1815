import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Side } from '../comparison/outcome.ts';
import { startDemoEndpoint } from '../demo/server/endpoint.ts';
import { demoLabel, demoPrices, demoRemark, type DemoModel } from '../demo/models.ts';
import { demoTrafficFile } from '../demo/answers/recordings.ts';
import type { Model } from '../models/model.ts';
import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { readFlags } from './flags.ts';
import type { Command } from './main.ts';
import { runReplay } from './replay.ts';
import { prepareReplay } from '../replay/prepare/prepare-replay.ts';
import { runReview } from './review-screen/review-run.ts';
import { hasTerminal, reviewerName } from './review-screen/review-screen.ts';
import { summaryOf } from './texts/summary-of.ts';

/** `understudy demo`: the main job on bundled traffic, against an endpoint inside the program. */
export const demo: Command = async (argv) => {
  const { input, flags } = readFlags('demo', argv, {
    db: { type: 'string' },
    seed: { type: 'string' },
    reviewer: { type: 'string' },
  });
  if (input.length > 0) {
    throw new UserError('demo brings its own traffic. For yours: understudy compare FILES.');
  }
  const seed = seedOf(flags.seed);
  const db = flags.db ?? join(tmpdir(), 'understudy-demo.db');
  const comeBack =
    flags.db === undefined ? 'understudy demo' : `understudy demo --db ${harmlessLine(flags.db)}`;
  const endpoint = await startDemoEndpoint({ seed });
  try {
    const prepared = await prepareReplay({
      files: [demoTrafficFile()],
      // Where nobody watches the answers come, more of them come at once.
      flags: { db, concurrency: hasTerminal() ? undefined : '32' },
      environment: {},
      ask: null,
      models: {
        baseline: demoModel(endpoint.url, 'incumbent'),
        candidate: demoModel(endpoint.url, 'newcomer'),
      },
      prices: { baseline: demoPrices.incumbent, candidate: demoPrices.newcomer } satisfies Record<
        Side,
        unknown
      >,
    });
    try {
      process.stderr.write(
        'The demo: recorded answers of real models, and answers computed by rules; timings, token counts and prices are simulated.\n',
      );
      if (!hasTerminal()) {
        const code = await runReplay(prepared, db);
        const { store, comparison, prices } = prepared;
        const { text } = await summaryOf(store, comparison, prices);
        process.stdout.write(`\n${text}`);
        process.stdout.write(`\nTo review it, run ${comeBack} in a terminal.\n`);
        return code;
      }
      return await runReview(prepared, {
        reviewer: reviewerName(flags.reviewer),
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
  provider: {
    id: 'demo',
    baseUrl: url,
    keyVariables: [],
    keyRequired: false,
    streamOptions: true,
    pricesId: null,
    headers: {},
    authorization: 'bearer',
    quirks: 'openai-compatible',
    loadsOnFirstCall: false,
    batch: false,
  },
});

const seedOf = (flag: string | undefined): number => {
  const seed = Number(flag ?? '1');
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new UserError(
    `--seed is a whole number from 0 on, and ${JSON.stringify(harmlessLine(flag ?? ''))} is none.`,
  );
};
