import type { Side } from '../../comparison/outcome.ts';
import type { QueueFacts } from '../../store/comparisons/queue-facts.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import {
  foldMarks,
  noMarks,
  type Entry,
  type Marks,
  type SideStatus,
  type UnmarkedEntry,
} from './entry.ts';
import type { PairKey, PairSet } from './pair-key.ts';

/** How far a pair is, without its name and a reviewer's marks. */
export type PairState = Pick<UnmarkedEntry, 'status' | 'outcome' | 'byRule' | 'elsewhere'>;

const statuses = [
  'not_sent',
  'withheld',
  'failed',
  'answered',
  'sent',
  'streaming',
  'retrying',
] as const satisfies readonly SideStatus[];
const outcomes = [null, 'identical', 'equivalent', 'different', 'failed'] as const;

/** The number of codes of a state: two statuses and an outcome of three bits each, and two flags. */
const stateCodes = 1 << 11;

const codeOf = ({ byRule, elsewhere, outcome, status }: PairState): number =>
  statuses.indexOf(status.baseline) |
  (statuses.indexOf(status.candidate) << 3) |
  (outcomes.indexOf(outcome) << 6) |
  (elsewhere === true ? 1 << 9 : 0) |
  (byRule === true ? 1 << 10 : 0);

/** The state of a code; null for a number that is none. */
export const stateOf = (code: number): PairState | null => {
  const baseline = statuses[code & 7];
  const candidate = statuses[(code >> 3) & 7];
  const outcome = outcomes[(code >> 6) & 7];
  const isCode = code < stateCodes;
  return !isCode || baseline === undefined || candidate === undefined || outcome === undefined
    ? null
    : {
        status: { baseline, candidate },
        outcome,
        byRule: (code & (1 << 10)) !== 0,
        elsewhere: (code & (1 << 9)) !== 0,
      };
};

/** The pairs of a page. A change copies its page alone. */
const pageSize = 4096;

/** Consecutive pairs: the code of each state, and the marks of those that have any, by their place. */
export type PairPage = {
  /** The index of the first one. */
  readonly start: number;
  readonly codes: Uint16Array;
  readonly marks: ReadonlyMap<number, Marks>;
};

/**
 * The pairs of a review in the order of the queue, with a reviewer's marks. A list never changes: what
 * changes a pair returns another one, which shares the rest. A million pairs take the bytes of their ids
 * and about 20 more each; as objects they took 250, and every collection of garbage visited each.
 */
export class PairList implements Iterable<Entry> {
  /** All pages are full but the last one. */
  readonly pages: readonly PairPage[];
  readonly #keys: KeyTable;

  constructor(keys: KeyTable, pages: readonly PairPage[]) {
    this.#keys = keys;
    this.pages = pages;
  }

  /** Lists pairs without marks, in their order. */
  static of(entries: Iterable<UnmarkedEntry>): PairList {
    const keys = new KeyTable();
    const codes: number[] = [];
    for (const { captureId, comparisonId, endpoint, ...state } of entries) {
      keys.setEndpoint(keys.add({ comparisonId, captureId }), endpoint);
      codes.push(codeOf(state));
    }
    return new PairList(keys, pagesOf(Uint16Array.from(codes)));
  }

  get length(): number {
    return this.#keys.length;
  }

  /** The endpoints of the pairs, each once. */
  get endpoints(): readonly string[] {
    return this.#keys.endpoints;
  }

  /** The comparisons of the pairs, each once. */
  get comparisonIds(): readonly string[] {
    return this.#keys.comparisonIds;
  }

  /** Whether every pair has the same index in another list: it is this one before or after a change. */
  hasPlacesOf(other: PairList): boolean {
    return this.#keys === other.#keys;
  }

  /** Returns the pair at an index; undefined if there is none. */
  at(index: number): Entry | undefined {
    const page = this.pages[Math.floor(index / pageSize)];
    const state = stateOf(page?.codes[index % pageSize] ?? stateCodes);
    return state === null
      ? undefined
      : { ...this.#keys.at(index), ...state, ...this.marksAt(index) };
  }

  /** Returns the reviewer's marks on the pair at an index. */
  marksAt(index: number): Marks {
    return this.pages[Math.floor(index / pageSize)]?.marks.get(index % pageSize) ?? noMarks;
  }

  /** Returns the ids of the captures of consecutive pairs in one text, in lower case. */
  idsText(from: number, end: number): string {
    return this.#keys.idsText(from, end).toLowerCase();
  }

  /** Returns a number that pairs share only if their states and their endpoints are the same. */
  kindAt(index: number): number {
    const code = this.pages[Math.floor(index / pageSize)]?.codes[index % pageSize] ?? 0;
    return this.#keys.endpointNumberAt(index) * stateCodes + code;
  }

  /** Returns the comparison of the pair at an index; undefined if there is none. */
  comparisonAt(index: number): string | undefined {
    return index < this.length ? this.#keys.comparisonAt(index) : undefined;
  }

  /** Returns the index of a pair; -1 if it is not here. */
  indexOf(pair: PairKey): number {
    return this.#keys.indexOf(pair);
  }

  /** Returns the index of the first pair of a capture; -1 if there is none. */
  firstOf(captureId: string): number {
    const indexes = this.comparisonIds.map((comparisonId) =>
      this.indexOf({ comparisonId, captureId }),
    );
    return indexes.filter((index) => index >= 0).toSorted((a, b) => a - b)[0] ?? -1;
  }

  /** Returns a pair with its state and marks; undefined if it is not here. */
  find(pair: PairKey): Entry | undefined {
    return this.at(this.indexOf(pair));
  }

  /** Returns the indexes of pairs, ascending, without those that are not here. */
  indexesOf(pairs: PairSet): Uint32Array {
    return this.#keys.indexesOf(pairs);
  }

  /** Yields the indexes of the pairs in some states, ascending from one of them. */
  *indexesWhere(holds: (state: PairState) => boolean, from = 0): Generator<number> {
    const isWanted = codeTest(holds);
    for (const { codes, start } of this.pages.slice(Math.floor(from / pageSize))) {
      for (let place = Math.max(0, from - start); place < codes.length; place++) {
        if (isWanted(codes[place] ?? 0)) yield start + place;
      }
    }
  }

  /** Returns the indexes of the pairs with marks, ascending. */
  markedIndexes(): readonly number[] {
    return this.pages.flatMap(({ marks, start }) =>
      Array.from(marks.keys(), (place) => start + place).sort((a, b) => a - b),
    );
  }

  /** Yields the pairs with marks, in their order. */
  *marked(): Generator<Entry> {
    for (const index of this.markedIndexes()) {
      const entry = this.at(index);
      if (entry !== undefined) yield entry;
    }
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let index = 0; index < this.length; index++) {
      const entry = this.at(index);
      if (entry !== undefined) yield entry;
    }
  }

  /** Returns the list with another state and other marks of the pair at an index. */
  with(index: number, entry: PairState & Marks): PairList {
    const at = Math.floor(index / pageSize);
    const page = this.pages[at];
    if (page === undefined) return this;
    const codes = page.codes.with(index % pageSize, codeOf(entry));
    const marks = new Map(page.marks).set(index % pageSize, marksOf(entry));
    return new PairList(this.#keys, this.pages.with(at, { start: page.start, codes, marks }));
  }

  /** Returns the list with the marks that follow from a reviewer's standing events, and no others. */
  withMarks(standing: readonly VerdictEvent[]): PairList {
    const marks = this.pages.map(() => new Map<number, Marks>());
    for (const [comparisonId, byCapture] of foldMarks(standing)) {
      for (const [captureId, own] of byCapture) {
        const index = this.indexOf({ comparisonId, captureId });
        marks[Math.floor(index / pageSize)]?.set(index % pageSize, own);
      }
    }
    const pages = this.pages.map((page, at) => ({ ...page, marks: marks[at] ?? new Map() }));
    return new PairList(this.#keys, pages);
  }
}

const pagesOf = (codes: Uint16Array): readonly PairPage[] =>
  Array.from({ length: Math.ceil(codes.length / pageSize) }, (_, at) => ({
    start: at * pageSize,
    codes: codes.subarray(at * pageSize, (at + 1) * pageSize),
    marks: new Map(),
  }));

const marksOf = ({ ahead, comment, skipped, tags, verdict }: Marks): Marks => ({
  verdict,
  ahead,
  skipped,
  tags,
  comment,
});

/** Returns whether a condition holds for the state of a code. It is asked once for each code that occurs. */
export const codeTest = (holds: (state: PairState) => boolean): ((code: number) => boolean) => {
  /** 1: the condition holds for the code; 2: it does not; 0: not known yet. */
  const known = new Uint8Array(stateCodes);
  return (code) => {
    const state = known[code] === 0 ? stateOf(code) : null;
    if (known[code] === 0) known[code] = state !== null && holds(state) ? 1 : 2;
    return known[code] === 1;
  };
};

/** Collects the pairs of a comparison from what the store says of them, table by table. */
export class PairCollector {
  readonly #comparisonId: string;
  readonly #keys = new KeyTable();
  #codes = new Uint16Array(64);

  constructor(comparisonId: string) {
    this.#comparisonId = comparisonId;
  }

  /** Takes facts. Later ones about the same side of a pair replace earlier ones. */
  addFacts(facts: QueueFacts): void {
    switch (facts.kind) {
      case 'order':
        for (const captureId of facts.captureIds) this.#keys.add(this.#pairOf(captureId));
        if (this.#keys.length > this.#codes.length) {
          this.#codes = grown(this.#codes, this.#keys.length * 2);
        }
        return;
      case 'endpoints':
        for (const { captureId, endpoint } of facts.rows) {
          const index = this.#keys.indexOf(this.#pairOf(captureId));
          if (index >= 0) this.#keys.setEndpoint(index, endpoint);
        }
        return;
      case 'sides':
        for (const { captureId, side, state } of facts.rows) {
          const shift = side === 'baseline' ? 0 : 3;
          this.#setBits(captureId, 7 << shift, statuses.indexOf(state) << shift);
        }
        return;
      case 'outcomes':
        for (const { byRule, captureId, outcome } of facts.rows) {
          const bits = (outcomes.indexOf(outcome) << 6) | (byRule ? 1 << 10 : 0);
          this.#setBits(captureId, (7 << 6) | (1 << 10), bits);
        }
    }
  }

  /** Leaves pairs to other reviewers. */
  leave(captureIds: Iterable<string>): void {
    for (const captureId of captureIds) this.#setBits(captureId, 1 << 9, 1 << 9);
  }

  /** Takes note of sides that another process is sending. */
  send(sides: Iterable<{ readonly captureId: string; readonly side: Side }>): void {
    for (const { captureId, side } of sides) {
      const index = this.#keys.indexOf(this.#pairOf(captureId));
      const state = index < 0 ? null : stateOf(this.#codes[index] ?? 0);
      const shift = side === 'baseline' ? 0 : 3;
      if (state === null || state.status[side] === 'answered') continue;
      this.#setBits(captureId, 7 << shift, statuses.indexOf('sent') << shift);
    }
  }

  /** Returns the pairs that were collected, without marks. */
  list(): PairList {
    const known = Uint16Array.from({ length: stateCodes }, (_, code) => knownOutcome(code));
    const codes = this.#codes.subarray(0, this.#keys.length).map((code) => known[code] ?? 0);
    return new PairList(this.#keys, pagesOf(codes));
  }

  #pairOf(captureId: string): PairKey {
    return { comparisonId: this.#comparisonId, captureId };
  }

  #setBits(captureId: string, mask: number, bits: number): void {
    const index = this.#keys.indexOf(this.#pairOf(captureId));
    if (index >= 0) this.#codes[index] = ((this.#codes[index] ?? 0) & ~mask) | bits;
  }
}

/** Returns the code of a state in which the outcome follows from a failure, or needs both answers. */
const knownOutcome = (code: number): number => {
  const state = stateOf(code);
  if (state === null) return code;
  const { baseline, candidate } = state.status;
  const isAnswered = baseline === 'answered' && candidate === 'answered';
  const hasFailed = baseline === 'failed' || candidate === 'failed';
  return codeOf({ ...state, outcome: hasFailed ? 'failed' : isAnswered ? state.outcome : null });
};

/**
 * The names of the pairs of a queue, in its order, with their endpoints. The ids of the captures stand one
 * after another in one buffer, and a table of hashes finds the indexes of pairs.
 */
class KeyTable {
  #length = 0;
  #bytes = Buffer.alloc(1024);
  /** Where each capture's id ends in the bytes, the pair's hash, and the numbers of its comparison and endpoint. */
  #ends = new Uint32Array(64);
  #hashes = new Int32Array(64);
  #comparisonOf = new Uint16Array(64);
  #endpointOf = new Uint32Array(64);
  /** Indexes plus one, each at the place of its pair's hash or the next free one. At most half is used. */
  #table = new Int32Array(128);
  readonly #comparisons = new Numbering();
  readonly #endpoints = new Numbering();
  readonly #indexes = new WeakMap<PairSet, Uint32Array>();

  get length(): number {
    return this.#length;
  }

  get comparisonIds(): readonly string[] {
    return this.#comparisons.texts;
  }

  get endpoints(): readonly string[] {
    return this.#endpoints.texts;
  }

  at(index: number): PairKey & { readonly endpoint: string } {
    const endpoint = this.endpoints[this.#endpointOf[index] ?? 0] ?? '';
    return { comparisonId: this.comparisonAt(index), captureId: this.#idAt(index), endpoint };
  }

  idsText(from: number, end: number): string {
    return this.#bytes.toString('utf8', this.#ends[from - 1] ?? 0, this.#ends[end - 1] ?? 0);
  }

  endpointNumberAt(index: number): number {
    return this.#endpointOf[index] ?? 0;
  }

  comparisonAt(index: number): string {
    return this.comparisonIds[this.#comparisonOf[index] ?? 0] ?? '';
  }

  indexOf({ captureId, comparisonId }: PairKey): number {
    const comparison = this.#comparisons.numberOf(comparisonId);
    return comparison === undefined ? -1 : this.#indexIn(comparison, captureId);
  }

  /** Returns the indexes of pairs, ascending. Every frame asks for those of the same set. */
  indexesOf(pairs: PairSet): Uint32Array {
    const known = this.#indexes.get(pairs);
    if (known !== undefined) return known;
    const numbers: number[] = [];
    for (const [comparisonId, captureIds] of pairs) {
      const comparison = this.#comparisons.numberOf(comparisonId);
      if (comparison === undefined) continue;
      for (const captureId of captureIds) {
        const index = this.#indexIn(comparison, captureId);
        if (index >= 0) numbers.push(index);
      }
    }
    const indexes = Uint32Array.from(numbers).sort();
    this.#indexes.set(pairs, indexes);
    return indexes;
  }

  /** Adds a pair, unless it is there, and returns its index. */
  add({ captureId, comparisonId }: PairKey): number {
    const comparison = this.#comparisons.add(comparisonId);
    const known = this.#indexIn(comparison, captureId);
    if (known >= 0) return known;
    const index = this.#length;
    const start = this.#ends[index - 1] ?? 0;
    // UTF-8 takes at most three bytes for a unit of UTF-16.
    while (this.#bytes.length < start + captureId.length * 3) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    if (index === this.#ends.length) this.#grow();
    const hash = hashOf(comparison, captureId);
    this.#ends[index] = start + this.#bytes.write(captureId, start);
    this.#hashes[index] = hash;
    this.#comparisonOf[index] = comparison;
    this.#table[this.#placeOf(comparison, captureId, hash)] = index + 1;
    this.#length += 1;
    return index;
  }

  setEndpoint(index: number, endpoint: string): void {
    this.#endpointOf[index] = this.#endpoints.add(endpoint);
  }

  #indexIn(comparison: number, captureId: string): number {
    const place = this.#placeOf(comparison, captureId, hashOf(comparison, captureId));
    return (this.#table[place] ?? 0) - 1;
  }

  #idAt(index: number): string {
    return this.#bytes.toString('utf8', this.#ends[index - 1] ?? 0, this.#ends[index] ?? 0);
  }

  /** The place of a pair in the table, or the free one where it belongs. */
  #placeOf(comparison: number, captureId: string, hash: number): number {
    const mask = this.#table.length - 1;
    let place = hash & mask;
    for (;;) {
      const index = (this.#table[place] ?? 0) - 1;
      if (index < 0) return place;
      const isSame = this.#hashes[index] === hash && this.#comparisonOf[index] === comparison;
      if (isSame && this.#idAt(index) === captureId) return place;
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const length = this.#ends.length * 2;
    this.#ends = grown(this.#ends, length);
    this.#hashes = grown(this.#hashes, length);
    this.#comparisonOf = grown(this.#comparisonOf, length);
    this.#endpointOf = grown(this.#endpointOf, length);
    this.#table = new Int32Array(length * 2);
    const mask = this.#table.length - 1;
    for (let index = 0; index < this.#length; index++) {
      let place = (this.#hashes[index] ?? 0) & mask;
      while (this.#table[place] !== 0) place = (place + 1) & mask;
      this.#table[place] = index + 1;
    }
  }
}

/** Numbers for a few texts that many pairs share. */
class Numbering {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  /** Returns the number of a text, which gets one if it has none. */
  add(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/** The hash FNV-1a of the number of a comparison and the units of an id. */
const hashOf = (comparison: number, text: string): number => {
  let hash = Math.imul(0x811c9dc5 ^ comparison, 0x01000193);
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
};

const grown = <Numbers extends Uint16Array | Uint32Array | Int32Array>(
  numbers: Numbers,
  length: number,
): Numbers => {
  const copy = new (numbers.constructor as new (length: number) => Numbers)(length);
  copy.set(numbers);
  return copy;
};
