import { firstString } from '../text/json.ts';
import { sha256 } from '../traffic/hash.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import { KeySet } from '../traffic/last-turn/key-set.ts';
import type { RecordObserver } from './import-tally.ts';

/** The number of captures with a name. */
export type NameCount = { readonly name: string; readonly count: number };

type NameCounts = {
  /** The names with the most captures, at most `maximumNamed`. */
  readonly named: readonly NameCount[];
  readonly others: { readonly names: number; readonly captures: number };
};

/** An overview of the captures of an import, new to the store or not. Each counts once. */
export type TrafficOverview = {
  readonly captures: number;
  readonly endpoints: NameCounts;
  /** The models that answered in production or, without a recorded answer, were requested. */
  readonly models: NameCounts;
  /** The first and the last timestamp, in ISO 8601 in UTC; null if no capture has one. */
  readonly from: string | null;
  readonly to: string | null;
  readonly withoutTime: number;
};

const maximumNamed = 20;

/**
 * The most distinct names that are counted: a label that differs with every request is not a name.
 */
const maximumNames = 10_000;

/**
 * The most captures that are remembered, in at most 64 MB. Beyond them, a duplicate may count
 * again.
 */
const maximumCaptures = 4_000_000;

/** Gathers the overview of an import with little memory. */
export class TrafficOverviewTally implements RecordObserver {
  readonly #counted: KeySet;
  readonly #endpoints = new Map<string, number>();
  readonly #models = new Map<string, number>();
  #captures = 0;
  #withoutTime = 0;
  #from: string | null = null;
  #to: string | null = null;

  constructor(remembered: number = maximumCaptures) {
    this.#counted = new KeySet(remembered);
  }

  observe(records: readonly ImportRecord[]): (fates: readonly RecordFate[]) => void {
    const facts = records.map(factsOf);
    return (fates) => {
      for (const [index, fact] of facts.entries()) {
        const fate = fates[index]?.kind;
        const isStored = fate === 'added' || fate === 'had' || fate === 'merged';
        if (fact !== null && isStored) this.#count(fact);
      }
    };
  }

  overview(): TrafficOverview {
    return {
      captures: this.#captures,
      endpoints: nameCounts(this.#endpoints, this.#captures),
      models: nameCounts(this.#models, this.#captures),
      from: this.#from,
      to: this.#to,
      withoutTime: this.#withoutTime,
    };
  }

  #count({ endpoint, key, model, timestamp }: CaptureFacts): void {
    if (this.#counted.has(key)) return;
    this.#counted.add(key);
    this.#captures += 1;
    countName(this.#endpoints, endpoint);
    countName(this.#models, model);
    if (timestamp === null) {
      this.#withoutTime += 1;
      return;
    }
    if (this.#from === null || timestamp < this.#from) this.#from = timestamp;
    if (this.#to === null || timestamp > this.#to) this.#to = timestamp;
  }
}

/** The counted properties of a capture. */
type CaptureFacts = {
  readonly key: string;
  readonly endpoint: string;
  readonly model: string;
  readonly timestamp: string | null;
};

const factsOf = (record: ImportRecord): CaptureFacts | null => {
  if (record.kind !== 'capture') return null;
  const { endpoint, id, recorded, request, timestamp } = record.capture;
  const production = recorded.find((response) => response.production)?.model;
  const asked = firstString(record.capture.model, request['model']) ?? 'unknown';
  return { key: sha256(id).slice(0, 16), endpoint, model: production ?? asked, timestamp };
};

const countName = (counts: Map<string, number>, name: string): void => {
  const before = counts.get(name);
  if (before !== undefined || counts.size < maximumNames) counts.set(name, (before ?? 0) + 1);
};

const nameCounts = (counts: ReadonlyMap<string, number>, captures: number): NameCounts => {
  const sorted = Array.from(counts, ([name, count]) => ({ name, count })).sort(
    (a, b) => b.count - a.count || (a.name < b.name ? -1 : 1),
  );
  const top = sorted.slice(0, maximumNamed);
  const shown = top.reduce((sum, one) => sum + one.count, 0);
  return {
    named: top,
    others: { names: sorted.length - top.length, captures: captures - shown },
  };
};
