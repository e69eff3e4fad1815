/**
 * Makes ids of captures: UUIDs of version 7 (RFC 9562) that rise, with a count in place of the 12 bits
 * behind the time. `randomUuid` gives a UUID of version 4, whose last 62 random bits are taken.
 */
export const createCaptureIds = (nowMs: () => number, randomUuid: () => string): (() => string) => {
  let lastMs = 0;
  let number = 0;
  return () => {
    const ms = Math.max(lastMs, Math.trunc(nowMs()));
    number = ms === lastMs ? number + 1 : 0;
    // More than 4096 in a millisecond borrow from the next one.
    lastMs = number > 0xfff ? ms + 1 : ms;
    number &= 0xfff;
    const time = lastMs.toString(16).padStart(12, '0');
    const count = number.toString(16).padStart(3, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUuid().slice(19)}`;
  };
};
