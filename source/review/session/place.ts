/** The document in which a place is found: its rows, the row of each difference, and the row at which it opens. */
type Extent = {
  readonly rows: number;
  readonly height: number;
  readonly differences: readonly number[];
  readonly opening: number;
};

/** The number of rows of context above a difference after a jump. */
const margin = 2;

/**
 * A place in a document: the first visible row, null as long as nobody has scrolled, and the index of
 * the difference that `]` or `[` went to, null after any other movement.
 */
export type Place = { readonly scroll: number | null; readonly difference: number | null };

/** The place of a pair that has not been on the screen. */
export const unmoved: Place = { scroll: null, difference: null };

/**
 * Returns the place of the next (1) or previous (-1) difference. Without a current one, it is the
 * first that is not yet at the top of the screen, or the last one above. A difference that is on the
 * screen does not move the rows.
 */
export const differencePlace = (place: Place, by: 1 | -1, viewport: Extent): Place => {
  const { differences, height, opening, rows } = viewport;
  const top = place.scroll ?? opening;
  const index = nextDifference(place, by, viewport);
  const row = differences[index];
  if (row === undefined) return { scroll: top, difference: place.difference };
  const isShown = row >= top && row < top + height;
  const last = Math.max(0, rows - height);
  const scroll = isShown ? top : Math.min(last, Math.max(0, row - margin));
  return { scroll, difference: index };
};

const nextDifference = (place: Place, by: 1 | -1, { differences, opening }: Extent): number => {
  const isOpening = place.scroll === null;
  const current = currentDifference(place, differences);
  if (current !== null) return Math.min(differences.length - 1, Math.max(0, current + by));
  const top = isOpening ? opening : (place.scroll ?? 0);
  if (by > 0) return differences.findIndex((row) => row >= top);
  return differences.findLastIndex((row) => row < top);
};

/** Returns the index of the difference that a place is at: the first one as long as nobody has moved. */
export const currentDifference = (
  { difference, scroll }: Place,
  differences: readonly number[],
): number | null => {
  if (difference !== null && difference < differences.length) return difference;
  return scroll === null && difference === null && differences.length > 0 ? 0 : null;
};

/** Returns the first visible row of a document that nobody has scrolled: near the first difference. */
export const openingRow = (first: number | undefined, rows: number, height: number): number =>
  first === undefined || first < height - margin
    ? 0
    : Math.min(Math.max(0, rows - height), Math.max(0, first - margin));
