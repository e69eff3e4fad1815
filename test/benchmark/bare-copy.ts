// The yardstick of the import: parses each line of a file and copies it into a table of a new SQLite file,
// which is the least that an import into SQLite must do. No index, no second table, a commit every 8 MB.
import Database from 'better-sqlite3';
import { parseLines } from './bare-lines.ts';

const [file = '', storeFile = ''] = process.argv.slice(2);
const database = new Database(storeFile);
database.pragma('page_size = 16384');
database.pragma('journal_mode = truncate');
database.pragma('synchronous = full');
database.exec('create table line (number integer primary key, text text not null)');
const insert = database.prepare('insert into line (text) values (cast(? as text))');
const transactionBytes = 8 * 1024 * 1024;
let bytes = 0;
database.exec('begin');
await parseLines(file, (value, line) => {
  if (typeof value !== 'object') return;
  insert.run(line);
  bytes += line.length;
  if (bytes < transactionBytes) return;
  database.exec('commit');
  database.exec('begin');
  bytes = 0;
});
database.exec('commit');
database.close();
