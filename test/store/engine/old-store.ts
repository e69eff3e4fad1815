import Database from 'better-sqlite3';
import { migrations } from '../../../source/store/engine/migrations/migrations.ts';
import { at } from '../samples.ts';

export type Insert = (table: string, row: Record<string, string | number | Uint8Array>) => void;

/** A store of the schema before a step. */
export const writeOldStore = (
  file: string,
  before: string,
  fill: (insert: Insert) => void,
): void => {
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  database.pragma('legacy_alter_table = ON');
  database.function('conversation_turn', { deterministic: true, varargs: true }, () => null);
  database.exec(
    'create table migration (name text not null primary key, applied_at text not null)',
  );
  const count = migrations.findIndex(({ name }) => name === before);
  for (const { name, sql } of migrations.slice(0, count)) {
    database.exec(sql);
    database.prepare('insert into migration values (?, ?)').run(name, at);
  }
  database.pragma(`user_version = ${count}`);
  database.pragma(`application_id = ${0x756e6473}`);
  database.pragma('foreign_keys = ON');
  fill((table, row) => {
    const names = Object.keys(row);
    database
      .prepare(`insert into ${table} (${names.join()}) values (${names.map(() => '?').join()})`)
      .run(Object.values(row));
  });
  database.close();
};

/** A pair with the verdicts of two reviewers. */
export const fillWithVerdicts = (insert: Insert, more: Record<string, string>): void => {
  const pair = { comparison_id: 'k', capture_id: 'c1' };
  insert('body', { number: 1, text: '{}', bytes: 2 });
  insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
  insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
  insert('comparison_capture', { ...pair, position: '0' });
  const event = { ...pair, created_at: at, kind: 'verdict', ahead: 0, ...more };
  insert('verdict_event', { ...event, id: '1', reviewer: 'ann', verdict: 'agree' });
  insert('verdict_event', { ...event, id: '2', reviewer: 'bo', verdict: 'worse' });
};
