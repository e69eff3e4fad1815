import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames as names, commands } from '../../source/commands/flags/command-table.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});

afterAll(() => scene.close());

describe.concurrent('help', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('of the program by %j', async (argv) => {
    const { code, stdout, stderr } = await scene.run(argv);
    expect([code, stderr]).toEqual([0, '']);
    for (const name of names) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +${commands[name].purpose}$`, 'm'));
    }
    for (const exit of [0, 1, 2, 130]) expect(stdout).toMatch(new RegExp(`^  ${exit} +\\w`, 'm'));
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it.each(names)('of %s, without doing anything', async (name) => {
    const { code, stdout, stderr } = await scene.run([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^understudy ${name}\\b`));
    expect(stdout).toMatch(/^ {2}--help /m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    const others = [
      [name, '-h'],
      ['help', name],
      [name, 'x', '--nonsense', '--help'],
    ];
    for (const argv of others) {
      expect(await scene.run(argv)).toEqual({ code: 0, stdout, stderr: '' });
    }
    expect(await scene.snapshot()).toEqual([]);
  });

  it.each(['--version', '-v'])('the version by %s', async (flag) => {
    const file = new URL('../../package.json', import.meta.url);
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
    expect(await scene.run([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
