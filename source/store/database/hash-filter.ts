/** A set of hashes that answers `false` with certainty, and `true` in error now and then. */
export type HashFilter = {
  readonly add: (hash: Uint8Array) => void;
  readonly mayHold: (hash: Uint8Array) => boolean;
};

/** With so many bits a hash, of which four are looked at, one answer in 400 is a wrong `true`. */
const bitsEach = 16;

/**
 * A Bloom filter for so many hashes, a power of two: B. Bloom, Space/Time Trade-offs in Hash Coding with
 * Allowable Errors, 1970. The hashes are SHA-256, so that any of their bytes are as good as hash functions.
 */
export const createHashFilter = (hashes: number): HashFilter => {
  const bits = new Uint32Array((hashes * bitsEach) / 32);
  const mask = hashes * bitsEach - 1;
  return {
    add: (hash) => {
      for (let at = 0; at < 16; at += 4) {
        const bit = word(hash, at) & mask;
        bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
      }
    },
    mayHold: (hash) => {
      for (let at = 0; at < 16; at += 4) {
        const bit = word(hash, at) & mask;
        if (((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
      }
      return true;
    },
  };
};

const word = (hash: Uint8Array, at: number): number =>
  (hash[at] ?? 0) |
  ((hash[at + 1] ?? 0) << 8) |
  ((hash[at + 2] ?? 0) << 16) |
  ((hash[at + 3] ?? 0) << 24);
