import Database from 'better-sqlite3';
import { queuePosition } from '../../source/store/comparisons/queue-order.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { line, seeded } from './texts.ts';

/** The pairs that are stored through the program's own functions and then copied. */
const templates = 200;

/**
 * Six of ten pairs of the templates differ: most in one field of JSON, some in prose; the machine settles
 * the others.
 */
function* templatePairs() {
  const random = seeded(11);
  for (let index = 0; index < templates; index++) {
    const kind = index % 10;
    const priority = Math.floor(random() * 5);
    const fields = { priority, queue: line(random, 12, 'en'), reason: line(random, 200, 'en') };
    const changed = { ...fields, priority: kind < 4 ? priority : 9 };
    yield kind < 8
      ? { id: `t${index}`, baseline: JSON.stringify(fields), candidate: JSON.stringify(changed) }
      : { id: `t${index}`, baseline: line(random, 240, 'en'), candidate: line(random, 240, 'en') };
  }
}

/**
 * Builds a store with one comparison of many answered pairs of about 1.5 KB, each with texts of its own.
 * A few are stored by the program; the others are copies of their rows, since storing a million
 * through it takes longer than all that is measured. Returns the id of the comparison.
 */
export const buildLargeStore = async (file: string, pairs: number): Promise<string> => {
  const comparisonId = await fillStore(file, templatePairs());
  const database = new Database(file);
  try {
    database.pragma('journal_mode = off');
    database.pragma('synchronous = off');
    database.pragma('cache_size = -1000000');
    database.pragma('foreign_keys = off');
    database.function('queue_position', { deterministic: true }, queuePosition);
    const last = Number(database.prepare('select max(number) from body').pluck().get());
    const rounds = Math.ceil(pairs / templates) - 1;
    database.exec(`
      create temp table copy (round integer primary key);
      with recursive round (n) as (select 1 union all select n + 1 from round where n < ${rounds})
      insert into copy select n from round;
      begin;
    `);
    const copy = (table: string, changes: Record<string, string>): void => {
      const columns = database
        .prepare<[string], string>('select name from pragma_table_info(?)')
        .pluck()
        .all(table);
      const values = columns.map((name) => changes[name] ?? `t.${name}`).join(', ');
      database.exec(
        `insert into ${table} (${columns.join(', ')}) select ${values} from copy cross join ${table} t`,
      );
    };
    const body = (column: string): string => `t.${column} + copy.round * ${last}`;
    const id = (column: string): string => `t.${column} || '-' || copy.round`;
    // Every text has words of its own.
    copy('body', {
      number: body('number'),
      text: `replace(t.text, ' the ', ' the ' || copy.round || ' ')`,
    });
    copy('capture', {
      number: `t.number + copy.round * ${templates}`,
      id: id('id'),
      // A hundred endpoints.
      endpoint: `'endpoint_' || (copy.round % 100)`,
      request_body: body('request_body'),
    });
    copy('comparison_capture', {
      capture_id: id('capture_id'),
      position: `queue_position(t.comparison_id, ${id('capture_id')})`,
    });
    copy('response', { capture_id: id('capture_id'), answer_body: body('answer_body') });
    copy('outcome', { capture_id: id('capture_id') });
    database.exec('commit');
    database.pragma('journal_mode = wal');
  } finally {
    database.close();
  }
  return comparisonId;
};
