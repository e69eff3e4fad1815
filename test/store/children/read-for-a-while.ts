// Holds a read transaction, reports it, and ends it a moment later.
import Database from 'better-sqlite3';

const database = new Database(process.argv[2] ?? '');
database.exec('begin');
database.prepare('select count(*) from sqlite_master').get();
process.stdout.write('reading\n');
setTimeout(() => database.close(), 400);
