import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExportedPair } from '../../source/export/exported-pair.ts';
import { migrations } from '../../source/store/engine/migrations/migrations.ts';
import type { Verdict } from '../../source/comparison/outcome.ts';
import { openStore } from '../../source/store/open.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { runProgram } from '../commands/program.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { temporaryFolder } from '../helpers/review.ts';

const at = '2026-11-24T00:00:00.000Z';

const pairsOf = (ids: readonly string[], candidate = 'An answer to') =>
  ids.map((id) => ({ id, baseline: `The answer to ${id}.`, candidate: `${candidate} ${id}.` }));

const judge = async (
  file: string,
  reviewer: string,
  verdicts: Readonly<Record<string, Verdict>>,
  sitting = '',
): Promise<void> => {
  const store = await openStore(file);
  const { id: comparisonId } = await store.db
    .selectFrom('comparison')
    .select('id')
    .executeTakeFirstOrThrow();
  for (const [captureId, verdict] of Object.entries(verdicts)) {
    const id = `${reviewer}-${captureId}${sitting}`;
    await appendEvent(store, {
      id,
      comparisonId,
      captureId,
      reviewer,
      at,
      kind: 'verdict',
      verdict,
    });
  }
  await store.close();
};

const hashOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

describe('understudy merge', () => {
  it('unites the verdicts of two reviewers on two machines, and leaves the other store alone', async () => {
    const folder = temporaryFolder(onTestFinished);
    const [team, anna] = [join(folder, 'understudy.db'), join(folder, 'anna.db')];
    await fillStore(team, pairsOf(['a', 'b']));
    await fillStore(anna, pairsOf(['b', 'c']));
    await judge(team, 'bo', { a: 'agree', b: 'agree' });
    await judge(anna, 'anna', { b: 'worse', c: 'agree' });
    const [before, own] = [hashOf(anna), hashOf(team)];
    const dry = await runProgram(folder, ['merge', 'anna.db', '--dry-run']);
    expect(dry.stderr).toBe('');
    expect(dry.stdout).toContain(
      'anna.db would be merged into understudy.db. Nothing was written.',
    );
    expect(hashOf(team)).toBe(own);
    const { code, stdout } = await runProgram(folder, ['merge', 'anna.db']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/captures +1 +1 +0/);
    expect(stdout).toMatch(/verdict events +2 +0 +0/);
    expect(hashOf(anna)).toBe(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('anna'))).toEqual(['anna.db']);
    const summary = await runProgram(folder, ['summary', '--json']);
    expect(JSON.parse(summary.stdout)).toMatchObject({
      counts: { replayable: 3, judged: 3, judgedBySeveral: 1, disagreeing: 1 },
    });
    const again = await runProgram(folder, ['merge', 'anna.db', '--json']);
    const report: unknown = JSON.parse(again.stdout);
    expect(report).toMatchObject({
      schema: 'understudy.merge/1',
      store: 'understudy.db',
      other: 'anna.db',
      dryRun: false,
      facts: {
        comparisons: { added: 0, known: 1 },
        captures: { added: 0, known: 2, differing: 0 },
        answers: { added: 0, known: 4, differing: 0 },
        verdictEvents: { added: 0, known: 2, differing: 0 },
      },
      otherAnswer: 0,
      compared: 0,
    });
  });

  it('says where verdicts of one name replace each other, which may be of two people', async () => {
    const folder = temporaryFolder(onTestFinished);
    const [team, other] = [join(folder, 'understudy.db'), join(folder, 'other.db')];
    await fillStore(team, pairsOf(['a', 'b', 'c', 'd']));
    await judge(team, 'root', { a: 'agree' });
    copyFileSync(team, other);
    // What one of the stores knows of the other is no second verdict.
    await judge(other, 'root', { a: 'worse', b: 'worse', c: 'worse', d: 'agree' }, ' there');
    await judge(team, 'root', { b: 'better', c: 'agree', d: 'agree' }, ' here');
    const { stdout } = await runProgram(folder, ['merge', 'other.db']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'root judged 2 pairs differently in the two stores: the later verdict counts',
    );
    const again = await runProgram(folder, ['merge', 'other.db', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ doubleVerdicts: [] });
  });

  it('keeps where each verdict was given or read, and not only the last store', async () => {
    const folder = temporaryFolder(onTestFinished);
    const stores = ['understudy.db', 'anna.db', 'carl.db'] as const;
    const [team, anna, carl] = stores.map((name) => join(folder, name));
    for (const store of [team, anna, carl]) await fillStore(store ?? '', pairsOf(['a', 'b', 'c']));
    await judge(team ?? '', 'bo', { a: 'agree' });
    await judge(anna ?? '', 'anna', { b: 'worse' });
    writeFileSync(join(folder, 'votes.csv'), 'capture,reviewer,verdict\nc,carl,better\n');
    await runProgram(folder, ['verdicts', 'votes.csv', '--db', 'carl.db']);
    await runProgram(folder, ['merge', 'carl.db', '--db', 'anna.db']);
    for (let times = 0; times < 2; times++) await runProgram(folder, ['merge', './anna.db']);
    const { stdout } = await runProgram(folder, ['export']);
    const lines = stdout.trimEnd().split('\n');
    const origins = lines.flatMap((line) =>
      (JSON.parse(line) as ExportedPair).verdicts.map(({ origin, reviewer }) => [reviewer, origin]),
    );
    expect(Object.fromEntries(origins)).toEqual({
      bo: { kind: 'review', file: null, store: null },
      anna: { kind: 'review', file: null, store: 'anna.db' },
      carl: { kind: 'file', file: 'votes.csv', store: 'carl.db' },
    });
    const text = (await runProgram(folder, ['summary'])).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('both bad 0; from anna.db');
    expect(text).toContain('both bad 0; from votes.csv by way of carl.db');
  });

  it('says which answers it does not show, and compares what came together', async () => {
    const folder = temporaryFolder(onTestFinished);
    await fillStore(join(folder, 'understudy.db'), pairsOf(['a']));
    await fillStore(join(folder, 'anna.db'), pairsOf(['a'], 'Another answer to'));
    await judge(join(folder, 'anna.db'), 'anna', { a: 'worse' });
    await judge(join(folder, 'understudy.db'), 'bo', { a: 'worse' });
    const { stdout } = await runProgram(folder, ['merge', 'anna.db']);
    expect(stdout).toMatch(/answers +0 +1 +1/);
    expect(stdout).toContain('1 side was answered in both stores, and differently');
    expect(stdout).toContain('1 verdict was given on an answer that is not the one shown');
    expect(stdout).toMatch(/0 of\s+the others were paid/);
  });

  it('reads a store of an older version without changing it', async () => {
    const folder = temporaryFolder(onTestFinished);
    await fillStore(join(folder, 'understudy.db'), pairsOf(['a']));
    const older = join(folder, 'older.db');
    const database = new Database(older);
    database.pragma(`application_id = ${0x756e6473}`);
    database.pragma('foreign_keys = OFF');
    database.pragma('legacy_alter_table = ON');
    database.exec('create table migration (name text primary key, applied_at text not null)');
    for (const { sql } of migrations.slice(0, 8)) database.exec(sql);
    database.pragma('user_version = 8');
    database.exec(`insert into body values ('ab', '{"messages":[]}', 15);
      insert into capture values ('old', 'e', null, 'ab', null, 'f', '${at}', null, 0)`);
    database.close();
    const before = hashOf(older);
    const { code, stdout } = await runProgram(folder, ['merge', 'older.db']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/captures +1 +0 +0/);
    expect(hashOf(older)).toBe(before);
  });

  it('refuses what it cannot merge in a sentence', async () => {
    const folder = temporaryFolder(onTestFinished);
    await fillStore(join(folder, 'understudy.db'), pairsOf(['a']));
    copyFileSync(join(folder, 'understudy.db'), join(folder, 'newer.db'));
    const newer = new Database(join(folder, 'newer.db'));
    newer.pragma('user_version = 900');
    newer.close();
    const other = new Database(join(folder, 'other.db'));
    other.exec('create table t (a)');
    other.close();
    for (const [name, sentence] of [
      ['missing.db', 'There is no store at missing.db.'],
      ['understudy.db', 'understudy.db is the store itself.'],
      ['newer.db', 'newer.db was written by a newer understudy'],
      ['other.db', 'other.db is a SQLite database of another program.'],
    ] as const) {
      const { code, stderr } = await runProgram(folder, ['merge', name]);
      expect(code).toBe(2);
      expect(stderr).toContain(sentence);
    }
  });
});
