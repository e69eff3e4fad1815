import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { completion, rawCall, startProxy, startUpstream } from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const succeeds = (command: string, argv: readonly string[]): boolean =>
  spawnSync(command, argv).status === 0;

const canMount = ((): boolean => {
  const isMounted = succeeds('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt']);
  if (isMounted) spawnSync('umount', ['/mnt']);
  return isMounted;
})();

const canLimit = succeeds('prlimit', ['--version']);

/** A file system that is soon full, and how it gets more room. */
const smallDisk = async () => {
  const disk = scene.path('disk');
  await mkdir(disk);
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
  return {
    fill: (): void => undefined,
    makeRoom: () => void spawnSync('mount', ['-o', 'remount,size=1g', disk]),
    remove: () => void spawnSync('umount', ['--lazy', disk]),
  };
};

/** A limit of the process: no file may grow over 2 MB. It needs no right to mount anything. */
const smallFiles = async () => {
  await mkdir(scene.path('disk'));
  const limit = (pid: number | undefined, size: string): void => {
    const { status } = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${size}:`]);
    expect(status).toBe(0);
  };
  return {
    fill: (pid: number | undefined) => limit(pid, '2000000'),
    makeRoom: (pid: number | undefined) => limit(pid, 'unlimited'),
    remove: (): void => undefined,
  };
};

const places = [
  ['the store', ['--db', 'disk/understudy.db']],
  ['a file', ['--out', 'disk/traffic.jsonl']],
] as const;

const stopsNoCall = async (
  argv: readonly string[],
  { fill, makeRoom }: Awaited<ReturnType<typeof smallDisk | typeof smallFiles>>,
): Promise<unknown> => {
  const upstream = await startUpstream((response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(completion('z'.repeat(20_000))));
  });
  onTestFinished(() => upstream.close());
  const proxy = await startProxy(scene.directory, ['--upstream', `${upstream.origin}/v1`, ...argv]);
  onTestFinished(() => void proxy.child.kill('SIGKILL'));
  fill(proxy.child.pid);
  let calls = 0;
  const call = async (): Promise<void> => {
    calls += 1;
    const messages = [{ role: 'user', content: `${calls} ${'q'.repeat(10_000)}` }];
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages }),
    });
    expect([answer.status, answer.cut]).toEqual([200, false]);
  };
  const metrics = async (): Promise<string> =>
    (await rawCall(`${proxy.origin}/metrics`, { method: 'GET' })).body.toString();
  while (!proxy.said().includes('captures wait to be saved')) await call();
  for (let more = 0; more < 20; more += 1) await call();
  expect(await metrics()).toContain('understudy_proxy_saving 0');
  makeRoom(proxy.child.pid);
  while (!proxy.said().includes('Captures are saved again.')) await sleep(20);
  const { code, stderr } = await proxy.stop();
  const saved = new Set(argv[0] === '--db' ? idsInStore() : await idsInFile());
  return {
    code,
    areAllCounted: stderr.includes(`${calls.toLocaleString('en-US')} recorded`),
    missing: calls - saved.size,
  };
};

const idsInStore = (): readonly unknown[] =>
  scene.rows('select id from capture', 'disk/understudy.db').map(({ id }) => id);

const idsInFile = async (): Promise<readonly unknown[]> =>
  (await readFile(scene.path('disk/traffic.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

const allSaved = { code: 0, areAllCounted: true, missing: 0 };

describe('a full disk', () => {
  it.skipIf(!canMount).each(places)(
    'under %s stops no call, and what waits is saved when there is room',
    async (_, argv) => {
      const place = await smallDisk();
      try {
        expect(await stopsNoCall(argv, place)).toEqual(allSaved);
      } finally {
        place.remove();
      }
    },
  );
});

describe('a file that may not grow further', () => {
  it.skipIf(!canLimit).each(places)(
    'stops no call when it is %s, and what waits is saved when it may grow again',
    async (_, argv) => {
      expect(await stopsNoCall(argv, await smallFiles())).toEqual(allSaved);
    },
  );
});
