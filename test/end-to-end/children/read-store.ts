// Reads a store again and again as `sqlite3` does, each time through a connection that waits for no lock,
// until stdin ends. Then prints how many captures the reads saw, and each error with the number that the
// read before it saw.
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';

const [file = ''] = process.argv.slice(2);

const captures = (): number => {
  const database = new Database(file, { timeout: 0, fileMustExist: true });
  try {
    return database.prepare<[], number>('select count(*) from capture').pluck().get() ?? 0;
  } finally {
    database.close();
  }
};

const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();
const seen: number[] = [];
const errors: { readonly error: string; readonly after: number }[] = [];
do {
  await turn();
  try {
    seen.push(captures());
  } catch (error) {
    // Until the store has its tables there is nothing to read.
    const after = seen.at(-1);
    if (after !== undefined) errors.push({ error: String(error), after });
  }
} while (!stop.signal.aborted);
process.stdout.write(JSON.stringify({ seen, errors }));
