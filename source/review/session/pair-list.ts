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

/** How far a pair is, without its capture and a reviewer's marks. */
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
export const stateCodes = 1 << 11;

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
  return baseline === undefined || candidate === undefined || outcome === undefined
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
  readonly #captures: CaptureList;

  constructor(captures: CaptureList, pages: readonly PairPage[]) {
    this.#captures = captures;
    this.pages = pages;
  }

  /** Lists pairs without marks, in their order. */
  static of(entries: Iterable<UnmarkedEntry>): PairList {
    const captures = new CaptureList();
    const codes: number[] = [];
    for (const { captureId, endpoint, ...state } of entries) {
      captures.setEndpoint(captures.add(captureId), endpoint);
      codes.push(codeOf(state));
    }
    return new PairList(captures, pagesOf(Uint16Array.from(codes)));
  }

  get length(): number {
    return this.#captures.length;
  }

  /** The endpoints of the pairs, each once. */
  get endpoints(): readonly string[] {
    return this.#captures.endpoints;
  }

  /** Returns the pair at an index; undefined if there is none. */
  at(index: number): Entry | undefined {
    const page = this.pages[Math.floor(index / pageSize)];
    const state = stateOf(page?.codes[index % pageSize] ?? stateCodes);
    return state === null
      ? undefined
      : { ...this.#captures.at(index), ...state, ...this.marksAt(index) };
  }

  /** Returns the reviewer's marks on the pair at an index. */
  marksAt(index: number): Marks {
    return this.pages[Math.floor(index / pageSize)]?.marks.get(index % pageSize) ?? noMarks;
  }

  /** Returns the index of a capture's pair; -1 if there is none. */
  indexOf(captureId: string): number {
    return this.#captures.indexOf(captureId);
  }

  /** Returns the pair of a capture; undefined if there is none. */
  find(captureId: string): Entry | undefined {
    return this.at(this.indexOf(captureId));
  }

  /** Returns the indexes of captures, ascending, without those that have no pair here. */
  indexesOf(captureIds: ReadonlySet<string>): Uint32Array {
    return this.#captures.indexesOf(captureIds);
  }

  /** Yields the indexes of the pairs in some states, ascending from one of them. */
  *indexesWhere(holds: (state: PairState) => boolean, from = 0): Generator<number> {
    /** 1: the condition holds for the code; 2: it does not; 0: not known yet. */
    const known = new Uint8Array(stateCodes);
    const isWanted = (code: number): boolean => {
      const state = known[code] === 0 ? stateOf(code) : null;
      if (known[code] === 0) known[code] = state !== null && holds(state) ? 1 : 2;
      return known[code] === 1;
    };
    for (const { codes, start } of this.pages.slice(Math.floor(from / pageSize))) {
      for (let place = Math.max(0, from - start); place < codes.length; place++) {
        if (isWanted(codes[place] ?? 0)) yield start + place;
      }
    }
  }

  /** Yields the pairs with marks, in their order. */
  *marked(): Generator<Entry> {
    for (const { marks, start } of this.pages) {
      for (const place of [...marks.keys()].sort((a, b) => a - b)) {
        const entry = this.at(start + place);
        if (entry !== undefined) yield entry;
      }
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
    return new PairList(this.#captures, this.pages.with(at, { start: page.start, codes, marks }));
  }

  /** Returns the list with the marks that follow from a reviewer's standing events, and no others. */
  withMarks(standing: readonly VerdictEvent[]): PairList {
    const marks = this.pages.map(() => new Map<number, Marks>());
    for (const [captureId, own] of foldMarks(standing)) {
      const index = this.indexOf(captureId);
      marks[Math.floor(index / pageSize)]?.set(index % pageSize, own);
    }
    const pages = this.pages.map((page, at) => ({ ...page, marks: marks[at] ?? new Map() }));
    return new PairList(this.#captures, pages);
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

/** Returns 1 for the code of each state that a condition holds for. */
export const codesWhere = (holds: (state: PairState) => boolean): Uint8Array =>
  Uint8Array.from({ length: stateCodes }, (_, code) => {
    const state = stateOf(code);
    return state !== null && holds(state) ? 1 : 0;
  });

/** Collects the pairs of a queue from what the store says of them, table by table. */
export class PairCollector {
  readonly #captures = new CaptureList();
  #codes = new Uint16Array(64);

  /** Takes facts. Later ones about the same side of a pair replace earlier ones. */
  addFacts(facts: QueueFacts): void {
    switch (facts.kind) {
      case 'order':
        for (const captureId of facts.captureIds) this.#captures.add(captureId);
        if (this.#captures.length > this.#codes.length) {
          this.#codes = grown(this.#codes, this.#captures.length * 2);
        }
        return;
      case 'endpoints':
        for (const { captureId, endpoint } of facts.rows) {
          const index = this.#captures.indexOf(captureId);
          if (index >= 0) this.#captures.setEndpoint(index, endpoint);
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

  /** Returns the pairs that were collected, without marks. */
  list(): PairList {
    const known = Uint16Array.from({ length: stateCodes }, (_, code) => knownOutcome(code));
    const codes = this.#codes.subarray(0, this.#captures.length).map((code) => known[code] ?? 0);
    return new PairList(this.#captures, pagesOf(codes));
  }

  #setBits(captureId: string, mask: number, bits: number): void {
    const index = this.#captures.indexOf(captureId);
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
 * The captures of a queue, in its order, with their endpoints. The ids stand one after another in one
 * buffer, and a table of hashes finds their indexes.
 */
class CaptureList {
  #length = 0;
  #bytes = Buffer.alloc(1024);
  /** Where each id ends in the bytes, its hash, and the number of its endpoint. */
  #ends = new Uint32Array(64);
  #hashes = new Int32Array(64);
  #endpointOf = new Uint32Array(64);
  /** Indexes plus one, each at the place of its id's hash or the next free one. At most half is used. */
  #table = new Int32Array(128);
  readonly #endpoints: string[] = [];
  readonly #endpointNumbers = new Map<string, number>();
  readonly #indexes = new WeakMap<ReadonlySet<string>, Uint32Array>();

  get length(): number {
    return this.#length;
  }

  get endpoints(): readonly string[] {
    return this.#endpoints;
  }

  at(index: number): { readonly captureId: string; readonly endpoint: string } {
    const endpoint = this.#endpoints[this.#endpointOf[index] ?? 0] ?? '';
    return { captureId: this.#idAt(index), endpoint };
  }

  indexOf(captureId: string): number {
    return (this.#table[this.#placeOf(captureId, hashOf(captureId))] ?? 0) - 1;
  }

  /** Returns the indexes of captures, ascending. Every frame asks for those of the same set. */
  indexesOf(captureIds: ReadonlySet<string>): Uint32Array {
    const known = this.#indexes.get(captureIds);
    if (known !== undefined) return known;
    const all = Uint32Array.from(captureIds, (captureId) => this.indexOf(captureId) + 1).sort();
    const start = all.findIndex((number) => number > 0);
    const indexes = start < 0 ? new Uint32Array() : all.subarray(start).map((number) => number - 1);
    this.#indexes.set(captureIds, indexes);
    return indexes;
  }

  /** Adds a capture, unless it is there, and returns its index. */
  add(captureId: string): number {
    const known = this.indexOf(captureId);
    if (known >= 0) return known;
    const index = this.#length;
    const start = this.#ends[index - 1] ?? 0;
    // UTF-8 takes at most three bytes for a unit of UTF-16.
    while (this.#bytes.length < start + captureId.length * 3) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    if (index === this.#ends.length) this.#grow();
    const hash = hashOf(captureId);
    this.#ends[index] = start + this.#bytes.write(captureId, start);
    this.#hashes[index] = hash;
    this.#table[this.#placeOf(captureId, hash)] = index + 1;
    this.#length += 1;
    return index;
  }

  setEndpoint(index: number, endpoint: string): void {
    const known = this.#endpointNumbers.get(endpoint);
    const number = known ?? this.#endpoints.push(endpoint) - 1;
    if (known === undefined) this.#endpointNumbers.set(endpoint, number);
    this.#endpointOf[index] = number;
  }

  #idAt(index: number): string {
    return this.#bytes.toString('utf8', this.#ends[index - 1] ?? 0, this.#ends[index] ?? 0);
  }

  /** The place of a capture in the table, or the free one where it belongs. */
  #placeOf(captureId: string, hash: number): number {
    const mask = this.#table.length - 1;
    let place = hash & mask;
    for (;;) {
      const index = (this.#table[place] ?? 0) - 1;
      if (index < 0) return place;
      if (this.#hashes[index] === hash && this.#idAt(index) === captureId) return place;
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const length = this.#ends.length * 2;
    this.#ends = grown(this.#ends, length);
    this.#hashes = grown(this.#hashes, length);
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

/** The hash FNV-1a of the units of a text. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
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
