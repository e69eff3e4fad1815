import { existsSync, lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * Keeps compiled code between runs, because compiling is most of what a start costs. Node runs what it
 * finds in the cache, so the cache is a folder that nobody but this user and root can write or replace:
 * `understudy` in `XDG_CACHE_HOME` or in `~/.cache`. Where there is none, each run compiles anew.
 */
export const useCompileCache = (
  environment: Readonly<Record<string, string | undefined>>,
): void => {
  const folder = privateFolder(cacheHome(environment['XDG_CACHE_HOME']));
  if (folder !== null) enableCompileCache(folder);
};

/** The specification has a relative path ignored. */
const cacheHome = (configured = ''): string =>
  isAbsolute(configured) ? configured : join(homedir(), '.cache');

/** The cache folder in a directory, created if missing; null: it is not private, or cannot be. */
const privateFolder = (home: string): string | null => {
  const user = process.getuid?.();
  // A system without owners and modes, such as Windows.
  if (user === undefined) return null;
  try {
    const existing = realpathSync(nearestExisting(home));
    if (!ancestors(existing).every((path) => isOutOfReach(lstatSync(path), user))) return null;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    // Without symbolic links, which somebody could turn elsewhere after they were checked.
    const parent = realpathSync(home);
    const folder = join(parent, 'understudy');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const isPrivate = found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0;
    return isPrivate ? folder : null;
  } catch {
    // No home, a read-only disk, a file in the way: a cache is not worth an error.
    return null;
  }
};

const nearestExisting = (path: string): string =>
  existsSync(path) ? path : nearestExisting(dirname(path));

const ancestors = (path: string): readonly string[] =>
  dirname(path) === path ? [path] : [path, ...ancestors(dirname(path))];

/**
 * Whether no other user can replace what stands in a directory: it belongs to this user or to root, and
 * others cannot write it or, as in `/tmp`, can only remove what is their own.
 */
const isOutOfReach = ({ uid, mode }: Stats, user: number): boolean =>
  (uid === user || uid === 0) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
