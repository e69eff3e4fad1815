import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportedPair } from '../../source/export/exported-pair.ts';
import { openStore } from '../../source/store/open.ts';
import { appendEvents, type VerdictEvent } from '../../source/store/verdicts.ts';
import { ascendingIds } from '../../source/text/time-ordered-id.ts';
import { runInPipe } from '../commands/program.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;
let comparisonId = '';

const hostile = '=1+1\u001B[31m\u202E "x"\r\nnext';

beforeEach(async () => {
  scene = await openScene();
  comparisonId = await fillStore(scene.path('understudy.db'), [
    ...Array.from({ length: 8 }, (_, index) => ({
      id: `req_${index}`,
      baseline: `The answer to question ${index}.`,
      candidate: `An answer to question ${index}.`,
    })),
    { id: 'settled', baseline: 'same', candidate: 'same' },
  ]);
});

afterEach(() => scene.close());

const at = '2026-11-24T08:00:00.000Z';

/** Appends events as a review would have; gives their ids. */
const append = async (events: readonly Partial<VerdictEvent>[], db = 'understudy.db') => {
  const store = await openStore(scene.path(db));
  let random = 0;
  const nextId = ascendingIds(
    () => Date.parse(at),
    (bytes) => new Uint8Array(bytes).fill(random++),
  );
  const numbered = events.map(
    (event) => ({ id: nextId(), comparisonId, reviewer: 'ada', at, ...event }) as VerdictEvent,
  );
  await appendEvents(store, numbered);
  await store.close();
  return numbered.map(({ id }) => id);
};

/** What reviewers do in an afternoon: verdicts, tags taken back, comments, an undo, a conflict resolved. */
const review = async (): Promise<void> => {
  await append([
    { captureId: 'req_0', kind: 'verdict', verdict: 'worse', ahead: false },
    { captureId: 'req_0', kind: 'tag', tag: 'tone' },
    { captureId: 'req_0', kind: 'tag', tag: 'a;b, c' },
    { captureId: 'req_0', kind: 'comment', comment: hostile },
    { captureId: 'req_0', kind: 'verdict', verdict: 'agree', ahead: false, reviewer: 'bo' },
    { captureId: 'req_0', kind: 'verdict', verdict: 'worse', reviewer: 'cy', resolves: true },
    { captureId: 'req_1', kind: 'verdict', verdict: 'better', ahead: true, left: 'candidate' },
    { captureId: 'req_1', kind: 'tag', tag: 'gone' },
    { captureId: 'req_1', kind: 'tag', tag: 'gone' },
    {
      captureId: 'req_2',
      kind: 'verdict',
      verdict: 'agree',
      ahead: false,
      chosen: { kind: 'pattern', text: 'the text differs' },
      group: { id: 'g1', seen: 5 },
    },
    { captureId: 'req_3', kind: 'skip' },
  ]);
  const [undone = ''] = await append([
    {
      id: '019a9f7e-0009-7000-8000-000000000001',
      captureId: 'req_4',
      kind: 'verdict',
      verdict: 'both_bad',
    },
  ]);
  await append([
    {
      id: '019a9f7e-000a-7000-8000-000000000001',
      captureId: 'req_4',
      kind: 'undo',
      undoes: undone,
    },
  ]);
};

const exported = async (
  db: string,
  ...flags: readonly string[]
): Promise<readonly ExportedPair[]> => {
  const { code, stdout } = await scene.run(['export', '--db', db, ...flags]);
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): ExportedPair => JSON.parse(line));
};

/** A copy of the store without anything that reviewers did. */
const unjudgedCopy = (name: string): void => {
  copyFileSync(scene.path('understudy.db'), scene.path(name));
  const database = new Database(scene.path(name));
  database.exec('delete from verdict_event');
  database.close();
};

const lines = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

describe('understudy export', () => {
  it('writes every pair in the order of the queue, with what stands of the reviews', async () => {
    await review();
    const { code, stderr, stdout } = await scene.run(['export']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Exported 9 pairs.\n' });
    expect(stdout).not.toMatch(/[\u001B\u202E\r]/);
    const pairs = await exported('understudy.db');
    expect(pairs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const order = scene.rows('select capture_id from comparison_capture order by position');
    expect(pairs.map(({ capture }) => capture)).toEqual(order.map((row) => row['capture_id']));
    const of = (id: string) => pairs.find(({ capture }) => capture === id);
    expect(of('req_0')).toMatchObject({
      schema: 'understudy.pair/1',
      comparison: { id: comparisonId, baseline: 'recorded:first', candidate: 'recorded:second' },
      endpoint: 'answer_question',
      request: { messages: [{ role: 'user', content: 'Question req_0' }] },
      outcome: 'different',
      baseline: { state: 'answered', text: 'The answer to question 0.', totalMs: 812 },
      candidate: { state: 'answered', text: 'An answer to question 0.', usage: { input: 100 } },
      verdicts: [
        { reviewer: 'ada', verdict: 'worse', tags: ['a;b, c', 'tone'], comment: hostile, time: at },
        { reviewer: 'bo', verdict: 'agree', tags: [], comment: null },
      ],
      resolved: { reviewer: 'cy', verdict: 'worse' },
      commonVerdict: 'worse',
    });
    expect(of('req_1')).toMatchObject({
      verdicts: [{ verdict: 'better', ahead: true, left: 'candidate', tags: [] }],
    });
    expect(of('req_3')).toMatchObject({
      verdicts: [{ verdict: null, skipped: true }],
      commonVerdict: null,
    });
    expect(of('req_4')).toMatchObject({ verdicts: [], commonVerdict: null });
    expect(of('settled')).toMatchObject({ outcome: 'identical', verdicts: [] });
  });

  it('writes the pairs of a filter and the verdicts of a reviewer', async () => {
    await review();
    const worse = await exported('understudy.db', '--filter', 'verdict:worse');
    expect(worse.map(({ capture }) => capture)).toEqual(['req_0']);
    const bo = await exported('understudy.db', '--reviewer', 'bo');
    expect(bo.flatMap(({ capture, verdicts }) => verdicts.map(() => capture))).toEqual(['req_0']);
    expect(bo.find(({ capture }) => capture === 'req_0')?.commonVerdict).toBe('agree');
    const cy = await exported('understudy.db', '--reviewer', 'cy');
    expect(
      cy.every(({ commonVerdict, resolved }) => commonVerdict === null && resolved === null),
    ).toBe(true);
    const nobody = await scene.run(['export', '--reviewer', 'dee']);
    expect(nobody).toMatchObject({ code: 2, stdout: '' });
    expect(nobody.stderr).toContain('There are verdicts of: ada, bo, cy.');
    const wrong = await scene.run(['export', '--filter', 'verdict:bad']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('The filter is wrong at the mark');
  });

  it.each([
    ['csv', 'Exported 9 pairs.'],
    ['dpo', 'Exported 2 pairs. Left out 7: 6 no verdict, 1 agree.'],
    ['llm-comparator', 'Exported 9 pairs.'],
    ['promptfoo', 'Exported 4 pairs. Left out 5: 5 no verdict.'],
    ['mt-bench', 'Exported 3 pairs. Left out 6: 6 no verdict.'],
  ])('says of %s what it left out', async (format, said) => {
    await review();
    const { code, stderr, stdout } = await scene.run(['export', '--format', format]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${said}\n` });
    if (format === 'csv') expect(parse(stdout, { columns: true })).toHaveLength(10);
    else if (format !== 'dpo') expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });

  it('writes a file that only its owner reads, and replaces none', async () => {
    const first = await scene.run(['export', '--output', 'pairs.jsonl']);
    expect(first).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'Exported 9 pairs to pairs.jsonl.\n',
    });
    expect(statSync(scene.path('pairs.jsonl')).mode & 0o777).toBe(0o600);
    const written = readFileSync(scene.path('pairs.jsonl'), 'utf8');
    expect(written.split('\n')).toHaveLength(10);
    const second = await scene.run(['export', '--output', 'pairs.jsonl', '--format', 'csv']);
    expect(second).toMatchObject({ code: 2, stdout: '' });
    expect(second.stderr).toContain('pairs.jsonl exists and is not replaced');
    expect(readFileSync(scene.path('pairs.jsonl'), 'utf8')).toBe(written);
    const nowhere = await scene.run(['export', '--output', 'no/pairs.jsonl']);
    expect(nowhere.stderr).toContain('there is no such directory');
    // A damaged answer ends the export, and half a file would look like a whole one.
    const database = new Database(scene.path('understudy.db'));
    database.exec(`update body set text = '[]' where number = (select max(number) from body)`);
    database.close();
    const damaged = await scene.run(['export', '--output', 'half.jsonl']);
    expect(damaged.code).not.toBe(0);
    expect(existsSync(scene.path('half.jsonl'))).toBe(false);
  });
});

describe('understudy verdicts', () => {
  it('takes three annotators of the same pairs, and the summary has them and their conflicts', async () => {
    const words = [
      ['agree', 'agree', 'agree'],
      ['worse', 'worse', 'tie'],
      ['candidate', 'baseline', 'tie'],
      ['better', 'better', 'better'],
      ['both_bad', 'both bad', 'agree'],
      ['agree', 'worse', 'better'],
      ['tie', 'tie', 'tie'],
      ['agree', 'agree', 'worse'],
    ];
    writeFileSync(
      scene.path('annotators.jsonl'),
      lines(
        ...words.flatMap((ofPair, pair) =>
          ofPair.map((verdict, annotator) => ({
            capture: `req_${pair}`,
            reviewer: `annotator${annotator + 1}`,
            verdict,
          })),
        ),
      ),
    );
    const run = await scene.run(['verdicts', 'annotators.jsonl']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('24 verdicts read');
    expect(run.stdout).toContain('24 stored, of annotator1, annotator2, annotator3');
    const { counts, judgedRates, reviewers, verdicts } = await scene.summary();
    expect(counts).toMatchObject({ judged: 8, judgedBySeveral: 8, disagreeing: 5, judgedAhead: 0 });
    expect(verdicts).toMatchObject({ agree: 3, worse: 1, better: 1, bothBad: 1, conflict: 2 });
    expect(judgedRates.agreement.n).toBe(8);
    expect(reviewers.map(({ judged, reviewer }) => [reviewer, judged])).toEqual([
      ['annotator1', 8],
      ['annotator2', 8],
      ['annotator3', 8],
    ]);
    const again = await scene.run(['verdicts', 'annotators.jsonl']);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('24 already there');
    expect(again.stdout).not.toContain('stored');
    expect(scene.rows('select count(*) as n from verdict_event')).toEqual([{ n: 24 }]);
  });

  it('are in no rate until the random order has come to their pairs', async () => {
    const order = scene
      .rows("select capture_id from pair where outcome = 'different' order by position")
      .map((row) => String(row['capture_id']));
    const given = (ids: readonly string[]) =>
      lines(...ids.map((capture) => ({ capture, reviewer: 'ada', verdict: 'agree' })));
    writeFileSync(scene.path('late.jsonl'), given(order.slice(5)));
    writeFileSync(scene.path('early.jsonl'), given(order.slice(0, 5)));
    const late = await scene.run(['verdicts', 'late.jsonl']);
    expect(late.stdout.replaceAll('\n', ' ')).toContain(
      'They count as given ahead of the random order',
    );
    const chosen = await scene.summary();
    expect(chosen.counts).toMatchObject({ judged: 3, judgedAhead: 3 });
    expect(chosen.judgedRates.agreement.n).toBe(0);
    await scene.run(['verdicts', 'early.jsonl']);
    const all = await scene.summary();
    expect(all.counts).toMatchObject({ judged: 8, judgedAhead: 0 });
    expect(all.judgedRates.agreement.n).toBe(8);
  });

  it('take the white space of a table for none, and refuse a file in another encoding', async () => {
    const table = 'capture,reviewer,verdict,comment\nreq_0 , zoë ,worse,für\nreq_1,zoë,agree,\n';
    writeFileSync(scene.path('latin1.csv'), table, 'latin1');
    writeFileSync(
      scene.path('utf16.csv'),
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(table, 'utf16le')]),
    );
    expect(await scene.run(['verdicts', 'latin1.csv'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'understudy: latin1.csv is not text in UTF-8 (line 2). No verdict was stored. Save it as UTF-8 and run the command again.\n',
    });
    expect((await scene.run(['verdicts', 'utf16.csv'])).stderr).toContain('not text in UTF-8');
    expect(scene.rows('select count(*) as n from verdict_event')).toEqual([{ n: 0 }]);
    writeFileSync(scene.path('utf8.csv'), table);
    expect((await scene.run(['verdicts', 'utf8.csv'])).code).toBe(0);
    expect(scene.rows('select distinct reviewer from verdict_event')).toEqual([
      { reviewer: 'zoë' },
    ]);
    expect(await scene.run(['verdicts', 'utf8.csv', '--reviewer', ' '])).toMatchObject({
      code: 2,
      stderr: 'understudy: --reviewer needs a name.\n',
    });
  });

  it('accounts for every line, and stores what can be used', async () => {
    const line = { capture: 'req_0', reviewer: 'ada', verdict: 'worse', time: at };
    writeFileSync(
      scene.path('mixed.jsonl'),
      [
        JSON.stringify({ ...line, tags: ['tone', 'tone'], comment: 'curt' }),
        JSON.stringify(line),
        JSON.stringify({ ...line, verdict: 'agree' }),
        JSON.stringify({ ...line, capture: 'nope\u001B[31m' }),
        JSON.stringify({ ...line, capture: 'nope' }),
        JSON.stringify({ ...line, verdict: 'maybe' }),
        '{"capture": "req_1"',
        '',
        JSON.stringify({ ...line, verdict: null }),
        JSON.stringify({ capture: 'req_2', verdict: 'better' }),
      ].join('\n'),
    );
    const { code, stderr, stdout } = await scene.run([
      'verdicts',
      'mixed.jsonl',
      '--json',
      '--reviewer',
      'bo',
    ]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const report = JSON.parse(stdout) as {
      read: number;
      stored: number;
      alreadyThere: number;
      withoutVerdict: number;
      wrong: { count: number }[];
    };
    expect(report).toMatchObject({
      schema: 'understudy.verdicts/1',
      comparison: { id: comparisonId },
      read: 9,
      stored: 2,
      alreadyThere: 1,
      withoutVerdict: 1,
      reviewers: ['ada', 'bo'],
    });
    expect(report.wrong).toEqual([
      {
        reason: 'not a capture of this comparison',
        count: 2,
        lines: [
          { line: 4, value: 'nope\u001B[31m' },
          { line: 5, value: 'nope' },
        ],
      },
      {
        reason: 'another verdict of the same reviewer at the same time',
        count: 1,
        lines: [{ line: 3, value: 'agree' }],
      },
      { reason: 'not a verdict', count: 1, lines: [{ line: 6, value: 'maybe' }] },
      { reason: 'not JSON', count: 1, lines: [{ line: 7, value: null }] },
    ]);
    const { alreadyThere, read, stored, withoutVerdict, wrong } = report;
    expect(
      stored + alreadyThere + withoutVerdict + wrong.reduce((sum, { count }) => sum + count, 0),
    ).toBe(read);
    expect(
      scene.rows('select capture_id, reviewer, verdict from current_verdict order by 1'),
    ).toEqual([
      { capture_id: 'req_0', reviewer: 'ada', verdict: 'worse' },
      { capture_id: 'req_2', reviewer: 'bo', verdict: 'better' },
    ]);
    const text = await scene.run(['verdicts', 'mixed.jsonl']);
    expect(text.stdout).toContain('not used: not a verdict, line 6 ("maybe")');
    expect(text.stdout.split('\n').slice(1, 4)).toEqual([
      '  9 verdicts and pairs without one read',
      '    2 already there',
      '    1 pair without a verdict',
    ]);
    expect(text.stdout).not.toContain('\u001B');
  });

  it('brings an export back as it was, as JSON Lines and as CSV', async () => {
    await review();
    unjudgedCopy('lines.db');
    unjudgedCopy('table.db');
    await scene.run(['export', '--output', 'pairs.jsonl']);
    await scene.run(['export', '--format', 'csv', '--output', 'pairs.csv']);
    expect(await scene.run(['verdicts', 'pairs.jsonl', '--db', 'lines.db'])).toMatchObject({
      code: 0,
    });
    const before = await exported('understudy.db');
    // A skip without a verdict is no verdict.
    const judged = before.map((pair) => ({
      ...pair,
      verdicts: pair.verdicts.filter(({ verdict }) => verdict !== null),
    }));
    const origin = { kind: 'file', file: 'pairs.jsonl', store: null };
    expect(await exported('lines.db')).toEqual(
      judged.map((pair) => ({
        ...pair,
        verdicts: pair.verdicts.map((row) => ({ ...row, origin })),
        resolved: pair.resolved === null ? null : { ...pair.resolved, origin },
      })),
    );
    expect(await scene.run(['verdicts', 'pairs.csv', '--db', 'table.db'])).toMatchObject({
      code: 0,
    });
    const kept = (pairs: readonly ExportedPair[]) =>
      pairs.map(({ capture, verdicts }) => [
        capture,
        verdicts.map(({ comment, id, reviewer, tags, time, verdict }) => ({
          id,
          reviewer,
          verdict,
          tags,
          comment,
          time,
        })),
      ]);
    const fromTable = await exported('table.db');
    expect(kept(fromTable)).toEqual(kept(judged));
    // A table says nothing about how they were given.
    expect(
      fromTable
        .flatMap(({ verdicts }) => verdicts.map(({ ahead }) => ahead))
        .every((ahead) => ahead),
    ).toBe(true);
  });

  it('adds nothing to the store that was exported, and leaves an undone verdict undone', async () => {
    await review();
    await scene.run(['export', '--output', 'pairs.jsonl']);
    await scene.run(['export', '--format', 'csv', '--output', 'pairs.csv']);
    const events = () => scene.rows('select * from verdict_event order by id');
    const before = events();
    for (const file of ['pairs.jsonl', 'pairs.csv']) {
      const run = await scene.run(['verdicts', file]);
      expect(run).toMatchObject({ code: 0 });
      expect(run.stdout).not.toContain('stored');
    }
    expect(events()).toEqual(before);
    writeFileSync(
      scene.path('one.csv'),
      'capture,reviewer,verdict,tags\nreq_5,ada,worse,"tone,curt"\n',
    );
    await scene.run(['verdicts', 'one.csv']);
    const [given] = scene.rows(
      "select id from verdict_event where capture_id = 'req_5' and kind = 'verdict'",
    );
    await append([
      {
        id: 'f19a9f7e-0000-7000-8000-000000000001',
        captureId: 'req_5',
        kind: 'undo',
        undoes: String(given?.['id']),
      },
    ]);
    const again = await scene.run(['verdicts', 'one.csv']);
    expect(again.stdout).toContain('1 already there');
    expect(scene.rows("select * from current_verdict where capture_id = 'req_5'")).toEqual([]);
    const tags = (await exported('understudy.db')).find(({ capture }) => capture === 'req_5');
    expect(tags?.verdicts).toMatchObject([{ verdict: null, tags: ['curt', 'tone'] }]);
  });

  it('keep where they came from, and the summary counts them by it', async () => {
    await review();
    writeFileSync(
      scene.path('votes\u001B[31m.csv'),
      'capture,reviewer,verdict\nreq_5,ada,worse\nreq_6,eve,agree\n',
    );
    await scene.run(['verdicts', './votes\u001B[31m.csv']);
    const older = new Database(scene.path('understudy.db'));
    older.exec("update verdict_event set origin = null where reviewer = 'bo'");
    older.close();
    const pairs = await exported('understudy.db');
    const originsOf = (id: string) =>
      pairs
        .find(({ capture }) => capture === id)
        ?.verdicts.map(({ origin, reviewer }) => [reviewer, origin]);
    const here = { file: null, store: null };
    const votes = { kind: 'file', file: 'votes\u001B[31m.csv', store: null };
    expect(originsOf('req_0')).toEqual([
      ['ada', { ...here, kind: 'review' }],
      ['bo', { ...here, kind: null }],
    ]);
    expect(originsOf('req_2')).toEqual([['ada', { ...here, kind: 'pattern' }]]);
    expect(originsOf('req_3')).toEqual([['ada', null]]);
    expect(originsOf('req_5')).toEqual([['ada', votes]]);
    const table = await scene.run(['export', '--format', 'csv']);
    const rows = parse(table.stdout, { columns: true }) as readonly Record<string, string>[];
    expect(rows.find(({ reviewer }) => reviewer === 'eve')).toMatchObject({
      origin: 'file',
      origin_file: 'votes\u001B[31m.csv',
      origin_store: '',
    });
    const { reviewers } = await scene.summary();
    for (const { judged, origins, settled } of reviewers) {
      expect(origins.reduce((sum, { verdicts }) => sum + verdicts, 0)).toBe(judged + settled);
    }
    expect(reviewers.map(({ origins, reviewer }) => [reviewer, origins])).toEqual([
      [
        'ada',
        [
          { ...here, kind: 'review', verdicts: 2 },
          { ...here, kind: 'pattern', verdicts: 1 },
          { ...votes, verdicts: 1 },
        ],
      ],
      ['bo', [{ ...here, kind: null, verdicts: 1 }]],
      ['eve', [{ ...votes, verdicts: 1 }]],
    ]);
    const { stdout } = await scene.run(['summary']);
    expect(stdout).not.toContain('\u001B');
    const said = stdout.replaceAll(/\s+/g, ' ');
    expect(said).toMatch(/both bad 0; 2 in the review, 1 to patterns in the review, 1 from votes/);
    expect(said).toMatch(/bo .* both bad 0; of unknown origin/);
  });

  it('adds tags to those that stand, and the later verdict stands', async () => {
    await review();
    const line = { capture: 'req_0', reviewer: 'ada', tags: ['tone', 'late'] };
    writeFileSync(
      scene.path('later.jsonl'),
      lines(
        { ...line, verdict: 'better', time: '2026-11-24T09:00:00Z' },
        { ...line, verdict: 'agree', time: '2026-11-24T07:00:00Z' },
      ),
    );
    expect(await scene.run(['verdicts', 'later.jsonl'])).toMatchObject({ code: 0 });
    const pair = (await exported('understudy.db')).find(({ capture }) => capture === 'req_0');
    expect(pair?.verdicts[0]).toMatchObject({
      reviewer: 'ada',
      verdict: 'better',
      tags: ['a;b, c', 'late', 'tone'],
    });
  });

  it('reads standard input, and says what is no file of verdicts', async () => {
    const csv = `printf 'capture,verdict\\nreq_0,worse\\n'`;
    const piped = await runInPipe(scene.directory, csv, ['verdicts', '-', '--reviewer', 'ada']);
    expect(piped).toMatchObject({ code: 0 });
    expect(piped.stdout).toContain('1 stored, of ada');
    writeFileSync(scene.path('empty.jsonl'), '\n');
    const empty = await scene.run(['verdicts', 'empty.jsonl']);
    expect(empty).toMatchObject({ code: 2, stdout: '' });
    expect(empty.stderr).toContain('holds no verdicts');
    for (const argv of [['no.jsonl'], ['.'], ['empty.jsonl', '--comparison', 'nope']]) {
      expect(await scene.run(['verdicts', ...argv])).toMatchObject({ code: 2, stdout: '' });
    }
    const nowhere = await scene.run(['verdicts', 'empty.jsonl', '--db', 'no.db']);
    expect(nowhere.code).toBe(2);
    expect(readdirSync(scene.directory)).not.toContain('no.db');
  });
});
