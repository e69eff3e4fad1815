/** A set of keys of 64 bits that holds at most so many. */
export type KeySet = {
  /** False when the set is full and does not hold the key. */
  readonly add: (key: string) => boolean;
  readonly has: (key: string) => boolean;
};

const firstSlots = 1024;

/**
 * A set of keys, each the first 16 hexadecimal digits of a hash, in 11 to 23 bytes a key: a `Set` of
 * texts would take about 100. Past `maximum` keys it takes no more.
 */
export const createKeySet = (maximum: number): KeySet => {
  let slots = firstSlots;
  let table = new Uint32Array(2 * slots);
  let size = 0;

  /** Where the key stands or would stand. A key of zeros marks a free place, so that none has it. */
  const find = (high: number, low: number): number => {
    for (let slot = low & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = 2 * slot;
      if (table[at] === 0 && table[at + 1] === 0) return at;
      if (table[at] === high && table[at + 1] === low) return at;
    }
  };
  const isFree = (at: number): boolean => table[at] === 0 && table[at + 1] === 0;
  const grow = (): void => {
    const before = table;
    slots *= 2;
    table = new Uint32Array(2 * slots);
    for (let index = 0; index < before.length; index += 2) {
      const [high = 0, low = 0] = [before[index], before[index + 1]];
      if (high === 0 && low === 0) continue;
      const at = find(high, low);
      table[at] = high;
      table[at + 1] = low;
    }
  };
  return {
    add(key) {
      const [high, low] = halves(key);
      let at = find(high, low);
      if (!isFree(at)) return true;
      if (size >= maximum) return false;
      if (size >= slots * 0.7) {
        grow();
        at = find(high, low);
      }
      table[at] = high;
      table[at + 1] = low;
      size += 1;
      return true;
    },
    has(key) {
      const [high, low] = halves(key);
      return !isFree(find(high, low));
    },
  };
};

const halves = (key: string): readonly [number, number] => [
  Number.parseInt(key.slice(0, 8), 16) || 1,
  Number.parseInt(key.slice(8, 16), 16),
];
