import { afterAll, describe, expect, it } from 'vitest';
import { statusFault, type ChooseFault, type Fault } from '../../source/demo/faults.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

const scenes: Scene[] = [];

afterAll(() => Promise.all(scenes.map((scene) => scene.close())));

/** Replays tickets on a healthy, slow baseline and a candidate that fails until it is repaired. */
const replayOn = async (tickets: number, failing: ChooseFault) => {
  const scene = await openScene();
  scenes.push(scene);
  await writeTickets(scene.path('tickets.jsonl'), tickets);
  let mended = false;
  const { endpoint, models } = await scene.serve((request) => {
    if (request.model === 'incumbent') return { kind: 'slow', delayMs: 20 };
    return mended ? null : failing(request);
  });
  const argv = ['replay', 'tickets.jsonl', ...models];
  const callsOf = (model: string): number =>
    endpoint.calls().filter((call) => call.model === model).length;
  return {
    scene,
    first: await scene.run(argv),
    again: () => scene.run(argv),
    mend: () => {
      mended = true;
    },
    callsOf,
  };
};

const onlyFailures = (pairs: number, reason: string) => ({
  failures: [{ baseline: null, candidate: reason, pairs }],
  notSentReasons: [],
});

/** Lifts the fault, and sees that the rest is asked for and the slow side is not asked again. */
const completes = async (
  tickets: number,
  { scene, again, mend, callsOf }: Awaited<ReturnType<typeof replayOn>>,
): Promise<void> => {
  mend();
  const asked = callsOf('newcomer');
  const { code, stdout } = await again();
  expect([code, stdout.split(';')[0]]).toEqual([
    0,
    `${tickets} pairs = ${tickets} answered + 0 failed + 0 not sent`,
  ]);
  expect([callsOf('incumbent'), callsOf('newcomer') - asked]).toEqual([tickets, tickets]);
  const { counts, failures, notSentReasons } = await scene.summary();
  expect(counts).toMatchObject({ answered: tickets, failed: 0, notSent: 0 });
  expect([failures, notSentReasons]).toEqual([[], []]);
};

// Most of it is waiting until the next try.
describe.concurrent('two sides, one failing and one slow', () => {
  it('keeps the answers of the other one and gives every pair a reason', async () => {
    const replay = await replayOn(6, () => statusFault(400, 'Too many words.'));
    expect(replay.first.code).toBe(0);
    expect(replay.first.stdout).toContain('6 pairs = 0 answered + 6 failed + 0 not sent');
    expect(replay.first.stdout).toContain('failed: candidate rejected 6');
    const { counts, ...reasons } = await replay.scene.summary();
    expect(counts).toMatchObject({ replayable: 6, answered: 0, failed: 6, notSent: 0 });
    expect(reasons).toMatchObject(onlyFailures(6, 'rejected'));
    expect(replay.scene.rows('select side, count(*) as n from response group by side')).toEqual([
      { side: 'baseline', n: 6 },
    ]);
    await completes(6, replay);
  });

  it.each<readonly [name: string, reason: string, fault: Fault, message: string]>([
    ['401', 'unauthorized', statusFault(401, 'Wrong key.'), 'Wrong key.'],
    ['404', 'not_found', statusFault(404, 'There is no model "newcomer".'), 'no model "newcomer"'],
    ['402', 'no_credit', statusFault(402, 'Pay first.'), 'Pay first.'],
  ])(
    'stops sending to a side that can never answer (%s), and says what the server said',
    async (_, reason, fault, message) => {
      const replay = await replayOn(20, () => fault);
      const { code, stdout, stderr } = replay.first;
      expect(code).toBe(2);
      expect(stdout).toMatch(
        new RegExp(`The candidate, http:\\S+#newcomer, was stopped.*${message}`),
      );
      expect(stdout).toContain('run the same command again, or use another model.');
      expect(stderr).toMatch(new RegExp(`^failed t\\d+ candidate: ${reason}, .*${message}`, 'm'));
      const { counts, failures, notSentReasons } = await replay.scene.summary();
      expect(counts.answered).toBe(0);
      expect(counts.failed).toBeGreaterThanOrEqual(5);
      expect(counts.failed + counts.notSent).toBe(20);
      expect(failures).toEqual([{ baseline: null, candidate: reason, pairs: counts.failed }]);
      expect(notSentReasons).toEqual([
        { baseline: null, candidate: reason, pairs: counts.notSent },
      ]);
      expect(replay.callsOf('newcomer')).toBe(counts.failed);
      expect(replay.callsOf('incumbent')).toBe(20);
      await completes(20, replay);
    },
  );

  it.each<readonly [reason: string, fault: Fault]>([
    ['server_error', statusFault(500, 'Down.', { 'retry-after-ms': '1' })],
    ['truncated', { kind: 'cut', afterPieces: 3 }],
    ['stream_error', { kind: 'error_chunk', afterPieces: 3, error: { message: 'Full.' } }],
  ])('tries again what may pass, and counts it once: %s', async (reason, fault) => {
    const replay = await replayOn(2, () => fault);
    expect(replay.first.code).toBe(0);
    expect(replay.first.stdout).toContain(`failed: candidate ${reason} 2`);
    expect(replay.first.stderr).toMatch(
      new RegExp(`^retrying t\\d+ candidate in .*: ${reason}`, 'm'),
    );
    expect(replay.callsOf('newcomer')).toBe(8);
    expect(await replay.scene.summary()).toMatchObject({
      counts: { answered: 0, failed: 2, notSent: 0 },
      ...onlyFailures(2, reason),
    });
    expect(replay.scene.rows('select final, count(*) as n from attempt group by final')).toEqual([
      { final: 0, n: 6 },
      { final: 1, n: 2 },
    ]);
    await completes(2, replay);
  });

  it('waits as long as a 429 asks for, and then has the answer', async () => {
    const replay = await replayOn(3, ({ attempt }) =>
      attempt === 1 ? statusFault(429, 'Slow down.', { 'retry-after': '1' }) : null,
    );
    const { code, stdout, stderr } = replay.first;
    expect(code).toBe(0);
    expect(stderr.match(/^retrying t\d+ candidate in 1\.\d s: rate_limited/gm)).toHaveLength(3);
    expect(stdout).toContain('3 pairs = 3 answered + 0 failed + 0 not sent');
    expect([replay.callsOf('incumbent'), replay.callsOf('newcomer')]).toEqual([3, 6]);
    const { counts, failures } = await replay.scene.summary();
    expect([counts.answered, failures]).toEqual([3, []]);
    expect(replay.scene.rows('select distinct reason, retry_after_ms, final from attempt')).toEqual(
      [{ reason: 'rate_limited', retry_after_ms: 1000, final: 0 }],
    );
  });

  it.each<readonly [string, () => Fault]>([
    [
      'a moment',
      () =>
        statusFault(429, 'Slow down.', {
          'retry-after': String(Math.floor(Date.now() / 1000) + 2),
        }),
    ],
    ['words', () => statusFault(429, 'Limit reached. Please try again in 1.5s.')],
  ])('waits as long as a 429 asks for in %s', async (_, fault) => {
    const replay = await replayOn(1, ({ attempt }) => (attempt === 1 ? fault() : null));
    expect(replay.first.stderr).toMatch(/^retrying t\d+ candidate in [12]\.\d s: rate_limited/m);
    expect(replay.first.stdout).toContain('1 pair = 1 answered + 0 failed + 0 not sent');
    expect(replay.callsOf('newcomer')).toBe(2);
  });

  it('does not wait beyond its patience, says so, and leaves the rest unsent', async () => {
    const replay = await replayOn(20, () =>
      statusFault(429, 'Day over.', { 'retry-after': '9000' }),
    );
    const { code, stderr, stdout } = replay.first;
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^The candidate, \S+newcomer, was stopped: its server asks for a longer wait than this run's patience \(rate_limited\)\. The server answered 429: Day over\. It asks for a wait of 2 h 30 min; .* Run the same command again after that wait, or with a longer --patience\.$/m,
    );
    expect(stderr).toMatch(
      /^failed t\d+ candidate: rate_limited, The server answered 429: Day over\. It asks for a wait of 2 h 30 min; this run waits at most 15 min 0 s \(--patience\)\.$/m,
    );
    expect(stderr).toMatch(/^no more calls are sent to the candidate .*newcomer: rate_limited$/m);
    expect(stderr).not.toContain('is paused');
    const { counts, notSentReasons } = await replay.scene.summary();
    expect(counts.failed + counts.notSent).toBe(20);
    expect(replay.callsOf('newcomer')).toBe(counts.failed);
    expect(notSentReasons).toMatchObject([{ candidate: 'rate_limited' }]);
    await completes(20, replay);
  });

  it('keeps apart what failed for one pair and what did not', async () => {
    const replay = await replayOn(8, ({ prompt }) =>
      prompt.includes('t003') ? statusFault(400, 'No.') : null,
    );
    expect(replay.first.code).toBe(0);
    const { counts, failures, byEndpoint } = await replay.scene.summary();
    expect(counts).toMatchObject({ replayable: 8, answered: 7, failed: 1, notSent: 0 });
    expect(failures).toEqual([{ baseline: null, candidate: 'rejected', pairs: 1 }]);
    expect(byEndpoint).toMatchObject([{ endpoint: 'classify_ticket', counts: { failed: 1 } }]);
    expect(replay.first.stderr).toMatch(/^failed t003 candidate: rejected, .*No\.$/m);
  });
});
