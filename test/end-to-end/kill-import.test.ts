import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const captures = 20_000;

/** Enough that a thread of its own writes the store, in several transactions. */
const traffic = (): string =>
  Array.from({ length: captures }, (_, index) => {
    const content = `question ${index} `.repeat(200);
    const request = { model: 'm', messages: [{ role: 'user', content }] };
    const message = { role: 'assistant', content: `answer ${index}` };
    return JSON.stringify({ id: `c${index}`, request, response: { choices: [{ message }] } });
  }).join('\n');

const building = '.understudy.db.importing';

const bytesOf = (name: string): number =>
  existsSync(scene.path(name)) ? statSync(scene.path(name)).size : 0;

const stored = (): number =>
  Number(scene.rows('select count(*) as n from recorded_response')[0]?.['n']);

/** Imports until a file has so many megabytes, and kills the import. */
const killAt = async (name: string, megabytes: number): Promise<void> => {
  const { child, ended } = scene.start(['import', 'traffic.jsonl']);
  while (child.exitCode === null && bytesOf(name) < megabytes * 1024 * 1024) await sleep(2);
  expect(child.exitCode).toBeNull();
  child.kill('SIGKILL');
  await ended;
};

const holdsWholeCaptures = (): void => {
  expect(scene.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(scene.rows('pragma foreign_key_check')).toEqual([]);
  // It is left out while a store is being built.
  const index = `select name from sqlite_master where name = 'capture_conversation'`;
  expect(scene.rows(index)).toHaveLength(1);
  // A capture and what was recorded of it come together.
  expect(scene.rows('select count(*) as n from capture')).toEqual([{ n: stored() }]);
};

const importsTheRest = async (): Promise<void> => {
  const { code, stdout } = await scene.run(['import', 'traffic.jsonl']);
  expect(code).toBe(0);
  expect(stdout).toContain('understudy.db now holds 20,000 captures and 0 not replayable.');
  expect(stored()).toBe(captures);
  expect(scene.rows('select count(*) as n from body')).toEqual([{ n: 2 * captures }]);
  holdsWholeCaptures();
};

describe('an import that is killed', () => {
  it('leaves what it committed of a new store to the next command, and then goes on', async () => {
    writeFileSync(scene.path('traffic.jsonl'), traffic());
    // Past the first commit, which comes after 16 MB.
    await killAt(`${building}/store.db`, 40);
    expect(existsSync(scene.path('understudy.db'))).toBe(false);
    // Any command finds the store in its place.
    expect((await scene.run(['summary'])).stderr).toContain('understudy.db contains no comparison');
    expect(existsSync(scene.path(building))).toBe(false);
    expect(statSync(scene.path('understudy.db')).mode & 0o777).toBe(0o600);
    holdsWholeCaptures();
    expect(stored()).toBeGreaterThan(0);

    const before = stored();
    await killAt('understudy.db', 52);
    holdsWholeCaptures();
    expect(stored()).toBeGreaterThanOrEqual(before);
    await importsTheRest();
  });

  it('leaves no litter when it had committed nothing', async () => {
    writeFileSync(scene.path('traffic.jsonl'), traffic());
    await killAt(`${building}/lock`, 0);
    expect((await scene.run(['summary'])).stderr).toContain('There is no store at understudy.db.');
    expect(readdirSync(scene.directory)).toEqual(['traffic.jsonl']);
    await importsTheRest();
  });

  it('keeps what it read when it is interrupted, and says so', async () => {
    writeFileSync(scene.path('traffic.jsonl'), traffic());
    const { child, ended } = scene.start(['import', 'traffic.jsonl']);
    while (child.exitCode === null && bytesOf(`${building}/store.db`) < 1024 * 1024) await sleep(2);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    const read = /^Stopped after ([\d,]+) records of traffic\.jsonl\. They are kept/.exec(
      stderr,
    )?.[1];
    expect(Number(read?.replaceAll(',', ''))).toBe(stored());
    expect(stored()).toBeGreaterThan(0);
    expect(readdirSync(scene.directory).filter((name) => name.startsWith('.'))).toEqual([]);
    holdsWholeCaptures();
    await importsTheRest();
  });
});

describe('while an import builds a new store', () => {
  const waiting = 'Waiting for the import that is building understudy.db …\n';

  /** Starts a command, and resolves when it says that it waits. */
  const startWaiting = async (argv: readonly string[]): Promise<ReturnType<Scene['start']>> => {
    const { child, ended } = scene.start(argv);
    const said = new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes(waiting)) resolve();
      });
    });
    const early = ended.then((run) => {
      throw new Error(`${argv.join(' ')} ended with ${run.code ?? 'a signal'}: ${run.stderr}`);
    });
    await Promise.race([said, early]);
    return { child, ended };
  };

  it('other commands and a second import wait until it is in its place', async () => {
    writeFileSync(scene.path('traffic.jsonl'), traffic());
    const { child, ended } = scene.start(['import', 'traffic.jsonl']);
    while (!existsSync(scene.path(`${building}/store.db`))) await sleep(2);
    child.kill('SIGSTOP');
    const summary = await startWaiting(['summary']);
    const spend = await startWaiting(['spend']);
    writeFileSync(
      scene.path('other.jsonl'),
      '{"id":"o","request":{"messages":[{"role":"user","content":"other"}]}}\n',
    );
    const again = await startWaiting(['import', 'other.jsonl']);
    const dry = await startWaiting(['import', '--dry-run', 'other.jsonl']);
    const sides = ['--baseline=recorded', '--candidate=recorded:other'];
    const compare = await startWaiting(['compare', ...sides, '--endpoint=none']);
    const record = await startWaiting(['record', '--upstream=http://127.0.0.1:9', '--port=0']);
    const review = startInTerminal(node, [program, 'review'], { cwd: scene.directory });
    await review.until(waiting.trim());

    const stopped = await startWaiting(['import', 'other.jsonl']);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toEqual({
      code: 130,
      stdout: '',
      stderr: `${waiting}Stopped before understudy.db was there. The import that is building it goes on.\n`,
    });
    review.type('\u0003');
    expect(await review.exit).toMatchObject({ code: 130 });
    // Were it to go on, the summary might see the comparison that it opens.
    compare.child.kill('SIGINT');
    expect(await compare.ended).toMatchObject({ code: 130 });

    expect(existsSync(scene.path('understudy.db'))).toBe(false);
    const listens = new Promise((resolve) => {
      record.child.stderr?.on('data', (text: string) => {
        if (text.startsWith('Recording. ')) resolve(text);
      });
    });
    child.kill('SIGCONT');
    expect(await ended).toMatchObject({ code: 0 });
    await listens;
    record.child.kill('SIGTERM');
    expect(await record.ended).toMatchObject({ code: 0 });
    // A mistake in a command that waited leaves the store of the other one alone.
    const { code, stderr } = await summary.ended;
    expect([code, stderr.split('\n').slice(0, 2)]).toEqual([
      2,
      [waiting.trim(), expect.stringContaining('understudy.db contains no comparison.')],
    ]);
    expect(await spend.ended).toMatchObject({ code: 0, stderr: waiting });
    expect((await again.ended).stdout).toContain('understudy.db now holds 20,001 captures');
    expect(await dry.ended).toMatchObject({ code: 0 });
    const left = readdirSync(scene.directory).filter((name) => !/-(?:wal|shm)$/.test(name));
    expect(left.sort()).toEqual(['other.jsonl', 'traffic.jsonl', 'understudy.db']);
    expect(stored()).toBe(captures);
  });

  it('takes the place of an empty file that sqlite3 left, and never of a store', async () => {
    writeFileSync(scene.path('traffic.jsonl'), traffic());
    const begin = async (): ReturnType<Scene['run']> => {
      const { child, ended } = scene.start(['import', 'traffic.jsonl']);
      while (!existsSync(scene.path(`${building}/store.db`))) await sleep(2);
      child.kill('SIGSTOP');
      writeFileSync(scene.path('understudy.db'), content);
      child.kill('SIGCONT');
      return ended;
    };
    let content = '';
    expect(await begin()).toMatchObject({ code: 0 });
    expect(stored()).toBe(captures);
    rmSync(scene.path('understudy.db'));

    content = 'somebody else’s';
    const { code, stderr } = await begin();
    expect(code).toBe(2);
    expect(stderr).toContain('Another program created understudy.db while it was being built');
    expect(readFileSync(scene.path('understudy.db'), 'utf8')).toBe(content);
    expect(existsSync(scene.path(building))).toBe(false);
  });
});
