import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

const mounted: string[] = [];

afterEach(async () => {
  for (const disk of mounted.splice(0)) execFileSync('umount', ['--lazy', disk]);
  await scene.close();
});

const mount = (...argv: readonly string[]): void => {
  execFileSync('mount', argv, { stdio: 'ignore' });
};

/** Whether a small disk can be mounted, which takes root. */
const canMount = ((): boolean => {
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt');
    execFileSync('umount', ['/mnt']);
    return true;
  } catch {
    return false;
  }
})();

/** A disk of its own with a store on it, closed by all programs. */
const diskWithStore = async (): Promise<string> => {
  await fillStore(scene.path('understudy.db'), [{ id: 'a', baseline: 'one', candidate: 'two' }]);
  const disk = scene.path('disk');
  mkdirSync(disk);
  mount('-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk);
  mounted.push(disk);
  copyFileSync(scene.path('understudy.db'), `${disk}/understudy.db`);
  return disk;
};

const summary = ['summary', '--db', 'disk/understudy.db'];

describe.skipIf(!canMount)('commands that only read, where nothing can be written', () => {
  it('reads a store on a disk that is read-only', async () => {
    const disk = await diskWithStore();
    mount('-o', 'remount,ro', disk);
    const { code, stdout, stderr } = await scene.run(summary, { TMPDIR: scene.directory });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('recorded:first');
    expect((await scene.run(['spend', '--db', 'disk/understudy.db'])).code).toBe(0);
    // The copy is gone.
    expect(readdirSync(scene.directory).sort()).toEqual(['disk', 'understudy.db']);
  });

  it('backs up a store on a disk that is read-only', async () => {
    const disk = await diskWithStore();
    mount('-o', 'remount,ro', disk);
    const run = await scene.run(['backup', 'copy.db', '--db', 'disk/understudy.db']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('copy.db is a copy of disk/understudy.db');
    expect(scene.rows('select count(*) as n from capture', 'copy.db')).toEqual([{ n: 1 }]);
  });

  it('reads a store on a disk that is full', async () => {
    const disk = await diskWithStore();
    expect(() => writeFileSync(`${disk}/junk`, Buffer.alloc(12_000_000))).toThrow(/ENOSPC/);
    const { code, stdout } = await scene.run(summary);
    expect(code).toBe(0);
    expect(stdout).toContain('recorded:first');
  });
});
