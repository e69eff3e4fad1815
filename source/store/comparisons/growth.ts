/**
 * Collects captures that are found one after the other. `onGrown` is called with the first ones, and then
 * whenever there are twice as many as the last time.
 */
export const growth = (
  onGrown: (captureIds: ReadonlySet<string>) => void,
): {
  readonly all: ReadonlySet<string>;
  readonly add: (captureIds: readonly string[]) => void;
} => {
  const all = new Set<string>();
  let next = 1;
  return {
    all,
    add: (captureIds) => {
      for (const id of captureIds) all.add(id);
      if (all.size < next) return;
      next = all.size * 2;
      onGrown(new Set(all));
    },
  };
};
