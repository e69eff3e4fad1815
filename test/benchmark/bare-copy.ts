// Parses each line of a file and copies it into a table of a new SQLite file, on the disk every 8 MB: what
// any import into SQLite has to do at the least, with neither index nor second table.
import Database from 'better-sqlite3';
import { parseLines } from './bare-lines.ts';

const [file = '', storeFile = ''] = process.argv.slice(2);
const database = new Database(storeFile);
database.pragma('page_size = 16384');
database.pragma('journal_mode = truncate');
database.pragma('synchronous = full');
database.exec('create table line (number integer primary key, text text not null)');
const insert = database.prepare('insert into line (text) values (cast(? as text))');
const together = 8 * 1024 * 1024;
let bytes = 0;
database.exec('begin');
await parseLines(file, (value, line) => {
  if (typeof value !== 'object') return;
  insert.run(line);
  bytes += line.length;
  if (bytes < together) return;
  database.exec('commit');
  database.exec('begin');
  bytes = 0;
});
database.exec('commit');
database.close();
