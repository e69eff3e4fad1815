import { describe, expect, it } from 'vitest';
import { storeError } from '../../../source/store/engine/store-errors.ts';
import { UserError } from '../../../source/text/user-error.ts';

const withCode = (code: string): Error => Object.assign(new Error('as SQLite says it'), { code });

describe('storeError', () => {
  it.each([
    ['SQLITE_FULL', /disk that holds my\.db is full/],
    ['ENOSPC', /disk that holds my\.db is full/],
    ['SQLITE_IOERR_WRITE', /could not be read or written \(SQLITE_IOERR_WRITE\)/],
    ['SQLITE_BUSY', /locked by another program/],
    ['SQLITE_BUSY_SNAPSHOT', /locked by another program/],
    ['SQLITE_NOTADB', /is not a SQLite database/],
    ['SQLITE_CORRUPT', /is damaged/],
    ['SQLITE_READONLY_DIRECTORY', /cannot be written/],
    ['SQLITE_CANTOPEN', /cannot be written/],
    ['EACCES', /cannot be written/],
    ['EROFS', /cannot be written/],
    ['ENOENT', /no such directory/],
  ])('turns %s into a message for the user', (code, sentence) => {
    const error = storeError(withCode(code), 'my.db');
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(sentence);
  });

  it.each([
    [0, 'my.db is locked by another program. Close it there'],
    [812, 'my.db has been locked by another program for 0.8 seconds. Close it there'],
    [5004, 'my.db has been locked by another program for 5.0 seconds. Close it there'],
  ])('reports the time spent waiting for a lock (%i ms)', (waitedMs, sentence) => {
    const error = storeError(withCode('SQLITE_BUSY'), 'my.db', waitedMs);
    expect((error as UserError).message).toContain(sentence);
  });

  it('returns a bug unchanged', () => {
    const bug = withCode('SQLITE_CONSTRAINT_FOREIGNKEY');
    expect(storeError(bug, 'my.db')).toBe(bug);
  });

  it('escapes control characters in the file name', () => {
    const error = storeError(withCode('SQLITE_FULL'), 'a\u001b[2Jb.db');
    expect((error as UserError).message).not.toContain('\u001b');
  });
});
