import type { Stats } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

// An import of node:fs reads all of its exports and so loads Node's streams: 7 ms of every start.
const { existsSync, lstatSync, mkdirSync, realpathSync } = process.getBuiltinModule('node:fs');

/**
 * Keeps compiled code between runs, because compiling takes most of a start. Node executes code
 * from the cache, so only this user and root may be able to write or replace it. The cache is
 * `understudy` in `XDG_CACHE_HOME` or in `~/.cache`. Without such a folder nothing is cached.
 */
export const useCompileCache = (
  environment: Readonly<Record<string, string | undefined>>,
): void => {
  const folder = privateFolder(cacheHome(environment['XDG_CACHE_HOME']));
  if (folder !== null) enableCompileCache(folder);
};

/** Returns the cache home. The XDG specification ignores a relative path. */
const cacheHome = (configured = ''): string =>
  isAbsolute(configured) ? configured : join(homedir(), '.cache');

/**
 * Returns the cache folder in a directory, created if it is missing; null if it cannot be private.
 */
const privateFolder = (home: string): string | null => {
  const user = process.getuid?.();
  // Windows has no owners and modes.
  if (user === undefined) return null;
  try {
    const existing = realpathSync(nearestExisting(home));
    if (!ancestors(existing).every((path) => isOutOfReach(lstatSync(path), user))) return null;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    // Resolved, because a symbolic link could be changed after the check.
    const parent = realpathSync(home);
    const folder = join(parent, 'understudy');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const isPrivate = found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0;
    return isPrivate ? folder : null;
  } catch {
    // No home, a read-only disk or a file in the way: a missing cache does not justify an error.
    return null;
  }
};

const nearestExisting = (path: string): string =>
  existsSync(path) ? path : nearestExisting(dirname(path));

const ancestors = (path: string): readonly string[] =>
  dirname(path) === path ? [path] : [path, ...ancestors(dirname(path))];

/**
 * Returns whether no other user can replace an entry of a directory. It must belong to this user or
 * to root, and others must not be able to write it or, as in `/tmp`, must only be able to remove
 * their own entries.
 */
const isOutOfReach = ({ uid, mode }: Stats, user: number): boolean =>
  (uid === user || uid === 0) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
