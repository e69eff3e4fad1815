/** How many values each redaction rule found. Never the values themselves. */
export type RedactionCounts = Readonly<Record<string, number>>;

/** Adds up redaction counts. */
export class RedactionTally {
  /** Null until the first value, because most records have none. */
  #counts: Map<string, number> | null = null;

  /** Counts one value. An arrow function, so that it can be passed on as a callback. */
  readonly found = (rule: string): void => {
    this.#increase(rule, 1);
  };

  add(counts: RedactionCounts): void {
    if (counts === noCounts) return;
    for (const [rule, count] of Object.entries(counts)) this.#increase(rule, count);
  }

  counts(): RedactionCounts {
    return this.#counts === null ? noCounts : Object.fromEntries(this.#counts);
  }

  #increase(rule: string, by: number): void {
    this.#counts ??= new Map();
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + by);
  }
}

const noCounts: RedactionCounts = {};

/** The number of values that all rules found together. */
export const totalRedactions = (counts: RedactionCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
