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
  let runs: { asked: number; filter: HashFilter | null }[] = [];
  const filterOf = (run: number): HashFilter => {
    const filter = createHashFilter(runLength);
    for (const { hash } of hashes.iterate(run)) filter.add(hash);
    return filter;
  };
  const findIn = (run: number, hash: Uint8Array): number | null => {
    const state = runs[run];
    if (state === undefined) return null;
    if (state.filter === null) {
      state.asked += 1;
      if (state.asked > filterAfter) state.filter = filterOf(run);
    }
    if (state.filter?.mayHold(hash) === false) return null;
    return find.get(run, hash)?.number ?? null;
  };
  return {
    begin: () => {
      const expected = (last.get()?.number ?? 0) + 1;
      if (expected === next) return;
      const known = next < 0 || expected < next ? 0 : next >> runBits;
      runs = Array.from({ length: (expected >> runBits) + 1 }, (_, run) =>
        run < known ? (runs[run] ?? { asked: 0, filter: null }) : { asked: 0, filter: null },
      );
      next = expected;
    },
    save: (text) => {
      const hash = bodyHash(text);
      for (let run = runs.length - 1; run >= 0; run--) {
        const found = findIn(run, hash);
        if (found !== null) return found;
      }
      const number = next++;
      const run = number >> runBits;
      runs[run] ??= { asked: 0, filter: createHashFilter(runLength) };
      runs[run].filter?.add(hash);
      insert.run(
        number,
        hash,
        text,
        typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength,
      );
      return number;
    },
  };
};
