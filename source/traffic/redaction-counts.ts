/** How many findings each rule has; never the values. */
export type RedactionCounts = Readonly<Record<string, number>>;

/** Counts findings. */
export type RedactionTally = {
  readonly found: (rule: string) => void;
  readonly add: (counts: RedactionCounts) => void;
  readonly counts: () => RedactionCounts;
};

export const createRedactionTally = (): RedactionTally => {
  const counts = new Map<string, number>();
  return {
    found: (rule) => {
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
    },
    add: (more) => {
      for (const [rule, findings] of Object.entries(more)) {
        counts.set(rule, (counts.get(rule) ?? 0) + findings);
      }
    },
    counts: () => Object.fromEntries(counts),
  };
};

/** The sum of all findings. */
export const totalRedactions = (counts: RedactionCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
