import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFlags } from '../../source/commands/flags/read-flags.ts';
import { readReplayFlags } from '../../source/commands/flags/replay-flags.ts';
import { prepareReplay } from '../../source/replay/prepare/prepare-replay.ts';
import { demoPrices } from '../../source/money/simulated-models.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

// A server on loopback has no list price, so the program itself cannot be given a budget for one;
// what it runs is called here with the demo's prices.
describe('a budget', () => {
  it('is not exceeded, reports unsent calls, and a rerun continues without paying twice', async () => {
    const tickets = 40;
    await writeTickets(scene.path('tickets.jsonl'), tickets);
    const { endpoint } = await scene.serve();
    const models = {
      baseline: resolveModel(`${endpoint.url}#incumbent`),
      candidates: [resolveModel(`${endpoint.url}#newcomer`)] as const,
    };
    const run = async (budget: string | undefined) => {
      const prepared = await prepareReplay({
        files: [scene.path('tickets.jsonl')],
        asked: readReplayFlags(
          readFlags('replay', [
            `--db=${scene.path('understudy.db')}`,
            ...(budget === undefined ? [] : [`--budget=${budget}`]),
          ]),
          { environment: {}, now: new Date() },
        ),
        environment: {},
        ask: null,
        progress: null,
        simulated: {
          models,
          prices: { baseline: demoPrices.incumbent, candidate: demoPrices.newcomer },
        },
      });
      try {
        return await prepared.start({ signal: new AbortController().signal }).done;
      } finally {
        await prepared.store.close();
      }
    };
    const limit = 1.05;
    const first = await run(String(limit));
    expect(first.ended).toBe('budget');
    expect(first.progress.cost).toBeGreaterThan(0);
    expect(first.progress.spentAtMost).toBeLessThanOrEqual(limit);
    const { counts, notSentReasons } = await scene.summary();
    expect(counts.answered).toBeGreaterThan(0);
    expect(counts).toMatchObject({ replayable: tickets, failed: 0 });
    expect(counts.answered + counts.notSent).toBe(tickets);
    expect(notSentReasons).toEqual([
      { baseline: 'budget reached', candidate: 'budget reached', pairs: counts.notSent },
    ]);
    expect(endpoint.calls()).toHaveLength(2 * counts.answered);

    const rest = await run(undefined);
    expect(rest.ended).toBe('done');
    expect((await scene.summary()).counts).toMatchObject({ answered: tickets, notSent: 0 });
    expect(endpoint.calls()).toHaveLength(2 * tickets);
  });
});
