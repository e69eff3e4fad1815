/** What passed one way through the proxy. */
export type Tapped = {
  /** The first bytes, up to the cap, in a buffer of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many passed. */
  readonly total: number;
  /** More passed than the cap holds. */
  readonly truncated: boolean;
  /**
   * When the bytes came: a count of bytes and the milliseconds at which they were there, in turn. What
   * came within a millisecond shares an entry.
   */
  readonly marks: readonly number[];
};

export type Tap = {
  /** Keeps a copy of bytes that came at a moment, in milliseconds. */
  readonly push: (chunk: Uint8Array, atMs: number) => void;
  readonly end: () => Tapped;
};

/** So much is set aside at first, and at most so much because a message announces it. */
const first = { bytes: 2048, announcedBytes: 256 * 1024 };

/**
 * Copies what passes, up to `cap` bytes. Copies, since what Node hands out is a window on a buffer of
 * 64 KB, which would be kept for each few bytes of a stream. `expected` is the length that the message
 * announces, null when it does not.
 */
export const createTap = (cap: number, expected: number | null): Tap => {
  let buffer = new Uint8Array(0);
  let length = 0;
  let total = 0;
  const marks: number[] = [];
  const grow = (needed: number): void => {
    const wanted =
      buffer.length === 0
        ? Math.min(expected ?? first.bytes, first.announcedBytes)
        : buffer.length * 2;
    const larger = new Uint8Array(Math.min(cap, Math.max(needed, wanted)));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  return {
    push: (chunk, atMs) => {
      total += chunk.length;
      const kept = Math.min(chunk.length, cap - length);
      if (kept <= 0) return;
      if (length + kept > buffer.length) grow(length + kept);
      buffer.set(kept === chunk.length ? chunk : chunk.subarray(0, kept), length);
      length += kept;
      const last = marks.length - 1;
      if (last > 0 && atMs - (marks[last] ?? 0) < 1) marks[last - 1] = length;
      else marks.push(length, atMs);
    },
    end: () => ({
      bytes: buffer.subarray(0, length),
      total,
      truncated: total > length,
      marks,
    }),
  };
};
