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

/** Runs that were asked so often are looked at once more, and then only where they may answer. */
const filterAfter = 200;

/** So many runs have a filter together: with one for each, a body that is new asks as many as there are. */
const groupRuns = 8;

const groupBodies = groupRuns * 2 ** runBits;

type Group = { asked: number; filter: HashFilter | null };

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
  let groups: Group[] = [];
  const groupOf = (number: number): number => Math.floor(number / groupBodies);
  const filterOf = (group: number): HashFilter => {
    const filter = createHashFilter(groupBodies);
    for (let run = group * groupRuns; run < (group + 1) * groupRuns; run++) {
      for (const { hash } of hashes.iterate(run)) filter.add(hash);
    }
    return filter;
  };
  const findIn = (group: number, hash: Uint8Array): number | null => {
    const state = groups[group];
    if (state === undefined) return null;
    if (state.filter === null) {
      state.asked += 1;
      if (state.asked > filterAfter) state.filter = filterOf(group);
    }
    if (state.filter?.mayHold(hash) === false) return null;
    const first = group * groupRuns;
    for (let run = Math.min(first + groupRuns - 1, next >> runBits); run >= first; run--) {
      const found = find.get(run, hash);
      if (found !== undefined) return found.number;
    }
    return null;
  };
  return {
    begin: () => {
      const expected = (last.get()?.number ?? 0) + 1;
      if (expected === next) return;
      const known = next < 0 || expected < next ? 0 : groupOf(next);
      groups = Array.from({ length: groupOf(expected) + 1 }, (_, group) =>
        group < known ? (groups[group] ?? { asked: 0, filter: null }) : { asked: 0, filter: null },
      );
      next = expected;
    },
    save: (text) => {
      const hash = bodyHash(text);
      for (let group = groups.length - 1; group >= 0; group--) {
        const found = findIn(group, hash);
        if (found !== null) return found;
      }
      const number = next++;
      const group = (groups[groupOf(number)] ??= {
        asked: 0,
        filter: createHashFilter(groupBodies),
      });
      group.filter?.add(hash);
      const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
      insert.run(number, hash, text, bytes);
      return number;
    },
  };
};
