import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

describe('understudy backup', () => {
  it('copies a whole store while an import writes to it', async () => {
    await fillStore(scene.path('understudy.db'), [{ id: 'a', baseline: 'b', candidate: 'c' }]);
    const lines = Array.from({ length: 8000 }, (_, index) =>
      JSON.stringify({
        id: `c${index}`,
        request: { messages: [{ role: 'user', content: `q ${index} `.repeat(500) }] },
      }),
    );
    writeFileSync(scene.path('traffic.jsonl'), lines.join('\n'));
    const { child, ended } = scene.start(['import', 'traffic.jsonl']);
    const stored = (db?: string): number =>
      Number(scene.rows('select count(*) as n from capture', db)[0]?.['n']);
    while (child.exitCode === null && stored() === 1) await sleep(2);
    const run = await scene.run(['backup', 'copy.db', '--json']);
    expect(await ended).toMatchObject({ code: 0 });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toEqual({
      schema: 'understudy.backup/1',
      store: 'understudy.db',
      file: 'copy.db',
      bytes: statSync(scene.path('copy.db')).size,
    });
    expect(statSync(scene.path('copy.db')).mode & 0o777).toBe(0o600);
    expect(scene.rows('pragma integrity_check', 'copy.db')).toEqual([{ integrity_check: 'ok' }]);
    expect(stored('copy.db')).toBeGreaterThan(1);
    expect(stored('copy.db')).toBeLessThanOrEqual(8001);
    expect((await scene.run(['summary', '--db', 'copy.db'])).code).toBe(0);
    expect(readdirSync(scene.directory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('leaves nothing behind where it cannot write, and needs a store', async () => {
    await fillStore(scene.path('understudy.db'), []);
    const nowhere = await scene.run(['backup', 'nowhere/copy.db']);
    expect(nowhere).toMatchObject({ code: 2 });
    expect(nowhere.stderr).toContain(
      'nowhere/copy.db cannot be created: there is no such directory. Create it, or name another file.\n',
    );
    expect(await scene.run(['backup', 'copy.db', '--db', 'no.db'])).toMatchObject({ code: 2 });
    expect(existsSync(scene.path('copy.db'))).toBe(false);
  });
});
