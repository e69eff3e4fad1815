import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import { demoTrafficFile } from '../../source/demo/demo-answers.ts';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { openStore } from '../../source/store/open.ts';
import { listEvents } from '../../source/store/verdicts.ts';
import { startManualEndpoint, type ManualEndpoint } from '../helpers/manual-endpoint.ts';
import { node, program } from '../helpers/program.ts';
import { judgedOn, temporaryFolder, mark } from '../helpers/review.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';

const compare = (
  url: string,
  files: readonly string[],
  folder: string,
  flags: readonly string[] = [],
): TerminalProgram => {
  const terminal = startInTerminal(node, [
    program,
    'compare',
    ...files,
    '--db',
    join(folder, 'live.db'),
    '--reviewer',
    'ada',
    '--baseline',
    `${url}#incumbent`,
    '--candidate',
    `${url}#newcomer`,
    ...flags,
  ]);
  onTestFinished(() => terminal.kill());
  return terminal;
};

/** A comparison of this many questions, answered by hand. */
const manual = async (
  questions: number,
): Promise<{ db: string; endpoint: ManualEndpoint; terminal: TerminalProgram }> => {
  const folder = temporaryFolder(onTestFinished);
  const file = join(folder, 'traffic.jsonl');
  const lines = Array.from({ length: questions }, (_, index) =>
    JSON.stringify({
      id: `q${index}`,
      request: { messages: [{ role: 'user', content: `Question q${index}.` }] },
    }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const endpoint = await startManualEndpoint();
  onTestFinished(() => endpoint.close());
  const terminal = compare(endpoint.url, [file], folder, ['--concurrency', '64']);
  return { db: join(folder, 'live.db'), endpoint, terminal };
};

/** Answers a question on both sides, differently. */
const answer = async (endpoint: ManualEndpoint, question: string): Promise<void> => {
  for (const model of ['incumbent', 'newcomer']) {
    const call = await endpoint.next(model, `Question ${question}.`);
    call.say(`${model} says this of ${question}.`);
    call.finish();
  }
};

const bothAnswered = /^ baseline .* 9 → +3 .*\n candidate .* 9 → +3 /m;

const pairOn = (text: string): string => /· (q\d+) ?/.exec(text)?.[1] ?? 'none';

describe('a review while answers arrive', () => {
  it('shows each text as it grows and stays on a pair that has started', async () => {
    const { endpoint, terminal } = await manual(3);
    const here = pairOn(await terminal.until(/· q\d+ [^]*sent/));
    const baseline = await endpoint.next('incumbent', here);
    const candidate = await endpoint.next('newcomer', here);
    baseline.say('The answer ');
    await terminal.until((text) => text.includes('The answer') && text.includes('streaming'));
    await mark(terminal, 'a', 'an answer is still arriving');
    const others = ['q0', 'q1', 'q2'].filter((question) => question !== here);
    for (const other of others) {
      for (const model of ['incumbent', 'newcomer']) {
        const call = await endpoint.next(model, other);
        call.say(`${model} says this of ${other}.`);
        call.finish();
      }
    }
    await terminal.until('replaying 2 of 3');
    expect(pairOn(terminal.text())).toBe(here);
    baseline.say('is 42.');
    await terminal.until('The answer is 42.');
    baseline.finish();
    candidate.say('The answer is 43.');
    candidate.finish();
    await terminal.until((text) => bothAnswered.test(text) && !text.includes('streaming'));
    expect(pairOn(terminal.text())).toBe(here);
    await mark(terminal, 'x', (text) => judgedOn(text) === 1 && pairOn(text) !== here);
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    // After quitting, the summary is on the normal screen.
    expect(terminal.buffer()).toBe('normal');
    expect(terminal.text()).toMatch(/0\.0 %/);
  });

  it('keeps to the random order although half of the answers are late', async () => {
    const { db, endpoint, terminal } = await manual(16);
    await terminal.until('replaying 0 of 16');
    const store = await openStore(db);
    const { id } = await findComparison(store, null);
    const order = (await listPairs(store, id)).map(({ captureId }) => captureId);
    const isLate = (question: string): boolean => order.indexOf(question) % 2 === 1;
    for (const question of order) if (!isLate(question)) await answer(endpoint, question);
    await terminal.until('replaying 8 of 16');
    const judged: string[] = [];
    const waitedFor: string[] = [];
    const judge = async (expected: number): Promise<void> => {
      await mark(terminal, expected % 2 === 0 ? 'a' : 'x', (text) => judgedOn(text) === expected);
    };
    while (judged.length < 10) {
      const text = await terminal.until(
        (shown) => shown.includes('waiting for this pair') || bothAnswered.test(shown),
      );
      const here = pairOn(text);
      if (text.includes('waiting for this pair')) {
        expect(isLate(here)).toBe(true);
        waitedFor.push(here);
        await answer(endpoint, here);
        await terminal.until(bothAnswered);
        expect(pairOn(terminal.text())).toBe(here);
      }
      judged.push(here);
      await judge(judged.length);
    }
    expect(judged).toEqual(order.slice(0, 10));
    expect(waitedFor).toEqual(order.slice(0, 10).filter(isLate));

    // Whoever does not want to wait goes on, and the summary says so.
    await judge(11);
    await terminal.until('enter: go on out of order');
    terminal.type('\r');
    await terminal.until('ahead of the random order');
    const early = pairOn(terminal.text());
    expect(early).toBe(order[12]);
    await mark(terminal, 'b', `${early}: better, ahead of the order`);
    expect(terminal.text()).toContain('+ 1 ahead');
    const events = await listEvents(store, id, 'ada');
    expect(events.map((event) => event.kind === 'verdict' && event.ahead)).toEqual([
      ...order.slice(0, 11).map(() => false),
      true,
    ]);
    await store.close();
    terminal.type('\u0003');
    expect((await terminal.exit).code).toBe(130);
    expect(terminal.text()).toContain('1 more judged out of order');
  });

  it('says why a side is retried and why it failed, and retries it on r', async () => {
    const { endpoint, terminal } = await manual(1);
    const baseline = await endpoint.next('incumbent', 'q0');
    baseline.say('Yes.');
    baseline.finish();
    (await endpoint.next('newcomer', 'q0')).fail(429, 'Too many.', { 'retry-after': '1' });
    await terminal.until((text) => /retrying in \d+ s · rate limited/.test(text));
    (await endpoint.next('newcomer', 'q0')).fail(400, 'The prompt is bad \u001B[31m.');
    const failed = await terminal.until(/failed: .* HTTP 400 · 2 attempts/);
    expect(failed).toContain('The prompt is bad');
    expect(failed).toContain('r retry');
    await mark(terminal, 'a', 'a side has no answer');
    terminal.type('i');
    await terminal.until(/attempt 1 .*rate limit/);
    terminal.type('i');
    await terminal.until('─ baseline');
    terminal.type('r');
    const again = await endpoint.next('newcomer', 'q0');
    await terminal.until('sent');
    again.say('No.');
    await terminal.until('No.');
    again.finish();
    await terminal.until((text) => bothAnswered.test(text));
    await mark(terminal, 'w', (text) => judgedOn(text) === 1);
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
  });

  it('asks before it quits during a replay, and the next review continues there', async () => {
    const { endpoint, terminal } = await manual(2);
    const call = await endpoint.next('incumbent', 'q0');
    call.say('Half an answer');
    await terminal.until('sent');
    terminal.type('q');
    await terminal.until('The replay is still running');
    expect(terminal.text()).toMatch(/esc back {2}q quit/);
    terminal.type('\u001B');
    await terminal.until((text) => !text.includes('still running'));
    terminal.type('q');
    await terminal.until('The replay is still running');
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.text()).toContain('Left: 2 pairs without both answers');
  });

  it('survives a storm of resizes while answers stream', async () => {
    const endpoint = await startDemoEndpoint({ speed: 2 });
    onTestFinished(() => endpoint.close());
    const folder = temporaryFolder(onTestFinished);
    const terminal = compare(endpoint.url, [demoTrafficFile()], folder, ['--concurrency', '16']);
    await terminal.until('streaming');
    const sizes = [
      [60, 20],
      [250, 80],
      [40, 10],
      [80, 24],
      [200, 60],
      [101, 21],
    ] as const;
    for (let storm = 0; storm < 60; storm++) {
      const [columns, rows] = sizes[storm % sizes.length] ?? [80, 24];
      terminal.resize(columns + (storm % 7), rows + (storm % 5));
      if (storm % 3 === 0) terminal.type('jJ');
      if (storm % 10 === 0) await terminal.until(/./);
    }
    terminal.resize(120, 40);
    await terminal.until(
      (text) =>
        text.split('\n').at(-1)?.startsWith('a agree') === true &&
        /^understudy .*judged$/.test(text.split('\n')[0] ?? '') &&
        text.match(/─ baseline/g)?.length === 1 &&
        /^─ baseline.*┬─ candidate/m.test(text),
    );
    terminal.type('\u0003');
    expect((await terminal.exit).code).toBe(130);
    expect(terminal.buffer()).toBe('normal');
  });

  it('reviews all candidates of a run together', async () => {
    const folder = temporaryFolder(onTestFinished);
    const yes = () => ({ kind: 'text', text: 'Yes.' }) as const;
    const endpoint = await startDemoEndpoint({ timings: 'instant', faults: yes });
    const other = await startDemoEndpoint({ timings: 'instant', faults: yes });
    onTestFinished(() => endpoint.close());
    onTestFinished(() => other.close());
    const file = join(folder, 'traffic.jsonl');
    const messages = [{ role: 'user', content: 'Question q0' }];
    writeFileSync(file, `${JSON.stringify({ id: 'q0', request: { messages } })}\n`);
    const flags = ['--candidate', `${other.url}#newcomer`];
    const terminal = compare(endpoint.url, [file], folder, flags);
    const both = await terminal.until(
      (text) => text.includes('identical') && !text.includes('replaying'),
    );
    expect(both).toMatch(/candidate [12] of 2/);
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    const closing = terminal.text().replaceAll('\n', ' ');
    expect(closing).toContain('2 candidates for');
    expect(closing).toContain(`${other.url}#newcomer: Of 1 request the candidate`);
  });
});
