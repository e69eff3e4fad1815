import type { PairFact } from '../store/comparisons/pair-facts.ts';

/** The pairs of a slice, before anything is computed. */
export type SliceContent = {
  /** Null for the pairs that have no value. */
  readonly name: string | null;
  readonly pairs: readonly PairFact[];
  /** What reviewers wrote about them. */
  readonly comments: readonly string[];
};

/**
 * Counts pairs by slice. There may be a million of either, so that only two numbers are kept of each pair in a
 * slice, and the facts only once.
 */
export class SliceCounter {
  readonly #places = new Map<string | null, number>();
  readonly #sizes: number[] = [];
  readonly #comments = new Map<number, string[]>();
  readonly #facts = new Map<PairFact, number>();
  /** The place of a slice and that of a fact in it, in turn. */
  #entries = new Uint32Array(2 ** 12);
  #end = 0;

  /** Adds pairs to a slice. Pairs with the same fact should have the same object. */
  add(name: string | null, fact: PairFact, comments: readonly string[] = []): void {
    const place = placeIn(this.#places, name);
    this.#sizes[place] = (this.#sizes[place] ?? 0) + fact.pairs;
    const known = this.#comments.get(place);
    if (known !== undefined) known.push(...comments);
    else if (comments.length > 0) this.#comments.set(place, [...comments]);
    if (this.#end === this.#entries.length) {
      const grown = new Uint32Array(2 * this.#end);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#entries[this.#end++] = place;
    this.#entries[this.#end++] = placeIn(this.#facts, fact);
  }

  /** The number of slices. */
  get size(): number {
    return this.#places.size;
  }

  /** The largest slices, by their number of pairs and then by name. */
  largest(most: number): readonly SliceContent[] {
    const sizeOf = (name: string | null): number => this.#sizes[this.#places.get(name) ?? -1] ?? 0;
    const names = [...this.#places.keys()]
      .toSorted((a, b) => sizeOf(b) - sizeOf(a) || compareNames(a, b))
      .slice(0, most);
    const counts = new Map(
      names.map((name) => [this.#places.get(name), new Map<number, number>()]),
    );
    for (let at = 0; at < this.#end; at += 2) {
      const own = counts.get(this.#entries[at]);
      const fact = this.#entries[at + 1];
      if (own !== undefined && fact !== undefined) own.set(fact, (own.get(fact) ?? 0) + 1);
    }
    const facts = [...this.#facts.keys()];
    return names.map((name) => {
      const place = this.#places.get(name) ?? -1;
      return {
        name,
        pairs: [...(counts.get(place) ?? [])].flatMap(([at, times]) => {
          const fact = facts[at];
          return fact === undefined ? [] : [{ ...fact, pairs: fact.pairs * times }];
        }),
        comments: this.#comments.get(place) ?? [],
      };
    });
  }
}

const placeIn = <Key>(places: Map<Key, number>, key: Key): number => {
  const known = places.get(key);
  if (known !== undefined) return known;
  places.set(key, places.size);
  return places.size - 1;
};

/** Sorts names by their code units, and null last. */
const compareNames = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : a > b ? 1 : 0;
};
