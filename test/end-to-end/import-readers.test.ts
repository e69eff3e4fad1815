import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { completion, openai, startProxy, startUpstream } from '../helpers/recording-proxy.ts';
import { judgedOn, reopenReview, mark } from '../helpers/review.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

/** Writes captures of about 20 KB until the file has so many megabytes; how many they are. */
const writeTraffic = (megabytes: number): number => {
  const captures = megabytes * 50;
  const lines = Array.from({ length: captures }, (_, index) => {
    const content = `question ${index} `.repeat(1700).slice(0, 20_000);
    const request = { model: 'm', messages: [{ role: 'user', content }] };
    return JSON.stringify({ id: `c${index}`, request, response: completion(`answer ${index}`) });
  });
  writeFileSync(scene.path('traffic.jsonl'), lines.join('\n'));
  return captures;
};

const next = 'Next: understudy compare --baseline MODEL --candidate MODEL\n';

const importing = ['import', 'traffic.jsonl', '--no-redact'];

const storeHolds = (captures: number): void => {
  expect(scene.rows('select count(*) as n from capture')).toEqual([{ n: captures }]);
  expect(scene.rows('select count(*) as n from recorded_response')).toEqual([{ n: captures }]);
  expect(scene.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
};

type Reads = {
  readonly seen: readonly number[];
  readonly errors: readonly { readonly error: string; readonly after: number }[];
};

const startReader = (): { readonly stop: () => Promise<Reads> } => {
  const script = new URL('children/read-store.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, scene.path('understudy.db')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const reads = json(child.stdout) as Promise<Reads>;
  return {
    stop: () => {
      child.stdin.end();
      return reads;
    },
  };
};

describe('an import beside readers', () => {
  it.each([6, 80])('of %i MB goes on while another process reads the store', async (megabytes) => {
    const captures = writeTraffic(megabytes);
    // Nobody sees a new store before it is complete; see kill-import.test.ts.
    await fillStore(scene.path('understudy.db'), []);
    const reader = startReader();
    const { code, stdout, stderr } = await scene.run(importing);
    const { seen, errors } = await reader.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: next });
    expect(stdout).toContain(`now holds ${captures.toLocaleString('en-US')} captures`);
    // SQLite locks the store for a moment while the last program that has it open closes it; a reader that
    // does not wait may meet that lock more than once.
    expect(errors.filter(({ after }) => after < captures)).toEqual([]);
    expect(errors.filter(({ error }) => !error.includes('database is locked'))).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    storeHolds(captures);
  });

  it('continues beside a reader that never ends', async () => {
    const captures = writeTraffic(20);
    await fillStore(scene.path('understudy.db'), []);
    const reader = new Database(scene.path('understudy.db'), { readonly: true });
    onTestFinished(() => void reader.close());
    reader.exec('begin');
    const count = reader.prepare('select count(*) from capture').pluck();
    expect(count.get()).toBe(0);
    expect(await scene.run(importing)).toMatchObject({ code: 0, stderr: next });
    // A transaction sees what was there when it began.
    expect(count.get()).toBe(0);
    reader.exec('commit');
    storeHolds(captures);
  });

  it('continues beside a review, a summary and record, which all succeed', async () => {
    const captures = writeTraffic(80);
    const db = scene.path('understudy.db');
    const comparisonId = await fillStore(db, [{ id: 'pair', baseline: 'one', candidate: 'two' }]);
    const upstream = await startUpstream((response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion('recorded')));
    });
    onTestFinished(() => upstream.close());

    const { child, ended } = scene.start(['import', 'traffic.jsonl']);
    const stored = (): unknown => scene.rows('select count(*) as n from capture')[0]?.['n'];
    while (child.exitCode === null && stored() === 1) await sleep(2);
    const [summary, review, proxy] = await Promise.all([
      scene.run(['summary']),
      reopenReview(db, comparisonId),
      startProxy(scene.directory, ['--upstream', `${upstream.origin}/v1`]),
    ]);
    onTestFinished(() => review.kill());
    expect(child.exitCode).toBeNull();
    expect(summary).toMatchObject({ code: 0, stderr: '' });
    await openai(proxy.origin).chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'a call' }],
    });
    await mark(review, 'a', (text) => judgedOn(text) === 1);
    expect((await review.events()).map(({ kind }) => kind)).toEqual(['verdict']);
    expect(await review.quit()).toBe(0);
    expect(await proxy.stop()).toMatchObject({ code: 0 });
    expect(await ended).toMatchObject({ code: 0, stderr: next });

    const bySource = 'select source, count(*) as n from capture group by source order by source';
    expect(scene.rows(bySource)).toEqual([
      { source: 'test', n: 1 },
      { source: 'traffic.jsonl', n: captures },
      { source: 'understudy record', n: 1 },
    ]);
  });

  it('says how long it waited for a writer that does not end, as a sentence', async () => {
    writeTraffic(80);
    await fillStore(scene.path('understudy.db'), []);
    const writer = new Database(scene.path('understudy.db'));
    onTestFinished(() => void writer.close());
    writer.exec('begin immediate');
    const { code, stdout, stderr } = await scene.run(importing);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^understudy: understudy\.db has been locked by another program for 5\.\d seconds\. Close it there and run the same command again\.\n$/,
    );
    writer.exec('rollback');
  });
});
