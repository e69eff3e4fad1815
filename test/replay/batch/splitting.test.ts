import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Model } from '../../../source/models/model.ts';
import { captureOf, openBatchStand } from './stand.ts';

it('splits a large replay into several files and gets every answer', async () => {
  const recorded: Model = { kind: 'recorded', label: 'recorded', name: null };
  const body = {
    model: 'old',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'an answer' }, finish_reason: 'stop' },
    ],
  };
  const number = 6000;
  const captures = Array.from({ length: number }, (_, index) => ({
    ...captureOf(index),
    recorded: [{ model: 'old', production: true, body, timeToFirstTokenMs: null, totalMs: null }],
  }));
  const stand = await openBatchStand(captures, { countOnly: true }, { baseline: recorded });
  const { ended, progress } = await stand.run({ profile: { maximumLines: 2500 } });
  expect([ended, progress.done, progress.total]).toEqual(['done', number, number]);
  expect(stand.server.ordered().map((lines) => lines.length)).toEqual([2500, 2500, 1000]);
  expect(stand.server.billed.size).toBe(number);
  const { rows } = await sql`
    select outcome, count(*) as n from outcome group by outcome
  `.execute(stand.store.db);
  expect(rows).toEqual([{ outcome: 'identical', n: number }]);
}, 120_000);
