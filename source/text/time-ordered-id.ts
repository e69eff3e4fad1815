/**
 * The 122 bits of a UUID of version 7 (RFC 9562) that are neither version nor variant. In parts, because
 * whole numbers of that size are BigInts, which take ten times as long.
 */
type Payload = {
  /** Epoch milliseconds, 48 bits. */
  readonly time: number;
  /** Random: 12, 30 and 32 bits. */
  readonly high: number;
  readonly middle: number;
  readonly low: number;
};

/** How many random bytes an id takes. */
const randomBytesEach = 10;

/** How many ids share a request for random bytes, which costs as much as many bytes. */
const idsPerRequest = 256;

/**
 * Makes a UUID of version 7 (RFC 9562): the time in milliseconds, then random bits. The id is greater than
 * `previous`: if the clock stands still or goes back, it is the number after `previous`. `random` holds
 * at least 10 random bytes.
 */
export const timeOrderedId = (previous: string | null, nowMs: number, random: Uint8Array): string =>
  format(payloadAfter(previous === null ? null : parse(previous), nowMs, random));

/** Returns a function that makes ascending ids. `random` returns a number of random bytes. */
export const ascendingIds = (
  nowMs: () => number,
  random: (bytes: number) => Uint8Array,
): (() => string) => {
  let previous: Payload | null = null;
  let bytes = new Uint8Array();
  let used = 0;
  return () => {
    if (used + randomBytesEach > bytes.length) {
      bytes = Uint8Array.from(random(randomBytesEach * idsPerRequest));
      used = 0;
    }
    previous = payloadAfter(previous, nowMs(), bytes.subarray(used, used + randomBytesEach));
    used += randomBytesEach;
    return format(previous);
  };
};

const payloadAfter = (previous: Payload | null, nowMs: number, random: Uint8Array): Payload => {
  const fresh = freshPayload(nowMs, random);
  return previous === null || isGreater(fresh, previous) ? fresh : following(previous);
};

const freshPayload = (nowMs: number, random: Uint8Array): Payload => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0] = random;
  return {
    time: Math.max(0, Math.trunc(nowMs)) % 2 ** 48,
    high: ((a & 3) << 10) | (b << 2) | (c >> 6),
    middle: ((c & 0x3f) << 24) | (d << 16) | (e << 8) | f,
    low: ((g << 24) | (h << 16) | (i << 8) | j) >>> 0,
  };
};

const isGreater = (one: Payload, other: Payload): boolean => {
  if (one.time !== other.time) return one.time > other.time;
  if (one.high !== other.high) return one.high > other.high;
  return one.middle === other.middle ? one.low > other.low : one.middle > other.middle;
};

const following = ({ time, high, middle, low }: Payload): Payload => {
  if (low < 2 ** 32 - 1) return { time, high, middle, low: low + 1 };
  if (middle < 2 ** 30 - 1) return { time, high, middle: middle + 1, low: 0 };
  if (high < 2 ** 12 - 1) return { time, high: high + 1, middle: 0, low: 0 };
  return { time: time + 1, high: 0, middle: 0, low: 0 };
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const format = ({ time, high, middle, low }: Payload): string => {
  const first = hex(time, 12);
  const second = hex((0x80000000 | middle) >>> 0, 8);
  return `${first.slice(0, 8)}-${first.slice(8)}-7${hex(high, 3)}-${second.slice(0, 4)}-${second.slice(4)}${hex(low, 8)}`;
};

const parse = (id: string): Payload => {
  const digits = id.replaceAll('-', '');
  const part = (from: number, to: number): number => Number.parseInt(digits.slice(from, to), 16);
  return {
    time: part(0, 12),
    high: part(13, 16),
    middle: part(16, 24) & 0x3fffffff,
    low: part(24, 32),
  };
};
