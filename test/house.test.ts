import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../source');

/** Each folder may import from those before it and from itself. */
const order = [
  'text',
  'statistics',
  'threads',
  'traffic',
  'redaction',
  'models',
  'configuration',
  'comparison',
  'filter',
  'store',
  'intake',
  'recording',
  'money',
  'replay',
  'judge',
  'summary',
  'review',
  'report',
  'export',
  'demo',
  'commands',
];

/** Folders that take data and give data: no clock, no chance, no file, no process. */
const pure = new Set(['text', 'comparison', 'filter', 'statistics']);

/** A file of more lines is several ideas. */
const mostLines = 500;

/** A file of fewer lines that one other file uses belongs into that file. */
const fewestLines = 30;

/** Heavy packages and the folders that may load them. */
const keepers: Readonly<Record<string, readonly string[]>> = {
  ink: ['review'],
  react: ['review'],
  kysely: ['store', 'intake'],
  'better-sqlite3': ['store'],
  yaml: ['traffic'],
  '@secretlint/secretlint-rule-preset-recommend': ['redaction'],
  'libphonenumber-js': ['redaction'],
  openai: ['models'],
  'gpt-tokenizer': ['models'],
  '@pydantic/genai-prices': ['models'],
  diff: ['comparison'],
  '@observablehq/plot': ['report'],
  linkedom: ['report'],
  '@cfworker/json-schema': ['comparison'],
  'string-width': ['text'],
  'pure-rand': ['statistics'],
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

/** The files of the program that each file imports, types included. */
const importedFiles = new Map(
  files.map(({ name, imports }) => [
    name,
    imports
      .filter((target) => target.startsWith('.'))
      .map((target) => relative(source, resolve(source, dirname(name), target))),
  ]),
);

/** Whether following the imports of a file leads back to it. */
const isOnCircle = (name: string): boolean => {
  const reached = new Set<string>();
  const waiting = [...(importedFiles.get(name) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === name) return true;
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(importedFiles.get(next) ?? []));
  }
  return false;
};

/** The names that a file exports; overloads of one function count once. */
const exportedNames = (text: string): readonly string[] => {
  const declared =
    /^export (?:async )?(?:abstract )?(?:const|let|function\*?|type|class|interface|enum) (\w+)/gm;
  // Lists, renamed by `as` or, in a destructuring, by a colon.
  const listed = /^export (?:const |let |type )?\{([^}]*)\}/gm;
  const names = [
    ...[...text.matchAll(declared)].map(([, name]) => name),
    ...[...text.matchAll(listed)].flatMap(([, list = '']) =>
      list.split(',').map((item) => /\w+(?=\s*$)/.exec(item)?.[0]),
    ),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
};

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

  it('keeps SQLite-specific code in store/engine', () => {
    const onlySqlite =
      /better-sqlite3|\bpragma\b|\bjson_each\b|\browid\b|\btemp\.|\bsqlite_|\bvacuum\b|data_version|-wal\b/i;
    const wrong = offenders(
      ({ name, text }) =>
        name.startsWith('store/') && !name.startsWith('store/engine/') && onlySqlite.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the pure folders free of clock, chance, files and process', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\bprocess\.|'node:(?!crypto')/;
    expect(offenders(({ folder, text }) => pure.has(folder) && impure.test(text))).toEqual([]);
  });

  it('prints JSON documents by jsonDocument, which escapes what a terminal would obey', () => {
    const wrong = offenders(
      ({ folder, text }) =>
        ['summary', 'money', 'commands'].includes(folder) &&
        /JSON\.stringify\([^`]*\}\\n`|stdout\.write\(\s*JSON\.stringify/.test(text),
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

  it('gives no two files the same name', () => {
    const namesakes = Map.groupBy(files, ({ name }) => basename(name).replace(/\.tsx?$/, ''));
    const doubled = [...namesakes.values()].filter((group) => group.length > 1);
    expect(doubled.map((group) => group.map(({ name }) => name))).toEqual([]);
  });

  it('re-exports nothing: every export is defined in its own file', () => {
    const barrel = /^export\s+(?:\*|(?:type\s+)?\{[^}]*\})\s*from\b/m;
    expect(offenders(({ text }) => barrel.test(text))).toEqual([]);
  });

  it('has no suppressed checks, no banners and nothing left to do', () => {
    const left =
      /@ts-(?:ignore|expect-error|nocheck)|(?:eslint|oxlint)-disable|\b(?:TODO|FIXME|XXX|HACK)\b|\/\/\s*[-=*#]{4,}/;
    expect(offenders(({ text }) => left.test(text))).toEqual([]);
  });

  it('has no circle of imports, those of types included', () => {
    expect(offenders(({ name }) => isOnCircle(name))).toEqual([]);
  });

  it('has no file that is too long to read in one sitting', () => {
    const lineCount = (text: string): number => text.split('\n').length - 1;
    expect(offenders(({ text }) => lineCount(text) > mostLines)).toEqual([]);
  });

  it('has no small file that only one other file uses', () => {
    const users = (wanted: string): number =>
      [...importedFiles.values()].filter((targets) => targets.includes(wanted)).length;
    const loadedLater = new Set(
      files.flatMap(({ name, text }) =>
        [...text.matchAll(/\bimport\('(\.[^']+)'\)/g)].map(([, target = '']) =>
          relative(source, resolve(source, dirname(name), target)),
        ),
      ),
    );
    // A migration is a file of its own; others find it by its number.
    const standsAlone = (name: string): boolean =>
      loadedLater.has(name) || /\/migrations\/m\d+-/.test(name);
    expect(
      offenders(
        ({ name, text }) =>
          text.split('\n').length <= fewestLines && !standsAlone(name) && users(name) === 1,
      ),
    ).toEqual([]);
  });

  it('exports no name from two files', () => {
    const homes = new Map<string, string[]>();
    for (const { name: file, text } of files) {
      for (const name of exportedNames(text)) homes.set(name, [...(homes.get(name) ?? []), file]);
    }
    expect(homes.size).toBeGreaterThan(500);
    const doubled = [...homes].filter(([, where]) => where.length > 1);
    expect(doubled.map(([name, where]) => `${name}: ${where.join(', ')}`)).toEqual([]);
  });

  it('depends on the packages that it imports; all others are for development', () => {
    const manifest = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const imported = files
      .flatMap(({ imports }) => imports)
      .flatMap((target) => /^(?:@[\w-]+\/)?[\w-]+(?=\/|$)/.exec(target) ?? []);
    expect(Object.keys(manifest.dependencies).sort()).toEqual([...new Set(imported)].sort());
  });
});
