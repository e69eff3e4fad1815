import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * What a program did to the files of a store, as `strace` saw it, and the states in which a power failure
 * may leave them: what was synced is there, and of the rest any part.
 */
export type DiskLog = {
  /** The number of calls, each of which the power can cut. */
  readonly length: number;
  /** When a call began, in milliseconds. */
  readonly at: (call: number) => number;
  /** The first call from `from` on that writes a text to a terminal; throws if there is none. */
  readonly shown: (text: string, from: number) => number;
  /** Writes the files as they may be if the power fails before a call. */
  readonly writeState: (cut: number, rest: Unsynced, folder: string) => void;
};

/** What is on the disk of that which was not synced: all of it, or what `random` (from 0 to 1) chooses. */
export type Unsynced = 'all' | 'none' | { readonly random: () => number };

/** The flags of strace that `readDiskLog` needs. The program and its arguments follow. */
export const straceFlags = (log: string): readonly string[] => [
  '-f',
  '--seccomp-bpf',
  '-ttt',
  '-y',
  '-xx',
  '-s',
  '1000000',
  '-o',
  log,
  '-e',
  'trace=openat,write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink,rename,renameat2,link,linkat',
];

type Write = { readonly offset: number; readonly data: Buffer };

/** A file, whatever its name: what is on the disk for certain, and what was done to it since. */
type File = { synced: Buffer; unsynced: (Write | { readonly size: number })[] };

type Call = { readonly ms: number; readonly shown: string; readonly apply: () => void };

const unescaped = (text: string): Buffer => Buffer.from(text.replaceAll(String.raw`\x`, ''), 'hex');

const strings = (text: string): readonly Buffer[] =>
  Array.from(text.matchAll(/"([^"]*)"/g), ([, inner = '']) => unescaped(inner));

/** Reads a log of strace. `store` is the file that the program had open; it is as it was before. */
export const readDiskLog = (log: string, store: string, before: string): DiskLog => {
  const isOurs = (path: string): boolean =>
    dirname(path) === dirname(store) &&
    basename(path).startsWith(basename(store)) &&
    // Others than SQLite's first connection find it emptied.
    !path.endsWith('-shm');

  // What the names mean for the program, and on the disk.
  const files = new Map<string, File>();
  const synced = new Map<string, File>();
  let renamed: { readonly path: string; readonly file: File | null }[] = [];
  const restart = (): void => {
    files.clear();
    synced.clear();
    renamed = [];
    for (const name of readdirSync(before)) {
      const file: File = { synced: readFileSync(join(before, name)), unsynced: [] };
      files.set(join(dirname(store), name), file);
      synced.set(join(dirname(store), name), file);
    }
  };
  const fileAt = (path: string): File => {
    const file = files.get(path);
    if (file === undefined) throw new Error(`no file ${path}`);
    return file;
  };

  /** What a call does when it begins; a sync returns what it does when it ends. */
  const begin = (name: string, args: string): (() => void) | null => {
    const path = unescaped(/^\d+<([^>]*)>/.exec(args)?.[1] ?? '').toString();
    if (name === 'fsync' || name === 'fdatasync') {
      if (path === dirname(store)) {
        const count = renamed.length;
        return () => {
          for (const one of renamed.splice(0, count)) setName(synced, one.path, one.file);
        };
      }
      if (!isOurs(path)) return null;
      const file = fileAt(path);
      const count = file.unsynced.length;
      return () => {
        file.synced = applied(file.synced, file.unsynced.splice(0, count));
      };
    }
    const change = (named: string, file: File | null): void => {
      setName(files, named, file);
      renamed.push({ path: named, file });
    };
    if (name === 'openat') {
      const opened = strings(args)[0]?.toString() ?? '';
      if (!isOurs(opened) || !args.includes('O_CREAT') || files.has(opened)) return null;
      change(opened, { synced: Buffer.alloc(0), unsynced: [] });
    } else if (name === 'unlink') {
      const gone = strings(args)[0]?.toString() ?? '';
      if (isOurs(gone)) change(gone, null);
    } else if (name === 'pwrite64' && isOurs(path)) {
      const offset = Number(/, (\d+)\)?$/.exec(args.trim())?.[1]);
      fileAt(path).unsynced.push({ offset, data: strings(args)[0] ?? Buffer.alloc(0) });
    } else if (name === 'ftruncate' && isOurs(path)) {
      fileAt(path).unsynced.push({ size: Number(/, (\d+)\)?$/.exec(args.trim())?.[1]) });
    } else if (isOurs(path) || strings(args).some((one) => isOurs(one.toString()))) {
      throw new Error(`${name} of a store is not known here`);
    }
    return null;
  };

  const calls: Call[] = [];
  /** The syncs that have begun, by thread. */
  const open = new Map<string, () => void>();
  for (const line of readFileSync(log, 'latin1').split('\n')) {
    const [, thread = '', seconds = '', rest = ''] = /^(\d+) +([\d.]+) (.*)$/.exec(line) ?? [];
    const ms = Number(seconds) * 1000;
    const add = (shown: string, apply: () => void): void => {
      calls.push({ ms, shown, apply });
    };
    if (rest.startsWith('<... ')) {
      add('', () => {
        open.get(thread)?.();
        open.delete(thread);
      });
      continue;
    }
    const [, name, args = ''] =
      /^(\w+)\(([^]*?)(?:\) += (?:\d.*)| <unfinished \.\.\.>)$/.exec(rest) ?? [];
    if (name === undefined) continue;
    const isTerminal = args.includes(terminalPath);
    if (isTerminal) {
      add(Buffer.concat(strings(args)).toString(), () => undefined);
      continue;
    }
    const isUnfinished = rest.endsWith('<unfinished ...>');
    add('', () => {
      const end = begin(name, args);
      if (end === null) return;
      if (isUnfinished) open.set(thread, end);
      else end();
    });
  }

  let done = Infinity;
  const goTo = (cut: number): void => {
    if (cut < done) {
      restart();
      open.clear();
      done = 0;
    }
    for (; done < cut; done++) calls[done]?.apply();
  };
  return {
    length: calls.length,
    at: (call) => calls[call]?.ms ?? 0,
    shown: (text, from) => {
      const call = calls.findIndex((one, index) => index >= from && one.shown.includes(text));
      if (call === -1) throw new Error(`the terminal never showed ${text}`);
      return call;
    },
    writeState: (cut, rest, folder) => {
      goTo(cut);
      const names = new Map(synced);
      const kept =
        rest === 'all'
          ? renamed.length
          : rest === 'none'
            ? 0
            : Math.floor(rest.random() * (renamed.length + 1));
      for (const { path, file } of renamed.slice(0, kept)) setName(names, path, file);
      for (const [path, file] of names) {
        writeFileSync(
          join(folder, basename(path)),
          applied(file.synced, chosen(file.unsynced, rest)),
        );
      }
    },
  };
};

/** `/dev/pts/` as strace writes it. */
const terminalPath = Array.from(
  Buffer.from('/dev/pts/'),
  (byte) => String.raw`\x` + byte.toString(16).padStart(2, '0'),
).join('');

const setName = (names: Map<string, File>, path: string, file: File | null): void => {
  if (file === null) names.delete(path);
  else names.set(path, file);
};

/** A disk writes a sector whole or not at all. */
const sectorBytes = 512;

/** The part of what was not synced that is on the disk: a beginning, or any of the sectors. */
const chosen = (unsynced: File['unsynced'], rest: Unsynced): File['unsynced'] => {
  if (rest === 'all') return unsynced;
  if (rest === 'none') return [];
  const { random } = rest;
  if (random() < 0.3) return unsynced.slice(0, Math.floor(random() * (unsynced.length + 1)));
  const share = random();
  const isWhole = random() < 0.3;
  return unsynced.flatMap((one) => {
    if ('size' in one || isWhole) return random() < share ? [one] : [];
    const sectors: Write[] = [];
    for (let start = 0; start < one.data.length;) {
      const end = Math.min(
        one.data.length,
        start + sectorBytes - ((one.offset + start) % sectorBytes),
      );
      if (random() < share) {
        sectors.push({ offset: one.offset + start, data: one.data.subarray(start, end) });
      }
      start = end;
    }
    return sectors;
  });
};

const applied = (before: Buffer, changes: File['unsynced']): Buffer => {
  const size = Math.max(
    before.length,
    ...changes.map((one) => ('size' in one ? one.size : one.offset + one.data.length)),
  );
  const bytes = Buffer.alloc(size);
  before.copy(bytes);
  let length = before.length;
  for (const one of changes) {
    if ('size' in one) {
      bytes.fill(0, one.size);
      length = one.size;
    } else {
      one.data.copy(bytes, one.offset);
      length = Math.max(length, one.offset + one.data.length);
    }
  }
  return bytes.subarray(0, length);
};
