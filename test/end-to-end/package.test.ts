import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { node } from '../helpers/program.ts';

const project = resolve(import.meta.dirname, '../..');

let directory: string;
let installation: string;

/** Runs a command to its end; rejects with its stderr when it fails. */
const run = async (command: string, argv: readonly string[], cwd: string): Promise<string> => {
  const PATH = [dirname(node), process.env['PATH']].join(delimiter);
  const { stdout } = await promisify(execFile)(command, argv, {
    cwd,
    env: { ...process.env, PATH },
  });
  return stdout;
};

const understudy = (...argv: readonly string[]): Promise<string> =>
  run(join(installation, 'node_modules/.bin/understudy'), argv, installation);

const summaryCounts = async (db: string) =>
  summarySchema.parse(JSON.parse(await understudy('summary', '--format', 'json', '--db', db)))
    .counts;

/** The project as a fresh clone has it after `npm ci`: nothing is built. */
const makeCheckout = async (folder: string): Promise<void> => {
  const isMade = /^(?:\.git|node_modules|coverage|dist[^/]*)(?:\/|$)/;
  await cp(project, folder, {
    recursive: true,
    filter: (path) => !isMade.test(relative(project, path)),
  });
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-package-'));
  const checkout = join(directory, 'checkout');
  installation = join(directory, 'installation');
  await makeCheckout(checkout);
  await mkdir(installation);
  await run('npm', ['pack', '--pack-destination', directory], checkout);
  const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz')) ?? '';
  await run(
    'npm',
    ['install', '--prefix', installation, '--prefer-offline', join(directory, tarball)],
    installation,
  );
}, 300_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the package', () => {
  it('has the program, its data, its documentation and every license, and nothing else', async () => {
    const folder = join(installation, 'node_modules/understudy');
    expect((await readdir(folder)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'data',
      'dist',
      'docs',
      'package.json',
    ]);
    const built = await readdir(join(folder, 'dist'));
    expect(built).toContain('THIRD-PARTY-LICENSES.txt');
    expect(built.filter((name) => !/\.(?:js|txt)$/.test(name))).toEqual([]);
  });

  it('needs no install script, neither its own nor that of a dependency', async () => {
    const lock = JSON.parse(
      await readFile(join(installation, 'node_modules/.package-lock.json'), 'utf8'),
    ) as { packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>> };
    const scripted = Object.entries(lock.packages).filter(([, one]) => one.hasInstallScript);
    expect(Object.keys(lock.packages)).toContain('node_modules/better-sqlite3');
    expect(scripted).toEqual([]);
  });

  it('runs its demo', async () => {
    const text = await understudy('demo', '--db', 'demo.db');
    expect(text).toContain('Comparison demo/incumbent → demo/newcomer');
    expect(await summaryCounts('demo.db')).toMatchObject({ replayable: 172, answered: 172 });
  });

  it('compares recorded answers', async () => {
    const completion = (content: string) => ({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    });
    const captures = ['yes', 'no'].map((answer) => ({
      request: { messages: [{ role: 'user', content: `Say ${answer}` }] },
      responses: { old: completion('yes'), new: completion(answer) },
    }));
    const lines = captures.map((capture) => `${JSON.stringify(capture)}\n`);
    await writeFile(join(installation, 'traffic.jsonl'), lines.join(''));
    const models = ['--baseline', 'recorded:old', '--candidate', 'recorded:new'];
    await understudy('compare', 'traffic.jsonl', ...models, '--db', 'recorded.db');
    expect(await summaryCounts('recorded.db')).toMatchObject({
      answered: 2,
      identical: 1,
      different: 1,
    });
  });
});
