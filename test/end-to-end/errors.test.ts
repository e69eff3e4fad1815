import { symlink, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

/** Nothing listens there; a mistake must be found before anything is sent. */
const baseline = ['--baseline', 'http://127.0.0.1:1/v1#incumbent'];
const candidate = ['--candidate', 'http://127.0.0.1:1/v1#newcomer'];
const live = 'http://127.0.0.1:1/v1';
const models = [...baseline, ...candidate];
const replay = ['replay', 'tickets.jsonl', ...models];

type Mistake = {
  readonly name: string;
  readonly argv: readonly string[];
  /** What happened, where, and what to do next. */
  readonly says: readonly (string | RegExp)[];
  readonly before?: (scene: Scene) => Promise<void>;
  readonly environment?: Readonly<Record<string, string>>;
};

const file = (name: string, content: string | Uint8Array) => (scene: Scene) =>
  writeFile(scene.path(name), content);

const store = (scene: Scene): Promise<void> =>
  fillStore(scene.path('understudy.db'), [{ id: 'a', baseline: 'one', candidate: 'two' }]).then(
    () => {},
  );

const database =
  (work: (database: Database.Database) => void, start: (scene: Scene) => Promise<void> = store) =>
  async (scene: Scene): Promise<void> => {
    await start(scene);
    const opened = new Database(scene.path('understudy.db'));
    work(opened);
    opened.close();
  };

const files: readonly Mistake[] = [
  {
    name: 'a file that is missing',
    argv: ['replay', 'nothing.jsonl', ...models],
    says: ['There is no file nothing.jsonl.', 'Nothing was imported.'],
  },
  {
    name: 'one of two files that is missing',
    argv: ['compare', 'tickets.jsonl', 'nothing.jsonl', ...models],
    says: ['There is no file nothing.jsonl.', 'Nothing was imported.'],
  },
  {
    name: 'a path below a file',
    argv: ['import', 'tickets.jsonl/more.jsonl'],
    says: ['There is no file tickets.jsonl/more.jsonl.'],
  },
  {
    name: 'a link that leads back to itself',
    argv: ['import', 'loop.jsonl'],
    before: (scene) => symlink('loop.jsonl', scene.path('loop.jsonl')),
    says: ['loop.jsonl is a symbolic link that leads back to itself.', 'Nothing was imported.'],
  },
  {
    name: 'a name that is too long',
    argv: ['import', `${'n'.repeat(300)}.jsonl`],
    says: ['the name is longer than the file system allows.', 'Nothing was imported.'],
  },
  {
    name: 'a store whose name is a link that leads back to itself',
    argv: ['import', 'tickets.jsonl', '--db', 'loop.db'],
    before: (scene) => symlink('loop.db', scene.path('loop.db')),
    says: ['loop.db is a symbolic link that leads back to itself.', '--db'],
  },
  {
    name: 'a store whose name is too long',
    argv: ['import', 'tickets.jsonl', '--db', `${'n'.repeat(300)}.db`],
    says: ['longer than the file system allows', '--db'],
  },
  {
    name: 'a store in memory',
    argv: ['import', 'tickets.jsonl', '--db', ':memory:'],
    says: ['":memory:" would be gone when the command ends.', '--db'],
  },
  {
    name: 'a configuration without an end',
    argv: ['summary', '--config', '/dev/zero'],
    says: ['/dev/zero is neither a file nor a pipe.', '--config'],
  },
  {
    name: 'a backup over a file',
    argv: ['backup', 'tickets.jsonl'],
    before: store,
    says: ['tickets.jsonl exists, and a backup overwrites nothing.'],
  },
  {
    name: 'a merge with a file that is no database',
    argv: ['merge', 'tickets.jsonl'],
    before: store,
    says: ['tickets.jsonl is not a SQLite database. Name another file.'],
  },
  {
    name: 'a directory in place of a file',
    argv: ['replay', '.', ...models],
    says: ['. is a directory.', 'Name the files in it'],
  },
  {
    name: 'a device in place of a file',
    argv: ['replay', '/dev/null', ...models],
    says: ['/dev/null is not a regular file.', 'Write the traffic to a file first.'],
  },
  {
    name: 'a file that is empty',
    argv: ['replay', 'empty.jsonl', ...models],
    before: file('empty.jsonl', ''),
    says: ['empty.jsonl is empty.', 'Nothing was imported from it.'],
  },
  {
    name: 'a file of blank lines',
    argv: ['replay', 'blank.jsonl', ...models],
    before: file('blank.jsonl', '\n \n\n'),
    says: ['blank.jsonl contains only blank lines.'],
  },
  {
    name: 'a file that is not text',
    argv: ['replay', 'picture.png', ...models],
    before: file(
      'picture.png',
      Uint8Array.from({ length: 4096 }, (_, index) => (index * 97) % 256),
    ),
    says: ['picture.png is not text in UTF-8', 'JSON, plain or gzip'],
  },
  {
    name: 'a file without a JSON object',
    argv: ['import', 'numbers.json'],
    before: file('numbers.json', '[1, 2]\n'),
    says: ['numbers.json contains no readable JSON object (line 1: ', 'an array'],
  },
  {
    name: 'JSON of no known format',
    argv: ['import', 'other.jsonl'],
    before: file('other.jsonl', '{"question":"?"}\n'),
    says: ['other.jsonl is in no format', 'the fields question', '{"request": {"messages": […]}}'],
  },
  {
    name: 'a table',
    argv: ['replay', 'table.csv', ...models],
    before: file('table.csv', 'prompt,answer\nCapital of France?,Paris\n'),
    says: [
      'table.csv is a CSV file with the columns prompt, answer.',
      'understudy import table.csv --map request=$.prompt --map response=$.answer',
    ],
  },
  {
    name: 'several files of which none can be imported, or one is missing',
    argv: ['import', 'tickets.jsonl', 'nothing.jsonl'],
    says: ['There is no file nothing.jsonl.', 'Nothing was imported.'],
  },
  {
    name: 'a file name full of escape sequences',
    argv: ['replay', 'a\u001b[31m\nb\u202e.jsonl', ...models],
    says: ['There is no file a␛[31m␊b<U+202E>.jsonl.'],
  },
  {
    name: 'a file in which nothing can be replayed',
    argv: ['replay', 'nothing.jsonl', ...models],
    before: file('nothing.jsonl', '{"request":{"messages":[]}}\n{"request":{}}\n'),
    says: ['no captures in this file', '2 records are not replayable: no messages', 'formats'],
  },
];

const sides: readonly Mistake[] = [
  {
    name: 'a judge without a model',
    argv: ['judge'],
    says: ['judge needs a model: understudy judge --judge openai/gpt-4o.'],
  },
  {
    name: 'an unknown provider',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'opanai/gpt-4o', ...candidate],
    says: ['There is no provider "opanai".', 'Did you mean openai?', 'URL#name'],
  },
  {
    name: 'a model without a provider',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'gpt-4o', ...candidate],
    says: ['"gpt-4o" does not name a provider.', 'Write provider/name'],
  },
  {
    name: 'a URL without a model',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'http://127.0.0.1:1/v1', ...candidate],
    says: ['http://127.0.0.1:1/v1', 'does not name a model', 'Append #'],
  },
  {
    name: 'a missing key',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'deepseek/deepseek-chat', ...candidate],
    says: ['deepseek needs a key', 'Set DEEPSEEK_API_KEY in the environment'],
  },
  {
    name: 'an empty key',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'openai/gpt-4o', ...candidate],
    environment: { OPENAI_API_KEY: ' ' },
    says: ['openai needs a key and OPENAI_API_KEY is not set'],
  },
  {
    name: 'a key that can be none, without showing it',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'openai/gpt-4o', ...candidate],
    environment: { OPENAI_API_KEY: 'sk secret' },
    says: ['The key in OPENAI_API_KEY contains a space', /^(?!.*secret)/],
  },
  {
    name: 'one side only',
    argv: ['compare', 'tickets.jsonl', ...baseline],
    says: ['--candidate is missing', '--baseline MODEL --candidate MODEL'],
  },
  {
    name: 'two equal sides',
    argv: ['compare', 'tickets.jsonl', `--baseline=${live}#same`, `--candidate=${live}/#same`],
    says: ['the same model', 'http://127.0.0.1:1/v1#same', 'Name two different ones.'],
  },
  {
    name: 'a recorded model that no capture knows',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'recorded:gpt-4o', ...candidate],
    says: [
      'No capture of this selection has an answer of recorded:gpt-4o',
      'No capture has a recorded answer.',
    ],
  },
  {
    name: 'a budget for a model without a price',
    argv: [
      'replay',
      'tickets.jsonl',
      '--budget=5',
      '--baseline=http://h.invalid/v1#m',
      ...candidate,
    ],
    says: [
      'The price of http://h.invalid/v1#m is not known',
      'cannot be enforced',
      '--budget none',
    ],
  },
  {
    name: 'no budget, with nobody to ask for one',
    argv: ['replay', 'tickets.jsonl', '--baseline', 'openai/gpt-4o', ...candidate],
    environment: { OPENAI_API_KEY: 'sk-secret' },
    says: ['Calls to openai/gpt-4o cost money', '--budget USD', '--budget none'],
  },
  {
    name: 'no budget and no price, with nobody to ask',
    argv: ['compare', 'tickets.jsonl', '--baseline=http://h.invalid/v1#m', ...candidate],
    says: ['The price of http://h.invalid/v1#m is not known', '--budget none'],
  },
  {
    name: 'a mistake in the configuration',
    argv: replay,
    before: file('understudy.config.json', '{"providers":{"acme":{"headers":{"Api-Key":"x"}}}}'),
    says: [
      'In understudy.config.json, providers.acme.headers.Api-Key looks like a key',
      'keyVariable',
    ],
  },
  {
    name: 'a configuration that does not exist',
    argv: [...replay, '--config', 'elsewhere.json'],
    says: ['The configuration elsewhere.json does not exist', '--config'],
  },
];

const stores: readonly Mistake[] = [
  {
    name: 'no store to select from',
    argv: ['replay', ...models],
    says: ['There is no store at understudy.db.', 'Run understudy compare or understudy import'],
  },
  {
    name: 'no store to sum up',
    argv: ['summary', '--db', 'elsewhere.db'],
    says: ['There is no store at elsewhere.db.', 'name its file with --db'],
  },
  {
    name: 'a store of a newer schema',
    argv: replay,
    before: database((opened) => opened.pragma('user_version = 99')),
    says: ['understudy.db was written by a newer understudy', '99', 'Update understudy'],
  },
  {
    name: 'a summary of a newer schema',
    argv: ['summary'],
    before: database((opened) => opened.pragma('user_version = 99')),
    says: ['understudy.db was written by a newer understudy', 'Update understudy'],
  },
  {
    name: 'a file that is no database',
    argv: replay,
    before: file(
      'understudy.db',
      'This is a letter, and a long one: no database at all.\n'.repeat(50),
    ),
    says: ['understudy.db is not a SQLite database.', '--db'],
  },
  {
    name: 'the captured traffic in place of a database',
    argv: ['import', 'tickets.jsonl', '--db', 'tickets.jsonl'],
    says: ['tickets.jsonl is not a SQLite database.', '--db'],
  },
  {
    name: 'the database of another program',
    argv: replay,
    before: database(
      (opened) => opened.exec('create table bookmark (url text)'),
      () => Promise.resolve(),
    ),
    says: ['understudy.db is a SQLite database of another program.', '--db'],
  },
  {
    name: 'a directory in place of a store',
    argv: [...replay, '--db', '.'],
    says: ['. is a directory.', '--db'],
  },
  {
    name: 'a store in a directory that is missing',
    argv: [...replay, '--db', 'nowhere/understudy.db'],
    says: ['nowhere/understudy.db cannot be created', 'no such directory'],
  },
  {
    name: 'a store below a file',
    argv: [...replay, '--db', 'tickets.jsonl/understudy.db'],
    says: ['tickets.jsonl/understudy.db cannot be created'],
  },
  {
    name: 'a link that leads nowhere',
    argv: [...replay, '--db', 'link.db'],
    before: (scene) => symlink('/proc/nothing/understudy.db', scene.path('link.db')),
    says: ['link.db', 'cannot be'],
  },
  {
    name: 'a comparison that there is not',
    argv: ['summary', 'yesterday'],
    before: store,
    says: ['There is no comparison "yesterday"', 'recorded:first → recorded:second'],
  },
  {
    name: 'a comparison that is named almost right',
    argv: ['summary', 'recorded:frist → recorded:second'],
    before: store,
    says: ['Did you mean "recorded:first → recorded:second"? Available:'],
  },
];

const terminals: readonly Mistake[] = [
  {
    name: 'a review without a terminal',
    argv: ['review'],
    before: store,
    says: ['needs a terminal', 'understudy summary'],
  },
];

const flags: readonly Mistake[] = [
  {
    name: 'an unknown command',
    argv: ['revue'],
    says: ['"revue"', 'Did you mean review?', '--help'],
  },
  {
    name: 'a command like no other',
    argv: ['xyzzy'],
    says: ['"xyzzy"', 'Commands: demo, compare', '--help'],
  },
  { name: 'an unknown flag in its place', argv: ['--quiet'], says: ['"--quiet"', '--help'] },
  {
    name: 'an unknown flag',
    argv: [...replay, '--concurency', '4'],
    says: [
      'replay has no flag --concurency',
      'Did you mean --concurrency?',
      'understudy replay --help',
    ],
  },
  {
    name: 'a switch that is turned off',
    argv: [...replay, '--no-dry-run'],
    says: ['replay has no flag --no-dry-run', 'Did you mean --dry-run?'],
  },
  {
    name: 'a switch with a value',
    argv: [...replay, '--dry-run=no'],
    says: ['--dry-run takes no value'],
  },
  {
    name: 'a flag of one letter',
    argv: [...replay, '-db', 'other.db'],
    says: ['replay has no flag -db', 'Did you mean --db?'],
  },
  {
    name: 'a flag given twice',
    argv: [...replay, ...baseline],
    says: ['--baseline is given twice', 'once'],
  },
  {
    name: 'a flag without its value',
    argv: [...replay, '--db'],
    says: ['--db needs a value', '--help'],
  },
  { name: 'an empty value', argv: [...replay, '--name='], says: ['--name needs a value'] },
  ...['0', '-1', 'much', '1e999', ' '].map((budget) => ({
    name: `a budget of ${JSON.stringify(budget)}`,
    argv: [...replay, '--budget', budget],
    says: ['--budget must be an amount in USD above 0', 'or none', JSON.stringify(budget)],
  })),
  ...['0', '-1', 'all', '1.5', '1001'].map((concurrency) => ({
    name: `a concurrency of ${concurrency}`,
    argv: [...replay, '--concurrency', concurrency],
    says: [
      '--concurrency must be a whole number of calls from 1 to 1000',
      JSON.stringify(concurrency),
    ],
  })),
  {
    name: 'an unknown format',
    argv: ['summary', '--format', 'yaml'],
    before: store,
    says: ['--format must be text, json, markdown, html, csv or junit, not "yaml".'],
  },
  {
    name: 'flags that contradict each other',
    argv: ['summary', '--format', 'text', '--json'],
    before: store,
    says: ['--json and --format text contradict each other'],
  },
  { name: 'two comparisons', argv: ['summary', 'a', 'b'], says: ['summary takes one comparison'] },
  {
    name: 'spending of something',
    argv: ['spend', 'all'],
    says: ['spend takes no argument "all"'],
  },
  {
    name: 'an unknown grouping',
    argv: ['spend', '--by', 'day'],
    says: ['--by must be month, provider, model or comparison', '"day"'],
  },
  {
    name: 'a day that is none',
    argv: ['spend', '--since', '2026-13'],
    says: ['--since must be a month, a date', '"2026-13"'],
  },
  { name: 'an import of nothing', argv: ['import'], says: ['import needs a file'] },
  { name: 'a demo of files', argv: ['demo', 'tickets.jsonl'], says: ['demo brings its own'] },
  {
    name: 'a seed that is none',
    argv: ['demo', '--seed', 'x'],
    says: ['--seed must be a whole number'],
  },
  {
    name: 'a model that the catalogue lacks',
    argv: ['models', '--baseline', 'gpt-9000-ultra'],
    says: ['The catalogue has no model "gpt-9000-ultra"'],
  },
];

/** What a mistake came to, and the files around it before and after. */
const make = async ({ argv, before, environment }: Mistake) => {
  const scene = await openScene();
  try {
    await writeTickets(scene.path('tickets.jsonl'), 2);
    await before?.(scene);
    const found = await scene.snapshot();
    const run = await scene.run(argv, environment);
    return { ...run, found, left: await scene.snapshot() };
  } finally {
    await scene.close();
  }
};

describe.concurrent.each([
  { about: 'files', mistakes: files },
  { about: 'models', mistakes: sides },
  { about: 'the store', mistakes: stores },
  { about: 'the terminal', mistakes: terminals },
  { about: 'commands and flags', mistakes: flags },
])('one sentence, exit code 2 and nothing changed: $about', ({ mistakes }) => {
  it.each(mistakes)('$name', async (mistake) => {
    const { code, stdout, stderr, found, left } = await make(mistake);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^understudy: [^\n]+\n$/);
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    for (const part of mistake.says) expect(stderr).toMatch(part);
    expect(left).toEqual(found);
  });
});
