import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Interrupted } from '../../text/interrupted.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { onStopSignal } from '../../threads/stop-signals.ts';
import { isLocked, storeErrors } from './store-errors.ts';

/**
 * The folder in which an import builds a new store, beside its place: the store, and a file whose lock
 * says that the import is alive. SQLite's lock ends with its process, however that ends.
 */
const folderOf = (target: string): string =>
  join(dirname(target), `.${basename(target)}.importing`);

const storeIn = (folder: string): string => join(folder, 'store.db');
const lockIn = (folder: string): string => join(folder, 'lock');

/** File systems allow names of 255 bytes. */
const maximumNameBytes = 255;

/**
 * A store that is built beside its place by one process. Nobody reads it before it is finished, so it
 * needs no write-ahead log and every page is written once. Each commit is on the disk: what a killed
 * build has committed is put in place by the next command (`finishBuild`).
 */
export class StoreBuild {
  /** Where the user named the store. */
  readonly target: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #lock: Database.Database;

  private constructor(target: string, folder: string, name: string, lock: Database.Database) {
    this.target = target;
    this.#folder = folder;
    this.#name = name;
    this.#lock = lock;
  }

  /**
   * Begins to build the store at `target`, called `name` in messages. Returns null if there is one
   * already, or if it could not be put in place without the risk of overwriting another: the file
   * system has no hard links, or the name is a link. Throws BeingBuilt if another process builds it, and
   * UserError if the directory cannot be written.
   */
  static begin(target: string, name: string): StoreBuild | null {
    if (!isMissing(target)) return null;
    const folder = folderOf(target);
    if (Buffer.byteLength(basename(folder)) > maximumNameBytes) return null;
    return storeErrors(name, () => {
      try {
        mkdirSync(folder, { mode: 0o700 });
      } catch (error) {
        if (isCode(error, 'EEXIST')) throw new BeingBuilt();
        throw error;
      }
      const lock = takeLock(folder);
      // Another command may have taken the empty folder for that of an import that was killed.
      if (lock === null || !existsSync(lockIn(folder))) {
        lock?.close();
        throw new BeingBuilt();
      }
      const build = new StoreBuild(target, folder, name, lock);
      if (canLink(folder)) return build;
      build.discard();
      return null;
    });
  }

  /** Where the store is while it is built. */
  get file(): string {
    return storeIn(this.#folder);
  }

  /**
   * Puts the store in its place and ends the build; all its connections must be closed. Throws UserError
   * if a store of the same name has appeared.
   */
  finish(): void {
    storeErrors(this.#name, () => {
      const isPlaced = putInPlace(this.#folder, this.target);
      this.discard();
      if (isPlaced) return;
      throw new UserError(
        `Another program created ${printable(this.#name)} while it was being built, and it was not overwritten. Run the same command again to import into that store.`,
      );
    });
  }

  /** Ends the build and removes what is left of it. */
  discard(): void {
    try {
      // With the lock, so that nobody takes this folder for another's.
      rmSync(this.#folder, { recursive: true, force: true });
      this.#lock.close();
    } catch {
      // Windows removes no open file.
      this.#lock.close();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }
}

/**
 * Ends what an import that was killed has begun: puts what it committed in place, or removes the rest if
 * there is a store by now. Does nothing if no import has left anything. Throws BeingBuilt if the import is
 * alive and there is no store yet.
 */
export const finishBuild = (target: string, name: string): void => {
  const folder = folderOf(target);
  if (!existsSync(folder)) return;
  const hasStore = !isMissing(target);
  let lock: Database.Database | null;
  try {
    lock = takeLock(folder);
  } catch (error) {
    // In a directory that this user cannot write, only its owner can end the build. The import may also
    // have ended it just now.
    if (!isMissing(target) || !existsSync(folder)) return;
    throw new UserError(
      `An import into ${printable(name)} was ended before the store was in its place, and ${printable(folder)} cannot be written. Run the import again as its user.`,
      { cause: error },
    );
  }
  if (lock === null) {
    if (hasStore) return;
    throw new BeingBuilt();
  }
  try {
    if (isMissing(target) && recover(storeIn(folder))) putInPlace(folder, target);
    rmSync(folder, { recursive: true, force: true });
  } finally {
    lock.close();
  }
};

/** Another process builds the store that was asked for. */
class BeingBuilt extends Error {
  override name = 'BeingBuilt';
}

/** How often a command looks whether an import has put its store in place. */
const buildWaitMs = 100;

/**
 * Does work that throws BeingBuilt while an import builds the store called `name`: says so once on standard
 * error, and repeats the work until the store is in its place. Throws Interrupted if the user stops the wait
 * (Ctrl-C).
 */
export const afterBuild = async <T>(name: string, work: () => T): Promise<T> => {
  const stop = new AbortController();
  let release: (() => void) | null = null;
  try {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof BeingBuilt)) throw error;
      }
      if (release === null) {
        release = onStopSignal(() => stop.abort());
        process.stderr.write(`Waiting for the import that is building ${printableLine(name)} …\n`);
      }
      await sleep(buildWaitMs, null, { signal: stop.signal }).catch(() => {
        throw new Interrupted(
          `Stopped before ${printable(name)} was there. The import that is building it goes on.`,
        );
      });
    }
  } finally {
    release?.();
  }
};

/**
 * Waits as `afterBuild` does, for a command that reads the store's file and does not open it. Changes
 * nothing.
 */
export const awaitBuild = (target: string): Promise<void> =>
  afterBuild(target, () => {
    const folder = folderOf(target);
    if (!isMissing(target) || !existsSync(lockIn(folder))) return;
    let lock: Database.Database | null;
    try {
      lock = takeLock(folder);
    } catch {
      // The import has just ended, or belongs to another user.
      return;
    }
    if (lock === null) throw new BeingBuilt();
    lock.close();
  });

/** Whether there is no store yet: no file, or an empty one, as sqlite3 leaves it behind. */
const isMissing = (target: string): boolean => {
  try {
    const found = lstatSync(target);
    return found.isFile() && found.size === 0;
  } catch (error) {
    return isCode(error, 'ENOENT');
  }
};

/** Takes the lock of a build for this process; null while another one has it. */
const takeLock = (folder: string): Database.Database | null => {
  const lock = new Database(lockIn(folder), { timeout: 0 });
  try {
    lock.pragma('journal_mode = memory');
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (isLocked(error)) return null;
    throw error;
  }
};

const canLink = (folder: string): boolean => {
  const probe = join(folder, 'link');
  try {
    linkSync(lockIn(folder), probe);
    rmSync(probe);
    return true;
  } catch {
    return false;
  }
};

/** Rolls back what a killed import had not committed. Returns false if nothing usable is left. */
const recover = (file: string): boolean => {
  if (!existsSync(file)) return false;
  try {
    const database = new Database(file, { timeout: 0 });
    try {
      return database.prepare('select exists (select 1 from capture)').pluck().get() === 1;
    } finally {
      database.close();
    }
  } catch {
    // It was killed before it had made its tables.
    return false;
  }
};

/** Gives the built store its name; false if the name is taken. The folder of the build stays. */
const putInPlace = (folder: string, target: string): boolean => {
  const built = storeIn(folder);
  try {
    // Unlike a rename, it never replaces a file.
    linkSync(built, target);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    if (!isMissing(target)) return false;
    renameSync(built, target);
  }
  syncFolder(dirname(target));
  return true;
};

/** Has the names in a folder written to the disk, where the system can do that. */
const syncFolder = (folder: string): void => {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // Windows has no such thing.
  } finally {
    closeSync(descriptor);
  }
};

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
