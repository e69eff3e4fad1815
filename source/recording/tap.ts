/** What passed one way through the proxy. */
export type Tapped = {
  /** The first bytes, up to the cap, in the order of the list. */
  readonly parts: readonly Uint8Array[];
  /** How many are kept, and how many passed: more than the cap holds are not kept. */
  readonly kept: number;
  readonly total: number;
  /**
   * When the bytes came: a count of bytes and the milliseconds at which they were there, in turn. What
   * came within a millisecond shares an entry.
   */
  readonly marks: readonly number[];
};

export type Tap = {
  /** Keeps bytes that came at a moment, in milliseconds. They must not change any more. */
  readonly push: (chunk: Uint8Array, atMs: number) => void;
  readonly end: () => Tapped;
};

/** So many small parts are kept as they came before they are put together: each has a price. */
const mostParts = 64;

/** Keeps what passes, up to `cap` bytes. */
export const createTap = (cap: number): Tap => {
  let parts: Uint8Array[] = [];
  let merged = new Uint8Array(0);
  let mergedLength = 0;
  let kept = 0;
  let total = 0;
  const marks: number[] = [];
  let ended = false;

  const merge = (): void => {
    if (kept > merged.length) {
      const larger = new Uint8Array(Math.min(cap, Math.max(kept, merged.length * 2)));
      larger.set(merged.subarray(0, mergedLength));
      merged = larger;
    }
    for (const part of parts) {
      merged.set(part, mergedLength);
      mergedLength += part.length;
    }
    parts = [];
  };
  return {
    push: (chunk, atMs) => {
      // What still comes of a call that is over is no part of what was handed on.
      if (ended) return;
      total += chunk.length;
      const taken = Math.min(chunk.length, cap - kept);
      if (taken <= 0) return;
      parts.push(taken === chunk.length ? chunk : chunk.subarray(0, taken));
      kept += taken;
      if (parts.length >= mostParts) merge();
      const last = marks.length - 1;
      if (last > 0 && atMs - (marks[last] ?? 0) < 1) marks[last - 1] = kept;
      else marks.push(kept, atMs);
    },
    end: () => {
      ended = true;
      const all = mergedLength === 0 ? parts : [merged.subarray(0, mergedLength), ...parts];
      return { parts: all, kept, total, marks };
    },
  };
};

export const nothingTapped: Tapped = { parts: [], kept: 0, total: 0, marks: [] };
