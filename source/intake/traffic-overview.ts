import { sha256 } from '../traffic/hash.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import { KeySet } from '../traffic/last-turn/key-set.ts';

/** How often a name came. */
export type NameCount = { readonly name: string; readonly count: number };

/** What is in the captures of an import, whether they are new to the store or not; each counts once. */
export type TrafficOverview = {
  readonly captures: number;
  /** The most frequent first, at most `named`; the rest as a number of names and of captures. */
  readonly endpoints: NameCounts;
  /** The models that answered in production or, where nothing is recorded, were asked. */
  readonly models: NameCounts;
  /** ISO 8601 in UTC; null: no capture says when it was made. */
  readonly from: string | null;
  readonly to: string | null;
  readonly withoutTime: number;
};

type NameCounts = {
  readonly named: readonly NameCount[];
  readonly others: { readonly names: number; readonly captures: number };
};

/** So many names are shown. */
const named = 20;

/** So many different names are told apart; a label that differs with every request is none. */
const mostNames = 10_000;

/**
 * So many captures are kept in mind, in at most 64 MB. Past them, one that comes again and is in the
 * store counts again.
 */
const mostCaptures = 4_000_000;

/** Gathers what is in the records of an import, in little memory. */
export const createTrafficOverview = (maximumCaptures: number = mostCaptures) => {
  const counted = new KeySet(maximumCaptures);
  const endpoints = new Map<string, number>();
  const models = new Map<string, number>();
  let captures = 0;
  let withoutTime = 0;
  let from: string | null = null;
  let to: string | null = null;
  const add = (record: Extract<ImportRecord, { kind: 'capture' }>): void => {
    const { endpoint, id, recorded, request, timestamp } = record.capture;
    const key = sha256(id).slice(0, 16);
    if (counted.has(key)) return;
    counted.add(key);
    captures += 1;
    countName(endpoints, endpoint);
    const production = recorded.find((response) => response.production)?.model;
    const asked = typeof request['model'] === 'string' ? request['model'] : 'unknown';
    countName(models, production ?? asked);
    if (timestamp === null) withoutTime += 1;
    else {
      if (from === null || timestamp < from) from = timestamp;
      if (to === null || timestamp > to) to = timestamp;
    }
  };
  return {
    /** Adds the captures of records that the store took or had. */
    add(records: readonly ImportRecord[], fates: readonly RecordFate[]): void {
      for (const [index, record] of records.entries()) {
        const fate = fates[index]?.kind;
        const isThere = fate === 'added' || fate === 'had' || fate === 'merged';
        if (record.kind === 'capture' && isThere) add(record);
      }
    },
    result: (): TrafficOverview => ({
      captures,
      endpoints: topOf(endpoints, captures),
      models: topOf(models, captures),
      from,
      to,
      withoutTime,
    }),
  };
};

const countName = (counts: Map<string, number>, name: string): void => {
  const before = counts.get(name);
  if (before !== undefined || counts.size < mostNames) counts.set(name, (before ?? 0) + 1);
};

const topOf = (counts: ReadonlyMap<string, number>, captures: number): NameCounts => {
  const sorted = Array.from(counts, ([name, count]) => ({ name, count })).sort(
    (a, b) => b.count - a.count || (a.name < b.name ? -1 : 1),
  );
  const top = sorted.slice(0, named);
  const shown = top.reduce((sum, one) => sum + one.count, 0);
  return {
    named: top,
    others: { names: sorted.length - top.length, captures: captures - shown },
  };
};
