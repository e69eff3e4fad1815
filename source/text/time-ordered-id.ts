/**
 * Makes a UUID of version 7 (RFC 9562): the time in milliseconds, then random bits. The id is greater than
 * `previous`: if the clock stands still or goes back, it is the number after `previous`. `random` holds
 * at least 10 random bytes.
 */
export const timeOrderedId = (
  previous: string | null,
  nowMs: number,
  random: Uint8Array,
): string => {
  const time = BigInt(Math.max(0, Math.trunc(nowMs))) & ((1n << 48n) - 1n);
  const noise = random.slice(0, 10).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const fresh = (time << 74n) | (noise & ((1n << 74n) - 1n));
  const last = previous === null ? -1n : payload(previous);
  return format(fresh > last ? fresh : last + 1n);
};

/** Returns a function that makes ascending ids. `random` returns a number of random bytes. */
export const ascendingIds = (
  nowMs: () => number,
  random: (bytes: number) => Uint8Array,
): (() => string) => {
  let previous: string | null = null;
  return () => {
    previous = timeOrderedId(previous, nowMs(), random(10));
    return previous;
  };
};

// A UUID of version 7 has 48 bits of time, 4 of version, 12 random, 2 of variant and 62 random. The
// payload is the 122 bits without version and variant.
const format = (value: bigint): string => {
  const high = value >> 74n;
  const middle = (value >> 62n) & 0xfffn;
  const low = value & ((1n << 62n) - 1n);
  const all = (high << 80n) | (7n << 76n) | (middle << 64n) | (2n << 62n) | low;
  const hex = all.toString(16).padStart(32, '0');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
};

const payload = (id: string): bigint => {
  const all = BigInt(`0x${id.replaceAll('-', '')}`);
  const high = all >> 80n;
  const middle = (all >> 64n) & 0xfffn;
  return (high << 74n) | (middle << 62n) | (all & ((1n << 62n) - 1n));
};
