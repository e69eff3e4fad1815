import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../../source/models/model.ts';
import { customId } from '../../../source/replay/batch/plan-jobs.ts';
import { loadPair } from '../../../source/store/comparisons/pairs.ts';
import type { Store } from '../../../source/store/open.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { removeClaimants, takeClaims } from '../../../source/store/side-claims.ts';
import { takeBatchRun } from '../../../source/store/batches/batch-workers.ts';
import { UserError } from '../../../source/text/user-error.ts';
import { captureOf, openBatchStand } from './stand.ts';

const captures = (count: number) =>
  Array.from({ length: count }, (_, index) => captureOf(index + 1));

const rowsOf = async <Row>(store: Store, query: string): Promise<readonly Row[]> =>
  (await sql.raw<Row>(query).execute(store.db)).rows;

const countOf = async (store: Store, query: string): Promise<number> =>
  Number((await rowsOf<{ n: number }>(store, `select count(*) as n from ${query}`))[0]?.n);

describe('a batch replay', () => {
  it('submits both sides, joins results in any order and compares them', async () => {
    const stand = await openBatchStand(captures(5), {
      answer: ({ body }) => ({ kind: 'text', text: body.model }),
      fate: () => ({ slow: 2 }),
    });
    const { ended, progress, stopped } = await stand.run();
    expect([ended, stopped]).toEqual(['done', { baseline: null, candidate: null }]);
    expect(progress).toMatchObject({ total: 5, done: 5, answered: 10, notSent: {} });
    expect(stand.server.billed.size).toBe(10);
    expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    const pair = await loadPair(stand.store, stand.comparisonId, 'capture-3');
    expect(pair.sides.candidate).toMatchObject({
      kind: 'answered',
      answer: { text: 'newcomer', usage: { input: 1000, output: 100 } },
      timings: { queueMs: null, timeToFirstTokenMs: null, totalMs: null },
      adaptations: [{ parameter: 'model' }],
      recorded: false,
    });
    expect(pair.comparison?.outcome).toBe('different');
    expect(await countOf(stand.store, 'response where batch = 1')).toBe(10);
    expect(await countOf(stand.store, 'batch_line')).toBe(0);
    expect(await countOf(stand.store, 'batch_run')).toBe(0);
    expect(
      await rowsOf(stand.store, 'select state, lines, total, completed from batch_job'),
    ).toEqual([
      { state: 'done', lines: 5, total: 5, completed: 5 },
      { state: 'done', lines: 5, total: 5, completed: 5 },
    ]);
    // No file is left next to the store.
    expect(
      readdirSync(dirname(stand.store.file)).filter((name) => name.includes('.jsonl')),
    ).toEqual([]);
  });

  it('stores the upper bound on usage if the provider counted nothing', async () => {
    const stand = await openBatchStand(captures(1), {
      answer: ({ body }) =>
        body.model === 'newcomer'
          ? { kind: 'text', text: 'a', uncounted: true }
          : { kind: 'text', text: 'a' },
    });
    await stand.run();
    const [baseline, candidate] = await rowsOf<{ input: number | null; output: number | null }>(
      stand.store,
      'select bound_input_tokens as input, bound_output_tokens as output from response order by side',
    );
    expect(baseline).toEqual({ input: null, output: null });
    expect(candidate?.output).toBe(50);
    expect(candidate?.input).toBeGreaterThan(20);
  });

  it('writes lines for the Batch API: not streamed, with a short id unrelated to the capture', async () => {
    const stand = await openBatchStand(captures(1));
    await stand.run();
    const [line] = stand.server.ordered()[0] ?? [];
    expect(line).toEqual({
      custom_id: expect.stringMatching(/^u[0-9a-f]{32}$/),
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: 'incumbent',
        messages: [{ role: 'user', content: 'prompt 1' }],
        max_tokens: 50,
      },
    });
  });

  it('sends its own headers and nothing from the environment', async () => {
    process.env['OPENAI_ORG_ID'] = 'org-of-the-environment';
    const stand = await openBatchStand(captures(1));
    await stand.run();
    delete process.env['OPENAI_ORG_ID'];
    const sent = JSON.stringify(stand.server.heads);
    expect(sent).not.toContain('org-of');
    expect(sent).not.toContain('stainless');
    for (const { headers } of stand.server.heads) {
      expect(headers.authorization).toBe('Bearer key');
      expect(headers['user-agent']).toBe('understudy');
    }
  });

  it('polls at growing intervals, up to five minutes', async () => {
    const stand = await openBatchStand(captures(1), { fate: () => ({ slow: 20 }) });
    await stand.run();
    const waits = stand.waits.filter((_, index) => index % 2 === 0);
    expect(waits.slice(0, 4)).toEqual([1000, 1500, 2250, 3375]);
    expect(Math.max(...stand.waits)).toBe(300_000);
  });

  it('takes recorded sides from the recording and submits only the other', async () => {
    const recorded: Model = { kind: 'recorded', label: 'recorded', name: null };
    const body = {
      model: 'gpt-4',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'an answer' }, finish_reason: 'stop' },
      ],
    };
    const answered = {
      ...captureOf(1),
      recorded: [{ model: 'gpt-4', production: true, body, timeToFirstTokenMs: 5, totalMs: 9 }],
    };
    const stand = await openBatchStand([answered, captureOf(2)], {}, { baseline: recorded });
    const { progress } = await stand.run();
    expect(stand.server.billed.size).toBe(1);
    expect(progress.notSent).toEqual({
      'no recorded answer of production': 1,
      'the other side has no recorded answer': 1,
    });
    expect((await loadPair(stand.store, stand.comparisonId, 'capture-1')).comparison?.outcome).toBe(
      'identical',
    );
  });

  it('splits at the line and byte limits of a file', async () => {
    const stand = await openBatchStand(captures(10));
    await stand.run({ profile: { maximumLines: 4 } });
    const perSide = (model: string) =>
      stand.server
        .ordered()
        .filter((lines) => lines[0]?.body.model === model)
        .map((lines) => lines.length);
    expect([perSide('incumbent'), perSide('newcomer')]).toEqual([
      [4, 4, 2],
      [4, 4, 2],
    ]);

    const small = await openBatchStand(captures(10));
    const { progress } = await small.run({ profile: { maximumBytes: 450 } });
    expect(small.server.ordered().every((lines) => lines.length <= 2)).toBe(true);
    expect(progress.done).toBe(10);
    for (const job of progress.jobs) expect(job.bytes).toBeLessThanOrEqual(450);
  });

  it('lets only one process work on a comparison, and ignores a dead one', async () => {
    const stand = await openBatchStand(captures(1));
    const take = (pid: number, now: string, isAlive: boolean) =>
      takeBatchRun(stand.store, stand.comparisonId, {
        host: 'here',
        pid,
        at: now,
        isAlive: () => isAlive,
      });
    const now = new Date().toISOString();
    expect(await take(7, now, true)).toBeNull();
    const refused = stand.run({
      worker: { host: 'here', pid: 8, startedAt: 0, isAlive: () => true },
    });
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(/process 7 on here/);
    expect(stand.server.requests.upload).toBe(0);
    const dead = await stand.run({
      worker: { host: 'here', pid: 8, startedAt: 0, isAlive: () => false },
    });
    expect(dead.progress.done).toBe(1);
  });

  it('skips answers that a live run is sending, and keeps no claims after submitting', async () => {
    const stand = await openBatchStand(captures(3));
    const live = { id: 'live', host: 'here', pid: 2, startedAt: new Date().toISOString() };
    const side = { captureId: 'capture-2', side: 'candidate', sample: 0 } as const;
    const wanted = { ...side, comparisonIds: [stand.comparisonId] };
    await takeClaims(stand.store, live, [wanted], live.startedAt);
    const worker = { host: 'here', pid: 1, startedAt: 0, isAlive: () => true };
    const { ended, progress } = await stand.run({ worker });
    expect(ended).toBe('done');
    expect(progress).toMatchObject({
      done: 2,
      answered: 5,
      notSent: { 'another run is sending it': 1 },
    });
    expect(stand.server.billed.size).toBe(5);
    expect(await rowsOf(stand.store, 'select capture_id, claimant_id from claim')).toEqual([
      { capture_id: 'capture-2', claimant_id: 'live' },
    ]);
    await removeClaimants(stand.store, ['live']);
    expect((await stand.run({ worker })).progress).toMatchObject({ done: 3, answered: 1 });
    expect(stand.server.billed.size).toBe(6);
  });

  it('claims its requests against live runs before submitting them', async () => {
    const stand = await openBatchStand(captures(1), { fate: () => ({ slow: 1 }) });
    const { comparisonId, store } = stand;
    const live = { id: 'live', host: 'here', pid: 2, startedAt: new Date().toISOString() };
    const side = { captureId: 'capture-1', side: 'candidate', sample: 0 } as const;
    const found: string[] = [];
    const look = async (): Promise<void> => {
      const wanted = { ...side, comparisonIds: [comparisonId] };
      const [result] = await takeClaims(store, live, [wanted], live.startedAt);
      for (const [kind, ids] of Object.entries(result ?? {})) if (ids.length > 0) found.push(kind);
    };
    const looks: Promise<void>[] = [];
    await stand.run({
      worker: { host: 'here', pid: 1, startedAt: 0, isAlive: () => true },
      onEvent: (event) => {
        if (event.kind === 'job' && event.job.side === 'candidate') looks.push(look());
      },
    });
    await Promise.all(looks);
    expect(found[0]).toBe('taken');
    expect(new Set(found)).toEqual(new Set(['taken', 'ordered', 'answered']));
  });
});

describe('a batch with failures', () => {
  it('stores the errors of an error file and resubmits at most four times', async () => {
    const stand = await openBatchStand(captures(3), {
      answer: ({ body, custom_id: id }) =>
        body.model === 'newcomer' && failing.has(id)
          ? { kind: 'error', status: 500, message: 'the server is sad' }
          : { kind: 'text', text: 'an answer' },
    });
    const failing = new Set<string>();
    failing.add(
      customId({
        comparisonId: stand.comparisonId,
        captureId: 'capture-2',
        side: 'candidate',
        sample: 0,
      }),
    );
    for (let runs = 1; runs <= 4; runs += 1) {
      const { ended, progress } = await stand.run();
      expect([ended, progress.done]).toEqual(['done', 2]);
      const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-2');
      expect(sides.candidate.kind).toBe(runs < 4 ? 'not_sent' : 'failed');
      expect(sides.candidate.attempts).toHaveLength(runs);
    }
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-2');
    expect(sides.candidate).toMatchObject({
      kind: 'failed',
      failure: { reason: 'server_error', status: 500 },
    });
    expect(stand.server.requests.create).toBe(5);
    await stand.run();
    expect(stand.server.requests.create).toBe(5);
    expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
  });

  it('does not resubmit rejected requests', async () => {
    const stand = await openBatchStand(captures(1), {
      answer: () => ({ kind: 'error', status: 400, message: 'no such parameter' }),
    });
    await stand.run();
    await stand.run();
    expect(stand.server.requests.create).toBe(2);
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-1');
    expect(sides.baseline).toMatchObject({
      kind: 'failed',
      failure: { reason: 'rejected', status: 400 },
    });
  });

  it('counts missing, foreign, malformed and duplicate lines', async () => {
    const stand = await openBatchStand(captures(3), {
      answer: ({ custom_id: id }) =>
        id === gone ? { kind: 'missing' } : { kind: 'text', text: 'yes' },
      fate: (number) =>
        number === 1
          ? { stray: ['not json', '{"custom_id":"somebody else","response":null}', '[1]', '"x"'] }
          : {},
    });
    const gone = customId({
      comparisonId: stand.comparisonId,
      captureId: 'capture-1',
      side: 'baseline',
      sample: 0,
    });
    const { events } = await stand.run();
    const joined = events.flatMap((event) => (event.kind === 'joined' ? [event.lines] : []));
    expect(joined).toEqual([
      { answered: 2, failed: 0, missing: 1, malformed: 3, foreign: 1, duplicated: 0 },
      { answered: 3, failed: 0, missing: 0, malformed: 0, foreign: 0, duplicated: 0 },
    ]);
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-1');
    expect(sides.baseline.attempts[0]?.failure).toMatchObject({ reason: 'truncated' });
  });

  it('uses the first of two lines for one request', async () => {
    const stand = await openBatchStand(captures(1), {
      fate: () => {
        const custom_id = first;
        const of = (text: string) => ({
          status_code: 200,
          body: { choices: [{ index: 0, message: { content: text }, finish_reason: 'stop' }] },
        });
        return { stray: [JSON.stringify({ custom_id, response: of('first'), error: null })] };
      },
    });
    const first = customId({
      comparisonId: stand.comparisonId,
      captureId: 'capture-1',
      side: 'baseline',
      sample: 0,
    });
    const { events } = await stand.run();
    expect(events.find((event) => event.kind === 'joined')).toMatchObject({
      lines: { answered: 1, duplicated: 1 },
    });
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-1');
    expect(sides.baseline).toMatchObject({ answer: { text: 'first' } });
  });

  it.each([
    ['expired', 'timeout', /expired/],
    ['cancelled', 'interrupted', /cancelled/],
  ] as const)(
    'keeps the results from before it was %s, and resubmits the rest',
    async (end, reason, says) => {
      const stand = await openBatchStand(captures(6), {
        fate: (number) => (number <= 2 ? { end, done: 4 } : {}),
      });
      const first = await stand.run();
      expect(first.progress.answered).toBe(8);
      const failed = await rowsOf<{ reason: string; message: string; final: number }>(
        stand.store,
        'select distinct reason, message, final from attempt',
      );
      expect(failed).toEqual([{ reason, message: expect.stringMatching(says), final: 0 }]);
      const second = await stand.run();
      expect(second.progress).toMatchObject({ total: 6, done: 6, answered: 4 });
      expect(stand.server.ordered().map((lines) => lines.length)).toEqual([6, 6, 2, 2]);
      expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    },
  );

  it('reports the lines that made a file invalid and resubmits the others', async () => {
    const stand = await openBatchStand(captures(3), {
      fate: (number) =>
        number === 1
          ? { end: 'failed', problems: [{ line: 2, message: 'The model does not take images.' }] }
          : {},
    });
    const { events } = await stand.run();
    expect(events.find((event) => event.kind === 'refused')).toMatchObject({
      problems: [{ line: 2, message: 'The model does not take images.' }],
    });
    const rejected = await rowsOf<{ capture_id: string; message: string }>(
      stand.store,
      "select capture_id, message from attempt where reason = 'rejected' and final = 1",
    );
    expect(rejected).toEqual([
      { capture_id: expect.any(String), message: expect.stringContaining('does not take images') },
    ]);
    const { progress } = await stand.run();
    expect(progress.done).toBe(2);
    expect(stand.server.ordered().map((lines) => lines.length)).toEqual([3, 3, 2]);
  });

  it('fails with a message for the user if there is no Batch API', async () => {
    const stand = await openBatchStand(captures(2), {
      interfere: () => ({ kind: 'status', status: 404, message: 'no such page' }),
    });
    const { ended, progress, stopped } = await stand.run();
    expect([ended, stopped.baseline?.reason, stopped.candidate?.reason]).toEqual([
      'done',
      'not_found',
      'not_found',
    ]);
    expect(progress.notSent).toEqual({ not_found: 4 });
    expect(await countOf(stand.store, 'batch_job')).toBe(0);
  });
});

describe('the requests of a batch replay', () => {
  it('are retried after 429 and 500, when the server asks', async () => {
    const stand = await openBatchStand(captures(2), {
      interfere: (phase, number) =>
        phase === 'upload' && number === 1
          ? { kind: 'status', status: 500 }
          : phase === 'retrieve' && number === 1
            ? { kind: 'status', status: 429, headers: { 'retry-after': '77' } }
            : phase === 'content' && number === 1
              ? { kind: 'half', bytes: 300 }
              : null,
    });
    const { ended, progress, stopped } = await stand.run();
    expect([ended, stopped.baseline, progress.done]).toEqual(['done', null, 2]);
    expect(stand.waits.some((ms) => ms >= 77_000)).toBe(true);
    expect(stand.server.billed.size).toBe(4);
    expect(await countOf(stand.store, 'attempt')).toBe(0);
  });

  it.each(['done_and_cut', 'status'] as const)(
    'never create a batch twice: %s during creation',
    async (kind) => {
      const stand = await openBatchStand(captures(2), {
        interfere: (phase, number) =>
          phase === 'create' && number === 1
            ? kind === 'status'
              ? { kind, status: 500 }
              : { kind }
            : null,
      });
      const { ended, progress } = await stand.run();
      expect([ended, progress.done]).toEqual(['done', 2]);
      expect(stand.server.requests.list).toBe(1);
      expect(stand.server.requests.create).toBe(kind === 'status' ? 3 : 2);
      expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    },
  );

  it('find a batch by its file, pages deep, if the provider keeps no metadata', async () => {
    let cut = true;
    const stand = await openBatchStand(captures(8), {
      interfere: (phase) => (phase === 'create' && cut ? { kind: 'done_and_cut' } : null),
    });
    const stopping = new AbortController();
    // The run stops just before it looks: the batch exists, but the store does not know it.
    const first = await stand.run({
      signal: stopping.signal,
      onEvent: (event) => {
        if (event.kind === 'retrying') stopping.abort();
      },
    });
    expect(first.ended).toBe('interrupted');
    cut = false;
    const second = await stand.run({ profile: { maximumLines: 2, dialect: 'openai' } });
    expect(second.progress.done).toBe(8);
    expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    expect(stand.server.billed.size).toBe(16);
  });
});

describe('the budget of a batch replay', () => {
  it('submits requests that fit at their highest possible cost and reports the rest as not sent', async () => {
    const stand = await openBatchStand(captures(10));
    const one = await openBatchStand(captures(1));
    const { progress: single } = await one.run({ profile: { priceFactor: 0.5 } });
    const pair = single.jobs.reduce((sum, job) => sum + (job.atMost ?? 0), 0);
    expect(pair).toBeGreaterThan(0);
    const { ended, progress } = await stand.run({
      budget: pair * 4.6,
      profile: { priceFactor: 0.5 },
    });
    expect(ended).toBe('budget');
    expect(stand.server.ordered().map((lines) => lines.length)).toEqual([4, 4]);
    expect(progress).toMatchObject({ done: 4, notSent: { 'budget reached': 12 } });
    // Eight times half the price of 1,100 tokens at $1 per million.
    expect(progress.cost).toBeCloseTo((8 * 0.5 * 1100) / 1e6, 10);
    const next = await stand.run({ budget: 1 });
    expect([next.ended, next.progress.done]).toEqual(['done', 10]);
  });

  it('counts batches that an earlier run has in progress', async () => {
    const stand = await openBatchStand(captures(4), {
      fate: (number) => (number <= 2 ? { slow: 3 } : {}),
    });
    const first = await stand.run({ pollForMs: 0, profile: { maximumLines: 2 } });
    expect(first.ended).toBe('waiting');
    const atMost = first.progress.jobs.reduce((sum, job) => sum + (job.atMost ?? 0), 0);
    expect(await countOf(stand.store, "not_sent where reason like 'in a batch%'")).toBe(8);
    const more = captureOf(99);
    await addRecords(stand.store, [{ kind: 'capture', capture: more }], {
      source: 'test',
      comparisonId: stand.comparisonId,
      at: '2026-11-24T00:00:00.000Z',
    });
    const second = await stand.run({ budget: atMost * 1.05 });
    expect([second.ended, second.progress.done]).toEqual(['budget', 4]);
  });
});
