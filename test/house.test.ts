import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../source');

/** Each folder may import from those before it and from itself. */
const order = [
  'text',
  'traffic',
  'redaction',
  'models',
  'configuration',
  'comparison',
  'statistics',
  'store',
  'recording',
  'replay',
  'summary',
  'review',
  'demo',
  'commands',
];

/** Folders that take data and give data: no clock, no chance, no file, no process. */
const pure = new Set(['text', 'comparison', 'statistics']);

/** Finds the files that are shipped beside the program. */
const impureByNature = new Set(['text/package-file.ts']);

/** Heavy packages and the folders that may load them. */
const keepers: Readonly<Record<string, readonly string[]>> = {
  ink: ['review'],
  react: ['review'],
  kysely: ['store'],
  'better-sqlite3': ['store'],
  yaml: ['traffic'],
  '@secretlint/secretlint-rule-preset-recommend': ['redaction'],
  openai: ['models'],
  'gpt-tokenizer': ['models'],
  '@pydantic/genai-prices': ['models'],
  diff: ['comparison'],
  'string-width': ['text'],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => {
    const path = join(source, name);
    const text = readFileSync(path, 'utf8');
    const imports = [...text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm)].map(
      ([, target]) => target ?? '',
    );
    return { name, folder: name.includes('/') ? (name.split('/')[0] ?? '') : '', text, imports };
  });

/** The names of the files for which a sentence about them is not true. */
const offenders = (isWrong: (file: (typeof files)[number]) => boolean): readonly string[] =>
  files.filter(isWrong).map(({ name }) => name);

describe('the house', () => {
  it('has files to look at, in the folders that it knows', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(offenders(({ folder }) => folder !== '' && !order.includes(folder))).toEqual([]);
  });

  it('imports only from folders above', () => {
    const wrong = files.flatMap(({ name, folder, imports }) =>
      imports
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(source, resolve(source, dirname(name), target)))
        .filter((target) => {
          if (target.startsWith('..')) return !/^\.\.\/(data\/|package\.json$)/.test(target);
          const at = order.indexOf(target.split('/')[0] ?? '');
          return folder !== '' && (at === -1 || at > order.indexOf(folder));
        })
        .map((target) => `${name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('names the suffix of the file in every import', () => {
    const bare = /^\.{1,2}\/.*(?<!\.tsx?|\.json)$/;
    expect(offenders(({ imports }) => imports.some((target) => bare.test(target)))).toEqual([]);
  });

  it('loads heavy packages only where they belong', () => {
    const wrong = files.flatMap(({ name, folder, imports }) =>
      imports
        .map((target) =>
          target
            .split('/')
            .slice(0, target.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((target) => keepers[target]?.includes(folder) === false)
        .map((target) => `${name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the pure folders free of clock, chance, files and process', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\bprocess\.|'node:(?!crypto')/;
    const wrong = offenders(
      ({ name, folder, text }) =>
        pure.has(folder) && !impureByNature.has(name) && impure.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('names files in lower case with hyphens, and none after nothing in particular', () => {
    expect(
      offenders(({ name }) => !/^[a-z0-9]+(?:-[a-z0-9]+)*\.tsx?$/.test(basename(name))),
    ).toEqual([]);
    const vague = /^(?:index|utils?|helpers?|types?|common|misc|constants)\.tsx?$/;
    expect(offenders(({ name }) => vague.test(basename(name)))).toEqual([]);
  });

  it('passes nothing through: every export stands in its own file', () => {
    const barrel = /^export\s+(?:\*|(?:type\s+)?\{[^}]*\})\s*from\b/m;
    expect(offenders(({ text }) => barrel.test(text))).toEqual([]);
  });

  it('has no suppressed checks, no banners and nothing left to do', () => {
    const left =
      /@ts-(?:ignore|expect-error|nocheck)|(?:eslint|oxlint)-disable|\b(?:TODO|FIXME|XXX|HACK)\b|\/\/\s*[-=*#]{4,}/;
    expect(offenders(({ text }) => left.test(text))).toEqual([]);
  });
});
