/** How many values each redaction rule found. Never the values themselves. */
export type RedactionCounts = Readonly<Record<string, number>>;

/** Adds up redaction counts. */
export class RedactionTally {
  readonly #counts = new Map<string, number>();

  /** Counts one value. An arrow function, so that it can be passed on as a callback. */
  readonly found = (rule: string): void => {
    this.#increase(rule, 1);
  };

  add(counts: RedactionCounts): void {
    for (const [rule, count] of Object.entries(counts)) this.#increase(rule, count);
  }

  counts(): RedactionCounts {
    return Object.fromEntries(this.#counts);
  }

  #increase(rule: string, by: number): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + by);
  }
}

/** The number of values that all rules found together. */
export const totalRedactions = (counts: RedactionCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
