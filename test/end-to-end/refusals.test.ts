import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const models = [
  '--baseline=http://127.0.0.1:1/v1#incumbent',
  '--candidate=http://127.0.0.1:1/v1#newcomer',
];

const pair = { id: 'a', baseline: 'one', candidate: 'two' };

describe('a store that was there', () => {
  it('does not change if nothing in a file can be replayed', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 2);
    await scene.run(['import', 'tickets.jsonl']);
    await fillStore(scene.path('understudy.db'), [pair]);
    const tables = scene.rows("select name from sqlite_master where type = 'table'");
    const content = () => tables.map(({ name }) => scene.rows(`select * from "${String(name)}"`));
    const held = content();
    await writeFile(scene.path('nothing.jsonl'), '{"request":{"messages":[]}}\n{"request":{}}\n');
    const { code, stderr } = await scene.run(['replay', 'nothing.jsonl', ...models]);
    expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    expect(content()).toEqual(held);
  });

  it('with records but no captures says so', async () => {
    await writeFile(scene.path('nothing.jsonl'), '{"request":{"messages":[]}}\n');
    await scene.run(['import', 'nothing.jsonl']);
    const { code, stdout, stderr } = await scene.run(['replay', ...models]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^understudy: understudy\.db contains no captures that can be replayed\. 1 record is not replayable: .*Name a file of captured traffic\.\n$/,
    );
    expect(scene.rows('select * from comparison')).toEqual([]);
  });
});

describe('a terminal that is none', () => {
  it('is refused by the review, in one sentence and without a control character', async () => {
    await fillStore(scene.path('understudy.db'), [pair]);
    // A pseudo-terminal sets TERM itself.
    const argv = ['TERM=dumb', node, program, 'review'];
    const terminal = startInTerminal('env', argv, { cwd: scene.directory });
    expect(await terminal.exit).toMatchObject({ code: 2 });
    await terminal.until('understudy summary prints the numbers');
    expect(terminal.raw()).not.toMatch(/\u001b/);
    expect(terminal.raw().trim().split('\n')).toHaveLength(1);
  });
});

/** A user who may nearly nothing; root may write and read whatever the rights say. */
const nobody = 65534;

/** Runs the program as a user whom rights bind; null where that cannot be done. */
const runBound = (argv: readonly string[]): ReturnType<typeof spawnSync> | null => {
  const root = process.getuid?.() === 0;
  const identity = root ? { uid: nobody, gid: nobody } : {};
  const options = { cwd: scene.directory, encoding: 'utf8', env: {}, ...identity } as const;
  const reachable = spawnSync(node, [program, '--version'], options);
  return reachable.status === 0 ? spawnSync(node, [program, ...argv], options) : null;
};

describe('rights', () => {
  it('that forbid reading a file are named', async ({ skip }) => {
    await chmod(scene.directory, 0o777);
    await writeTickets(scene.path('tickets.jsonl'), 2);
    await chmod(scene.path('tickets.jsonl'), 0);
    const ended = runBound(['replay', 'tickets.jsonl', ...models]);
    if (ended === null) return skip('another user cannot reach the program here');
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toBe(
      'understudy: tickets.jsonl cannot be read: no permission. Nothing was imported.\n',
    );
    expect(existsSync(scene.path('understudy.db'))).toBe(false);
  });

  it.for([
    { what: 'into its directory', store: 'there/new.db' },
    { what: 'the store', store: 'there/old.db' },
  ])('that forbid writing $what are named', async ({ store }, { skip }) => {
    await chmod(scene.directory, 0o755);
    await writeTickets(scene.path('tickets.jsonl'), 2);
    await chmod(scene.path('tickets.jsonl'), 0o644);
    await mkdir(scene.path('there'));
    await fillStore(scene.path('there/old.db'), [pair]);
    await chmod(scene.path('there/old.db'), 0o444);
    await chmod(scene.path('there'), 0o555);
    const found = await scene.snapshot();
    const ended = runBound(['replay', 'tickets.jsonl', ...models, '--db', store]);
    await chmod(scene.path('there'), 0o755);
    if (ended === null) return skip('another user cannot reach the program here');
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(
      new RegExp(`^understudy: ${store} cannot be written\\. Check the permissions .* --db\\.\\n$`),
    );
    expect(await scene.snapshot()).toEqual(found);
  });
});

describe('a full disk', () => {
  it('ends the command with one sentence; saved work is kept and continues elsewhere', async ({
    skip,
  }) => {
    const disk = scene.path('disk');
    await mkdir(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', disk]);
    if (mounted.status !== 0) return skip('no right to mount a small disk here');
    try {
      await writeTickets(scene.path('tickets.jsonl'), 150);
      expect(
        (await scene.run(['import', 'tickets.jsonl', '--db', 'disk/understudy.db'])).code,
      ).toBe(0);
      // Room for the log of some commits, and not for that of all of them.
      const { bfree, blocks, bsize } = await statfs(disk);
      const size = (blocks - bfree) * bsize + 1500 * 1024;
      spawnSync('mount', ['-o', `remount,size=${size}`, disk]);
      const { endpoint, models: live } = await scene.serve();
      const argv = ['replay', 'tickets.jsonl', ...live];
      const full = await scene.run([...argv, '--db', 'disk/understudy.db']);
      expect([full.code, full.stdout]).toEqual([2, '']);
      expect(full.stderr.trimEnd().split('\n').at(-1)).toBe(
        'understudy: The disk that holds disk/understudy.db is full. What was saved is kept; free some space and run the same command again.',
      );
      expect(full.stderr).not.toMatch(/\n\s+at /);
      const stored = () =>
        scene.rows('select capture_id, side from response', 'disk/understudy.db').length;
      const kept = stored();
      expect(kept).toBeGreaterThan(0);
      expect(kept).toBeLessThan(300);

      spawnSync('mount', ['-o', 'remount,size=20m', disk]);
      const asked = endpoint.calls().length;
      const on = await scene.run([...argv, '--db', 'disk/understudy.db']);
      expect([on.code, stored()]).toEqual([0, 300]);
      expect(endpoint.calls().length - asked).toBe(300 - kept);
    } finally {
      spawnSync('umount', [disk]);
      await rm(disk, { recursive: true, force: true });
    }
  });
});

const isThere = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

describe('a Node that is too old', () => {
  it('is told the requirements in one line', ({ skip }) => {
    const old = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => {
      if (!isThere(file)) return false;
      const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
      return Number(/^v(\d+)/.exec(stdout)?.[1]) < 22;
    });
    if (old === undefined) return skip('there is no Node older than 22 here');
    const { status, stdout, stderr } = spawnSync(old, [program, 'demo'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^understudy needs Node 22\.12 or newer and this is Node [\d.]+\. [^\n]+\n$/,
    );
  });
});
