/**
 * Returns a function that makes ids of captures: ascending UUIDs of version 7 (RFC 9562), with a counter
 * in the 12 bits behind the time. `nowMs` gives epoch milliseconds; `randomUuid` gives a UUID of version
 * 4, of which the last 62 random bits are used.
 */
export const createCaptureIds = (nowMs: () => number, randomUuid: () => string): (() => string) => {
  let lastMs = 0;
  let number = 0;
  return () => {
    const ms = Math.max(lastMs, Math.trunc(nowMs()));
    number = ms === lastMs ? number + 1 : 0;
    // The counter holds 4096 ids; further ones take the next millisecond.
    lastMs = number > 0xfff ? ms + 1 : ms;
    number &= 0xfff;
    const time = lastMs.toString(16).padStart(12, '0');
    const count = number.toString(16).padStart(3, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUuid().slice(19)}`;
  };
};
