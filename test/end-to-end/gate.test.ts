import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIntoClosedPipe, runIntoFullDisk } from '../commands/program.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  await fillStore(
    scene.path('understudy.db'),
    ['a', 'b', 'c'].map((id) => ({
      id,
      baseline: '{"a":1}',
      candidate: `{"a":${id === 'c' ? 2 : 1}}`,
    })),
  );
});

afterEach(() => scene.close());

const gate = (text: string, ...flags: string[]) => scene.run(['summary', '--gate', text, ...flags]);

describe('summary --target', () => {
  it('says whether overall reaches it, also before the first verdict', async () => {
    // Two of three agree for certain.
    const reached = await scene.run(['summary', '--target', '60%']);
    expect(reached.stdout).toContain('  Target 60.0 % no worse: reached.\n');
    const open = await scene.run(['summary', '--target=0.9']);
    expect(open.code).toBe(0);
    expect(open.stdout).toContain(
      '  Target 90.0 % no worse: open, about 1 verdict if all agree.\n',
    );
    expect((await scene.run(['summary'])).stdout).not.toContain('Target');
  });

  it('is part of the JSON document and of what a gate can ask', async () => {
    const { code, stdout } = await gate('target.interval.lower >= 60%', '--target=60%', '--json');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { target: unknown }).target).toEqual({
      threshold: 0.6,
      decision: 'reached',
      more: 0,
      interval: { rate: null, lower: 2 / 3, upper: 1, n: 0 },
      planned: 150,
    });
    expect((await gate('target.interval.lower >= 60%')).code).toBe(3);
  });

  it.each(['120%', '95', '0', 'many', '-5%'])('rejects %s', async (target) => {
    const { code, stderr } = await scene.run(['summary', `--target=${target}`]);
    expect(code).toBe(2);
    expect(stderr).toContain('--target takes a share above 0 and at most 1');
  });
});

describe('a pipe whose reader is gone', () => {
  it('leaves a gate its exit code, and is no error', async () => {
    for (const format of ['text', 'json', 'html']) {
      const argv = ['summary', '--gate', 'counts.failed >= 1', '--format', format];
      expect(await runIntoClosedPipe(scene.directory, argv)).toMatchObject({
        code: 1,
        stderr: '',
      });
    }
    expect(await runIntoClosedPipe(scene.directory, ['export'])).toMatchObject({ code: 0 });
    expect(await runIntoClosedPipe(scene.directory, ['models'])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('is not a full disk, which no gate has met', async () => {
    for (const argv of [['summary', '--gate', 'counts.answered >= 1'], ['export'], ['--help']]) {
      const { code, stderr } = await runIntoFullDisk(scene.directory, argv);
      expect([code, stderr]).toEqual([
        2,
        'understudy: Standard output cannot be written (ENOSPC). Make room, or send it elsewhere, and run the command again.\n',
      ]);
    }
  });
});

describe('summary --by', () => {
  it('counts the pairs apart in text, JSON and reports, and not in CSV', async () => {
    const text = await scene.run(['summary', '--by', 'field']);
    expect(text.stdout).toMatch(/By field +pairs[^]*\n {2}a +1 /);
    const json = await scene.run(['summary', '--by', 'field', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      by: { dimension: 'field', slices: [{ name: 'a', counts: { replayable: 1, unjudged: 1 } }] },
    });
    const markdown = await scene.run(['summary', '--by', 'field', '--format', 'markdown']);
    expect(markdown.stdout).toContain('| a | 1 |');
    const html = await scene.run(['summary', '--by', 'field', '--format', 'html']);
    expect(html.stdout).toContain('By field');
    const other = await scene.run(['summary', '--by', 'field', '--format', 'csv']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--by has no csv.');
  });
});

describe('summary --gate', () => {
  it('says by its exit code what came of it', async () => {
    const met = await gate('counts.identical >= 2 and counts.failed <= 0');
    expect(met.code).toBe(0);
    expect(met.stdout).toContain(
      [
        'Gate: met',
        '  met      counts.identical >= 2  2',
        '  met      counts.failed <= 0     0',
        '',
      ].join('\n'),
    );
    expect((await gate('counts.identical > 2')).code).toBe(1);
    // Nobody has judged the third pair.
    const open = await gate('noWorse.lower >= 99%');
    expect(open.code).toBe(3);
    expect(open.stdout).toContain('Gate: open, there is not enough evidence yet\n');
  });

  it('marks the place at which a gate is wrong', async () => {
    const { code, stdout, stderr } = await gate('counts.failed <= 0 and counts.identcal >= 2');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      [
        '  counts.failed <= 0 and counts.identcal >= 2',
        `  ${' '.repeat('counts.failed <= 0 and '.length)}^`,
        '',
      ].join('\n'),
    );
    expect(stderr).toContain('no figure of this name. Did you mean counts.identical');
    const without = await scene.run(['summary', '--format=junit']);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('Name one with --gate');
  });

  it('is part of the JSON document, and is told as JUnit XML', async () => {
    const json = await gate('counts.identical > 2', '--format=json');
    expect(json.code).toBe(1);
    expect((JSON.parse(json.stdout) as { gate: unknown }).gate).toEqual({
      expression: 'counts.identical > 2',
      result: 'not met',
      conditions: [
        {
          figure: 'counts.identical',
          operator: '>',
          threshold: 2,
          value: 2,
          result: 'not met',
        },
      ],
    });
    const junit = await gate('counts.identical > 2', '--format=junit');
    expect(junit.code).toBe(1);
    expect(junit.stdout).toContain('<testsuites tests="2" failures="2" skipped="0">');
  });
});
