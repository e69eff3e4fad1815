import type Database from 'better-sqlite3';
import { bodyHash, runBits, type BodyText } from './bodies.ts';
import { createHashFilter, type HashFilter } from './hash-filter.ts';

/** Saves bodies one behind the other, each once. Within transactions of its connection. */
export type BodyWriter = {
  /** At the beginning of every transaction: others may have written since the last one. */
  readonly begin: () => void;
  /** The number of the body, which is stored unless it was there. */
  readonly save: (text: BodyText) => number;
};

/** A run of bodies that was asked so often is looked at once more, and then only where it may answer. */
const filterAfter = 200;

const runLength = 2 ** runBits;

/** So many runs have a filter together, in front of those of each. */
const groupRuns = 64;

/** Fewer are asked one by one as fast. */
const groupFrom = 8;

type Run = { asked: number; filter: HashFilter | null };

export const createBodyWriter = (database: Database.Database): BodyWriter => {
  const last = database.prepare<[], { readonly number: number }>(
    'select coalesce(max(number), 0) as number from body',
  );
  const find = database.prepare<[number, Uint8Array], { readonly number: number }>(
    `select number from body where number >> ${runBits} = ? and hash = ?`,
  );
  const hashes = database.prepare<[number], { readonly hash: Uint8Array }>(
    `select hash from body where number >> ${runBits} = ?`,
  );
  const insert = database.prepare(
    'insert into body (number, hash, text, bytes) values (?, ?, cast(? as text), ?)',
  );
  let next = -1;
  let runs: Run[] = [];
  let groups: (HashFilter | undefined)[] = [];
  const addHashes = (run: number, filter: HashFilter): HashFilter => {
    for (const { hash } of hashes.iterate(run)) filter.add(hash);
    return filter;
  };
  const findInRun = (run: number, hash: Uint8Array): number | null => {
    const state = runs[run];
    if (state === undefined) return null;
    if (state.filter === null) {
      state.asked += 1;
      if (state.asked > filterAfter) state.filter = addHashes(run, createHashFilter(runLength));
    }
    if (state.filter?.mayHold(hash) === false) return null;
    return find.get(run, hash)?.number ?? null;
  };
  /** Those of a group that are asked often enough for a filter of their own get one together. */
  const filterOf = (group: number): HashFilter | undefined => {
    if (groups[group] !== undefined) return groups[group];
    const start = group * groupRuns;
    const end = Math.min(runs.length, start + groupRuns);
    const isAsked = (): boolean =>
      runs.slice(start, end).every((run) => run === undefined || run.filter !== null);
    if (end - start < groupFrom || !isAsked()) return undefined;
    const filter = createHashFilter(runLength * groupRuns);
    for (let run = start; run < end; run++) addHashes(run, filter);
    groups[group] = filter;
    return filter;
  };
  const findNumber = (hash: Uint8Array): number | null => {
    for (let group = Math.floor((runs.length - 1) / groupRuns); group >= 0; group--) {
      if (filterOf(group)?.mayHold(hash) === false) continue;
      const start = group * groupRuns;
      for (let run = Math.min(runs.length, start + groupRuns) - 1; run >= start; run--) {
        const found = findInRun(run, hash);
        if (found !== null) return found;
      }
    }
    return null;
  };
  return {
    begin: () => {
      const expected = (last.get()?.number ?? 0) + 1;
      if (expected === next) return;
      const known = next < 0 || expected < next ? 0 : next >> runBits;
      runs = Array.from({ length: (expected >> runBits) + 1 }, (_, run) =>
        run < known ? (runs[run] ?? { asked: 0, filter: null }) : { asked: 0, filter: null },
      );
      groups = groups.slice(0, Math.floor(known / groupRuns));
      next = expected;
    },
    save: (text) => {
      const hash = bodyHash(text);
      const found = findNumber(hash);
      if (found !== null) return found;
      const number = next++;
      const run = number >> runBits;
      runs[run] ??= { asked: 0, filter: createHashFilter(runLength) };
      runs[run].filter?.add(hash);
      groups[Math.floor(run / groupRuns)]?.add(hash);
      const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
      insert.run(number, hash, text, bytes);
      return number;
    },
  };
};
