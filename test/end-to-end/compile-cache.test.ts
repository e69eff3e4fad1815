import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../commands/program.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-cache-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

const path = (...names: readonly string[]): string => join(directory, ...names);

const makeFolder = (mode: number, ...names: readonly string[]): string => {
  mkdirSync(path(...names), { recursive: true });
  chmodSync(path(...names), mode);
  return path(...names);
};

/** Everything below the test's directory, the temporary one of the program included. */
const contents = (): readonly string[] =>
  readdirSync(directory, { recursive: true }).map(String).sort();

const run = async (environment: Readonly<Record<string, string>>): Promise<void> => {
  const all = { HOME: path('home'), TMPDIR: makeFolder(0o700, 'temporary'), ...environment };
  const { code, stdout, stderr } = await runProgram(directory, ['completion', 'bash'], all);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('complete -');
};

/** What a run of the program over folders that were planted creates in any of them. */
const created = async (home = 'cache'): Promise<readonly string[]> => {
  makeFolder(0o700, 'temporary');
  const before = new Set(contents());
  await run({ XDG_CACHE_HOME: path(home) });
  return contents().filter((name) => !before.has(name));
};

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

describe('the cache of compiled code', () => {
  it('is a private folder in XDG_CACHE_HOME', async () => {
    await run({ XDG_CACHE_HOME: path('cache') });
    expect(statSync(path('cache', 'understudy')).mode & 0o777).toBe(0o700);
    expect(readdirSync(path('cache', 'understudy'))).toHaveLength(1);
    expect(readdirSync(path('temporary'))).toEqual([]);
  });

  it.each([{}, { XDG_CACHE_HOME: '' }, { XDG_CACHE_HOME: 'relative' }])(
    'is in ~/.cache with %j',
    async (environment) => {
      makeFolder(0o700, 'home');
      await run(environment);
      expect(contents().filter((name) => !name.includes('understudy/'))).toEqual([
        'home',
        'home/.cache',
        'home/.cache/understudy',
        'temporary',
      ]);
      expect(readdirSync(path('home', '.cache', 'understudy'))).toHaveLength(1);
    },
  );

  it('is below a directory that a symbolic link of its owner names', async () => {
    makeFolder(0o700, 'elsewhere');
    symlinkSync(path('elsewhere'), path('cache'));
    await run({ XDG_CACHE_HOME: path('cache') });
    expect(readdirSync(path('elsewhere', 'understudy'))).toHaveLength(1);
  });

  it('is not a folder that a symbolic link names', async () => {
    makeFolder(0o700, 'elsewhere');
    makeFolder(0o700, 'cache');
    symlinkSync(path('elsewhere'), path('cache', 'understudy'));
    expect(await created()).toEqual([]);
  });

  it.each(['777', '770', '702', '755', '1777'])(
    'is not a folder that others can use (mode %s)',
    async (mode) => {
      makeFolder(Number.parseInt(mode, 8), 'cache', 'understudy');
      expect(await created()).toEqual([]);
    },
  );

  it.each(['777', '775'])(
    'is not below a directory in which others can replace it (mode %s)',
    async (mode) => {
      makeFolder(0o700, 'shared', 'cache', 'understudy');
      makeFolder(Number.parseInt(mode, 8), 'shared');
      expect(await created('shared/cache')).toEqual([]);
      rmSync(path('shared', 'cache'), { recursive: true });
      expect(await created('shared/cache')).toEqual([]);
    },
  );

  it.skipIf(!isRoot)('is not a folder of another user', async () => {
    chownSync(makeFolder(0o700, 'cache', 'understudy'), nobody, nobody);
    expect(await created()).toEqual([]);
  });

  it.skipIf(!isRoot)('is not below a directory of another user', async () => {
    makeFolder(0o700, 'theirs', 'cache', 'understudy');
    chownSync(path('theirs'), nobody, nobody);
    expect(await created('theirs/cache')).toEqual([]);
    rmSync(path('theirs', 'cache'), { recursive: true });
    expect(await created('theirs/cache')).toEqual([]);
  });

  it('is not needed where something else is in its place', async () => {
    makeFolder(0o700, 'cache');
    symlinkSync('nowhere', path('cache', 'understudy'));
    writeFileSync(path('file'), '');
    expect(await created('cache')).toEqual([]);
    expect(await created('file')).toEqual([]);
  });
});
