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

/** Chunks up to so many bytes are copied together: hundreds of small objects have a price. */
const smallBytes = 16 * 1024;

/** What copies stand in, from the first to all further ones. */
const blockBytes = { first: 2 * 1024, most: 256 * 1024 };

/** Keeps what passes, up to `cap` bytes. */
export const createTap = (cap: number): Tap => {
  const parts: Uint8Array[] = [];
  /** The last part where it has room left: filled so far. */
  let block: Uint8Array | null = null;
  let filled = 0;
  let nextBlock = blockBytes.first;
  let kept = 0;
  let total = 0;
  const marks: number[] = [];
  let ended = false;

  const endBlock = (): void => {
    if (block !== null) parts.push(block.subarray(0, filled));
    block = null;
    filled = 0;
  };
  const keep = (chunk: Uint8Array): void => {
    // Most bodies are one chunk, which needs no copy.
    if (kept === 0 || chunk.length > smallBytes) {
      endBlock();
      parts.push(chunk);
      return;
    }
    if (block === null || filled + chunk.length > block.length) {
      endBlock();
      // A first chunk with others behind it may be a small part of memory that it would keep for long.
      const only = parts.length === 1 && kept <= smallBytes ? parts.pop() : undefined;
      block = new Uint8Array(Math.max(nextBlock, (only?.length ?? 0) + chunk.length));
      nextBlock = Math.min(nextBlock * 2, blockBytes.most);
      if (only !== undefined) copy(only, block);
    }
    copy(chunk, block);
  };
  const copy = (chunk: Uint8Array, into: Uint8Array): void => {
    into.set(chunk, filled);
    filled += chunk.length;
  };
  return {
    push: (chunk, atMs) => {
      // What still comes of a call that is over is no part of what was handed on.
      if (ended) return;
      total += chunk.length;
      const taken = Math.min(chunk.length, cap - kept);
      if (taken <= 0) return;
      keep(taken === chunk.length ? chunk : chunk.subarray(0, taken));
      kept += taken;
      const last = marks.length - 1;
      if (last > 0 && atMs - (marks[last] ?? 0) < 1) marks[last - 1] = kept;
      else marks.push(kept, atMs);
    },
    end: () => {
      ended = true;
      endBlock();
      return { parts, kept, total, marks };
    },
  };
};

export const nothingTapped: Tapped = { parts: [], kept: 0, total: 0, marks: [] };
