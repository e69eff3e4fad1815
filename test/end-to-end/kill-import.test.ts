import { existsSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const captures = 10_000;

/** Enough that a thread of its own writes the store, in several transactions. */
const traffic = (): string =>
  Array.from({ length: captures }, (_, index) => {
    const content = `question ${index} `.repeat(200);
    const request = { model: 'm', messages: [{ role: 'user', content }] };
    const message = { role: 'assistant', content: `answer ${index}` };
    return JSON.stringify({ id: `c${index}`, request, response: { choices: [{ message }] } });
  }).join('\n');

const storeBytes = (): number =>
  existsSync(scene.path('understudy.db')) ? statSync(scene.path('understudy.db')).size : 0;

const stored = (): number =>
  Number(scene.rows('select count(*) as n from recorded_response')[0]?.['n']);

describe('an import that is killed', () => {
  it('leaves complete captures, and continues when it is run again', async () => {
    writeFileSync(scene.path('traffic.jsonl'), traffic());
    const kept: number[] = [];
    for (const megabytes of [1, 12, 20]) {
      const { child, ended } = scene.start(['import', 'traffic.jsonl']);
      while (child.exitCode === null && storeBytes() < megabytes * 1024 * 1024) await sleep(2);
      child.kill('SIGKILL');
      await ended;
      expect(scene.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(scene.rows('pragma foreign_key_check')).toEqual([]);
      // A capture and its recordings are stored together.
      expect(scene.rows('select count(*) as n from capture')).toEqual([{ n: stored() }]);
      kept.push(stored());
    }
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
    expect(kept.at(-1)).toBeGreaterThan(0);

    const { code, stdout } = await scene.run(['import', 'traffic.jsonl']);
    expect(code).toBe(0);
    expect(stdout).toContain('understudy.db now holds 10,000 captures and 0 not replayable.');
    expect(stored()).toBe(captures);
    expect(scene.rows('select count(*) as n from body')).toEqual([{ n: 2 * captures }]);
    expect(scene.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });
});
