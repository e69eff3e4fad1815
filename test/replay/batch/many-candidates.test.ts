import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { loadPair } from '../../../source/store/comparisons/pairs.ts';
import { takeBatchRun } from '../../../source/store/batches/batch-workers.ts';
import { captureOf, openBatchStand, type BatchStand } from './stand.ts';

const captures = (count: number) =>
  Array.from({ length: count }, (_, index) => captureOf(index + 1));

/** The number of lines of each batch, by model. */
const ordered = ({ server }: BatchStand) =>
  server.ordered().map((lines) => [lines[0]?.body.model, lines.length]);

const responses = async ({ store }: BatchStand) => {
  const { rows } = await sql<{ side: string; reused: number; n: number }>`
    select side, reused, count(*) as n from response group by side, reused order by side, reused
  `.execute(store.db);
  return rows;
};

describe('a batch replay of several candidates', () => {
  it('submits the baseline once and each candidate in its own jobs', async () => {
    const stand = await openBatchStand(captures(5), { fate: () => ({ slow: 1 }) }, {}, [
      'second',
      'third',
    ]);
    const { comparisons, ended, progress } = await stand.run();
    expect([ended, progress.done, progress.total]).toEqual(['done', 15, 15]);
    expect(ordered(stand)).toEqual([
      ['incumbent', 5],
      ['newcomer', 5],
      ['second', 5],
      ['third', 5],
    ]);
    expect(comparisons.map(({ comparisonId }) => comparisonId)).toEqual(stand.comparisonIds);
    expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    expect(await responses(stand)).toEqual([
      { side: 'baseline', reused: 0, n: 5 },
      { side: 'baseline', reused: 1, n: 10 },
      { side: 'candidate', reused: 0, n: 15 },
    ]);
    // The text of a baseline answer is also stored once.
    const answers = await stand.store.db.selectFrom('response').select('answer_body').execute();
    expect(new Set(answers.map((row) => row.answer_body)).size).toBe(20);
    for (const id of stand.comparisonIds) {
      expect((await loadPair(stand.store, id, 'capture-2')).comparison?.outcome).toBe('identical');
    }
    await stand.run();
    expect(stand.server.requests.create).toBe(4);
  });

  it('resumes after an interruption, whichever candidates come first', async () => {
    const stand = await openBatchStand(captures(3), { fate: () => ({ slow: 3 }) }, {}, ['second']);
    const first = await stand.run({ pollForMs: 0 });
    expect([first.ended, first.progress.done]).toEqual(['waiting', 0]);
    // The other comparison alone: the first one has already submitted its baseline.
    const alone = await stand.run({ only: [1] });
    expect([alone.ended, alone.progress.done]).toEqual(['done', 0]);
    expect(stand.server.requests.create).toBe(3);
    const both = await stand.run();
    expect([both.ended, both.progress.done]).toEqual(['done', 6]);
    expect(stand.server.requests.create).toBe(3);
    expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    expect(stand.server.billed.size).toBe(9);
  });

  it('reports a failed baseline in every comparison and resubmits it once', async () => {
    let isDown = true;
    const stand = await openBatchStand(
      captures(2),
      {
        answer: ({ body }) =>
          body.model === 'incumbent' && isDown
            ? { kind: 'error', status: 500, message: 'down' }
            : { kind: 'text', text: 'an answer' },
      },
      {},
      ['second'],
    );
    const first = await stand.run();
    expect(first.progress.done).toBe(0);
    for (const id of stand.comparisonIds) {
      const { sides } = await loadPair(stand.store, id, 'capture-1');
      expect(sides.baseline.attempts).toHaveLength(1);
      expect(sides.baseline).toMatchObject({
        kind: 'not_sent',
        reason: 'server_error in a batch, waits for the next one',
      });
    }
    isDown = false;
    const second = await stand.run();
    expect(second.progress.done).toBe(4);
    expect(ordered(stand).filter(([model]) => model === 'incumbent')).toHaveLength(2);
  });

  it('stops one candidate and continues with the others', async () => {
    const stand = await openBatchStand(
      captures(2),
      {
        // The third upload belongs to the second candidate.
        interfere: (phase, number) =>
          phase === 'upload' && number === 3
            ? { kind: 'status', status: 403, message: 'not yours' }
            : null,
      },
      {},
      ['second', 'third'],
    );
    const { comparisons, progress } = await stand.run();
    expect(comparisons.map(({ stopped }) => stopped.candidate?.reason ?? null)).toEqual([
      null,
      'unauthorized',
      null,
    ]);
    expect(comparisons.every(({ stopped }) => stopped.baseline === null)).toBe(true);
    expect(progress.done).toBe(4);
  });

  it('shares one budget', async () => {
    const one = await openBatchStand(captures(1));
    const { progress: single } = await one.run();
    const pair = single.jobs.reduce((sum, job) => sum + (job.atMost ?? 0), 0);
    const stand = await openBatchStand(captures(4), {}, {}, ['second']);
    const { ended, progress } = await stand.run({ budget: pair * 5 });
    expect(ended).toBe('budget');
    const atMost = progress.jobs.reduce((sum, job) => sum + (job.atMost ?? 0), 0);
    expect(atMost).toBeLessThanOrEqual(pair * 5);
    expect(ordered(stand)).toEqual([
      ['incumbent', 4],
      ['newcomer', 4],
      ['second', 2],
    ]);
  });

  it('starts no comparison while another process holds one of them', async () => {
    const stand = await openBatchStand(captures(1), {}, {}, ['second']);
    const [first = '', second = ''] = stand.comparisonIds;
    const at = new Date().toISOString();
    const other = { host: 'here', pid: 7, at, startedAt: 0, isAlive: () => true };
    expect(await takeBatchRun(stand.store, second, other)).toBeNull();
    const worker = { host: 'here', pid: 8, startedAt: 0, isAlive: () => true };
    await expect(stand.run({ worker })).rejects.toThrow(/process 7 on here/);
    expect(await takeBatchRun(stand.store, first, { ...other, pid: 9 })).toBeNull();
  });
});
