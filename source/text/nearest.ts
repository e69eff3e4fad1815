/**
 * Returns up to three names that a person may have meant, the most similar first; empty if none is
 * near. A name is near if one contains the other. It is also near if at most a third of the longer
 * one (or of the start of a name that was not typed to the end) must be edited.
 */
export const nearest = (wanted: string, names: readonly string[]): readonly string[] => {
  const needle = wanted.toLowerCase();
  if (needle === '') return [];
  return names
    .map((name) => ({ name, distance: distanceTo(needle, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= 1 / 3)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
};

/** Returns the number of edits as a share of the longer string, 0 to 1. */
const distanceTo = (a: string, b: string): number => {
  const longer = Math.max(a.length, b.length);
  if (longer > 200) return 1;
  const whole = edits(a, b) / longer;
  if (Math.min(a.length, b.length) < 3) return whole;
  const contained = a.includes(b) || b.includes(a) ? 0.3 : 1;
  const beginning = a.length < b.length ? edits(a, b.slice(0, a.length)) / a.length : 1;
  return Math.min(whole, contained, beginning);
};

/** Returns the Levenshtein distance. */
const edits = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};
