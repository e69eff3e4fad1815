import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { completion, openai, startProxy, startUpstream } from '../helpers/recording-proxy.ts';
import { judgedOn, openReview, mark } from '../helpers/review.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const deleted = /understudy\.db was deleted while it was open, so nothing more is saved\./;

describe('a store that is deleted or replaced while it is open', () => {
  it('is said so by the review, which counts no verdict', async () => {
    const review = await openReview(scene.directory, [
      { id: 'one', baseline: 'a', candidate: 'b' },
      { id: 'two', baseline: 'c', candidate: 'd' },
    ]);
    onTestFinished(() => review.kill());
    renameSync(review.db, `${review.db}.moved`);
    await mark(review, 'a', /not saved: .*review\.db was deleted while it was open/);
    expect(judgedOn(review.text())).toBe(0);
    writeFileSync(review.db, '');
    await mark(
      review,
      'b',
      /not saved: .*review\.db was replaced by another file while it was open/,
    );
    expect(judgedOn(review.text())).toBe(0);
    rmSync(review.db);
    // The file is back: it is the same one.
    renameSync(`${review.db}.moved`, review.db);
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    expect(await review.quit()).toBe(0);
  });

  it('ends a replay, which pays for nothing more', async () => {
    const captures = 60;
    await writeTickets(scene.path('tickets.jsonl'), captures);
    let calls = 0;
    const { models } = await scene.serve(() => {
      calls += 1;
      if (calls === 10) rmSync(scene.path('understudy.db'));
      return { kind: 'slow', delayMs: 5 };
    });
    const { code, stderr } = await scene.run([
      'replay',
      'tickets.jsonl',
      ...models,
      '--concurrency',
      '4',
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(deleted);
    // What was in flight, and no more.
    expect(calls).toBeLessThan(10 + 2 * 4);
  });

  it('ends an import', async () => {
    await fillStore(scene.path('understudy.db'), []);
    const lines = Array.from({ length: 4000 }, (_, index) =>
      JSON.stringify({
        id: `c${index}`,
        request: { messages: [{ role: 'user', content: `q ${index} `.repeat(1000) }] },
      }),
    );
    writeFileSync(scene.path('traffic.jsonl'), lines.join('\n'));
    const { child, ended } = scene.start(['import', 'traffic.jsonl']);
    const stored = (): unknown => scene.rows('select count(*) as n from capture')[0]?.['n'];
    while (child.exitCode === null && stored() === 0) await sleep(2);
    rmSync(scene.path('understudy.db'));
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(deleted);
  });

  it('is said so by record, which stops no call and counts what is lost', async () => {
    const upstream = await startUpstream((response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion('answer')));
    });
    onTestFinished(() => upstream.close());
    const proxy = await startProxy(scene.directory, ['--upstream', `${upstream.origin}/v1`]);
    const client = openai(proxy.origin);
    const call = () =>
      client.chat.completions.create({
        model: 'm',
        messages: [{ role: 'user', content: 'hello' }],
      });
    await call();
    while (scene.rows('select id from capture').length === 0) await sleep(20);
    rmSync(scene.path('understudy.db'));
    expect((await call()).choices[0]?.message.content).toBe('answer');
    const { stdout, stderr } = await proxy.stop();
    expect(`${stdout}${stderr}`).toMatch(deleted);
  });
});
