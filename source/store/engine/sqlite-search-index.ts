import type Database from 'better-sqlite3';
import type { SearchIndex } from './engine.ts';

/**
 * An index of the trigrams of requests and answers, in SQLite's FTS5. It holds which trigrams a body has
 * and neither texts nor places, so it is smaller than the texts; whoever searches reads the
 * candidates. The row of a body has its number. The bodies of requests and answers are numbered in the
 * order in which they come, and none changes or goes, so the index lacks those after its last one.
 */
export class SqliteSearchIndex implements SearchIndex {
  readonly #database: () => Database.Database;
  readonly #whenUnlocked: <T>(work: () => T) => Promise<T>;

  constructor(database: () => Database.Database, whenUnlocked: <T>(work: () => T) => Promise<T>) {
    this.#database = database;
    this.#whenUnlocked = whenUnlocked;
  }

  async create(): Promise<void> {
    await this.#whenUnlocked(() => {
      this.#database().exec(`
        create virtual table if not exists body_search using fts5(
          text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'
        );
        create table if not exists body_searched (
          one integer not null primary key check (one = 1),
          number integer not null
        );
        insert into body_searched (one, number) values (1, 0) on conflict do nothing;
      `);
    });
  }

  async missing(): Promise<readonly number[]> {
    const place = '(select number from body_searched)';
    return this.#whenUnlocked(() =>
      this.#database()
        .prepare<[], number>(
          `select request_body from capture where request_body > ${place}
          union select answer_body from response where answer_body > ${place} order by 1`,
        )
        .pluck()
        .all(),
    );
  }

  async add(numbers: readonly number[], textOf: (body: string) => string): Promise<void> {
    await this.#whenUnlocked(() => {
      const database = this.#database();
      const place = database.prepare<[], number>('select number from body_searched').pluck();
      const read = database
        .prepare<[number], string | Buffer>('select text from body where number = ?')
        .pluck();
      const insert = database.prepare('insert into body_search (rowid, text) values (?, ?)');
      const advance = database.prepare('update body_searched set number = ?');
      database
        .transaction(() => {
          // Another process may have added the same bodies meanwhile.
          let last = place.get() ?? 0;
          for (const number of numbers) {
            const text = number > last ? read.get(number) : undefined;
            if (text === undefined) continue;
            insert.run(number, textOf(String(text)));
            last = number;
          }
          advance.run(last);
        })
        .immediate();
    });
  }

  async candidates(trigrams: readonly string[]): Promise<readonly number[]> {
    const match = trigrams.map((part) => `"${part.replaceAll('"', '""')}"`).join(' AND ');
    return this.#whenUnlocked(() =>
      this.#database()
        .prepare<[string], number>('select rowid from body_search where body_search match ?')
        .pluck()
        .all(match),
    );
  }

  async drop(): Promise<void> {
    await this.#whenUnlocked(() => {
      this.#database().exec(
        'drop table if exists body_search; drop table if exists body_searched;',
      );
    });
  }
}
