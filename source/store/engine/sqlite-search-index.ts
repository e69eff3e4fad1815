import type Database from 'better-sqlite3';
import type { SearchIndex } from './engine.ts';

/**
 * An index of the trigrams of requests and answers, in SQLite's FTS5. It holds which trigrams a body has
 * and neither texts nor places, so it is smaller than the texts; whoever searches reads the
 * candidates. The row of a body has its number. Bodies are numbered in the order in which they come, and
 * none changes or goes, so the index lacks those after its last one.
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
        create index if not exists body_search_request on capture (request_body);
        create index if not exists body_search_answer on response (answer_body);
      `);
    });
  }

  async place(): Promise<{ readonly done: number; readonly all: number }> {
    return this.#whenUnlocked(() => {
      const database = this.#database();
      const [done, all] = [
        'select number from body_searched',
        'select coalesce(max(number), 0) from body',
      ].map((query) => database.prepare<[], number>(query).pluck().get() ?? 0);
      return { done: done ?? 0, all: all ?? 0 };
    });
  }

  async addNext(count: number, all: number, textOf: (body: string) => string): Promise<number> {
    return this.#whenUnlocked(() => {
      const database = this.#database();
      const place = database.prepare<[], number>('select number from body_searched').pluck();
      const next = database.prepare<
        [Readonly<Record<string, number>>],
        { number: number; text: unknown }
      >(`
        select number, text from body
        where number in (
          select request_body from capture where request_body > @last and request_body <= @all
          union
          select answer_body from response where answer_body > @last and answer_body <= @all
          order by 1 limit @count
        )
        order by number
      `);
      const insert = database.prepare('insert into body_search (rowid, text) values (?, ?)');
      const advance = database.prepare('update body_searched set number = ?');
      return database
        .transaction((): number => {
          // Another process may have added the same bodies meanwhile.
          const last = place.get() ?? 0;
          if (last >= all) return last;
          const rows = next.all({ last, all, count });
          for (const { number, text } of rows) insert.run(number, textOf(String(text)));
          const end = rows.length < count ? all : (rows.at(-1)?.number ?? all);
          advance.run(end);
          return end;
        })
        .immediate();
    });
  }

  async candidates(trigrams: readonly string[], limit: number): Promise<readonly number[]> {
    const match = trigrams.map((part) => `"${part.replaceAll('"', '""')}"`).join(' AND ');
    return this.#whenUnlocked(() =>
      this.#database()
        .prepare<[string, number], number>(
          'select rowid from body_search where body_search match ? limit ?',
        )
        .pluck()
        .all(match, limit),
    );
  }

  async capturesOf(comparisonId: string, bodies: readonly number[]): Promise<readonly string[]> {
    if (bodies.length === 0) return [];
    const list = bodies.map(() => '?').join(', ');
    // Without statistics, SQLite would go through all pairs of the comparison.
    return this.#whenUnlocked(() =>
      this.#database()
        .prepare<unknown[], string>(
          `select s.capture_id
          from capture t indexed by body_search_request
          cross join comparison_capture s on s.comparison_id = ? and s.capture_id = t.id
          where t.request_body in (${list})
          union
          select r.capture_id
          from response r indexed by body_search_answer
          where r.answer_body in (${list}) and r.comparison_id = ? and r.sample = 0`,
        )
        .pluck()
        .all(comparisonId, ...bodies, ...bodies, comparisonId),
    );
  }

  async drop(): Promise<void> {
    await this.#whenUnlocked(() => {
      this.#database().exec(`
        drop table if exists body_search;
        drop table if exists body_searched;
        drop index if exists body_search_request;
        drop index if exists body_search_answer;
      `);
    });
  }
}
