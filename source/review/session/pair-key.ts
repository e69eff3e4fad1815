/** Names a pair. A review of several candidates has a pair of the same capture in each comparison. */
export type PairKey = { readonly comparisonId: string; readonly captureId: string };

/** Returns whether both name the same pair; false if one of them names none. */
export const isSamePair = (
  one: PairKey | null | undefined,
  other: PairKey | null | undefined,
): boolean =>
  one !== null &&
  one !== undefined &&
  one.captureId === other?.captureId &&
  one.comparisonId === other.comparisonId;

/** Returns a text that no other pair of a review has. */
export const pairId = ({ captureId, comparisonId }: PairKey): string =>
  `${captureId}\0${comparisonId}`;

/** A value for each of some pairs: by comparison, then by capture. */
export type PairMap<Value> = ReadonlyMap<string, ReadonlyMap<string, Value>>;

/** Returns the value of a pair; undefined if it has none. */
export const ofPair = <Value>(
  map: PairMap<Value>,
  { captureId, comparisonId }: PairKey,
): Value | undefined => map.get(comparisonId)?.get(captureId);

/** Some pairs: the ids of their captures, by comparison. */
export type PairSet = ReadonlyMap<string, ReadonlySet<string>>;

/** Returns whether a set has a pair. */
export const hasPair = (set: PairSet, { captureId, comparisonId }: PairKey): boolean =>
  set.get(comparisonId)?.has(captureId) === true;

/** Returns the number of pairs in a set. */
export const pairCount = (set: PairSet): number =>
  [...set.values()].reduce((sum, { size }) => sum + size, 0);
