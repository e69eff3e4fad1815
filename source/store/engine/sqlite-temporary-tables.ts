import type { SelectionChoice, TemporaryTables } from './engine.ts';

/**
 * Temporary tables of one SQLite connection, which has the function `queue_position`. `run` executes one
 * statement.
 */
export class SqliteTemporaryTables implements TemporaryTables {
  readonly #run: (sql: string, ...parameters: readonly unknown[]) => Promise<void>;

  constructor(run: (sql: string, ...parameters: readonly unknown[]) => Promise<void>) {
    this.#run = run;
  }

  async createOffered(): Promise<void> {
    await this.#run('pragma temp.cache_size = -4000');
    await this.#run('drop table if exists temp.offered');
    await this.#run('create temp table offered (capture_id text not null primary key)');
  }

  async insertOffered(captureIds: readonly string[]): Promise<void> {
    const insert = `
      insert into offered (capture_id) select value from json_each(?) where true
      on conflict do nothing
    `;
    await this.#run(insert, JSON.stringify(captureIds));
  }

  async createChoice(): Promise<void> {
    await this.#run('drop table if exists temp.choice');
    await this.#run(`
      create temp table choice (
        capture_id text not null primary key,
        position text not null,
        reason text,
        place text not null,
        stratum text not null
      )
    `);
  }

  async insertChoices(choices: readonly SelectionChoice[]): Promise<void> {
    // One string for a whole page: separate parameters create hundreds of megabytes of garbage.
    const insert = `
      insert into choice (capture_id, position, reason, place, stratum)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?)
    `;
    await this.#run(insert, JSON.stringify(choices));
  }

  async createMarks(): Promise<void> {
    await this.#run('pragma temp.cache_size = -4000');
    await this.#run('drop table if exists temp.standing_verdict');
    await this.#run(`
      create temp table standing_verdict (
        capture_id text not null,
        reviewer text not null,
        verdict text not null,
        created_at text not null,
        ahead integer,
        chosen_by text,
        group_id text,
        left_side text,
        origin text,
        origin_file text,
        merged_from text,
        primary key (capture_id, reviewer)
      ) without rowid
    `);
    await this.#run('drop table if exists temp.marked_pair');
    await this.#run(`
      create temp table marked_pair (
        comparison_id text not null,
        capture_id text not null primary key,
        endpoint text not null,
        baseline text not null,
        candidate text not null,
        outcome text,
        settled_by text,
        unusable integer
      ) without rowid
    `);
  }

  async takeOffered(comparisonId: string): Promise<void> {
    // In the order of the larger index, so that it grows at its end.
    const insert = `
      insert into comparison_capture (comparison_id, capture_id, position)
      select ?, capture_id, queue_position(?, capture_id) as position from offered
      where true order by position
      on conflict do nothing
    `;
    await this.#run(insert, comparisonId, comparisonId);
    const forget = `
      delete from comparison_left_out
      where comparison_id = ? and capture_id in (select capture_id from offered)
    `;
    await this.#run(forget, comparisonId);
  }

  async drop(): Promise<void> {
    await this.#run('drop table temp.offered');
    await this.#run('drop table if exists temp.choice');
  }
}
