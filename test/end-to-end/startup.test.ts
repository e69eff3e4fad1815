import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../commands/program.ts';
import { program } from '../helpers/program.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-startup-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

/** Runs before the program: writes down every module that is loaded and every segmenter that is made. */
const witness = `
  import { appendFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const note = (text) => appendFileSync(process.env.WITNESS_FILE, text + '\\n');
  registerHooks({ load: (url, context, next) => (note(url), next(url, context)) });
  const { Segmenter } = Intl;
  Intl.Segmenter = class extends Segmenter {
    constructor(...settings) { note('segmenter'); super(...settings); }
  };
`;

/** The packages that a run loads, and how many segmenters it makes. */
const loaded = async (
  ...argv: readonly string[]
): Promise<{ readonly packages: readonly string[]; readonly segmenters: number }> => {
  const witnessFile = join(directory, 'witness.mjs');
  const notesFile = join(directory, 'notes.txt');
  writeFileSync(witnessFile, witness);
  writeFileSync(notesFile, '');
  await runProgram(directory, argv, {
    NODE_OPTIONS: `--import ${witnessFile}`,
    WITNESS_FILE: notesFile,
    XDG_CACHE_HOME: join(directory, 'cache'),
  });
  const notes = readFileSync(notesFile, 'utf8').split('\n');
  const files = notes.filter((note) => note.startsWith('file:')).map((url) => fileURLToPath(url));
  expect(files).toContain(program);
  const packages = files.flatMap((file) =>
    file.includes('/node_modules/')
      ? [file]
      : [...readFileSync(file, 'utf8').matchAll(/^\/\/ (node_modules\/.*)$/gm)].map(
          ([, path = '']) => path,
        ),
  );
  const names = packages.map(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(path)?.[1] ?? path,
  );
  return {
    packages: [...new Set(names)].sort(),
    segmenters: notes.filter((note) => note === 'segmenter').length,
  };
};

describe('a start', () => {
  it.each([['--version'], ['--help'], ['review', '--help'], ['help', 'import']])(
    'loads no package for %s %s',
    async (...argv) => {
      expect(await loaded(...argv.filter(Boolean))).toEqual({ packages: [], segmenters: 0 });
    },
  );

  it('loads only the parser of flags for a command that needs no more', async () => {
    expect(await loaded('completion', 'bash')).toEqual({ packages: ['meow'], segmenters: 0 });
  });

  it('loads neither zod nor a client for the review', async () => {
    const { packages, segmenters } = await loaded('review', '--db', 'missing.db');
    expect(packages).toContain('kysely');
    for (const heavy of ['zod', 'openai', 'yaml', 'gpt-tokenizer']) {
      expect(packages).not.toContain(heavy);
    }
    expect(segmenters).toBe(0);
  });

  it('compiles no set of emoji before a text has one', () => {
    const folder = dirname(program);
    const offenders = readdirSync(folder).filter(
      (name) =>
        name.endsWith('.js') &&
        /\/[^\n/'"`]*\\p\{RGI_Emoji/.test(readFileSync(join(folder, name), 'utf8')),
    );
    expect(offenders).toEqual([]);
  });
});
