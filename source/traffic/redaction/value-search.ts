/** Where one of the values begins in a text. */
export type ValuePlace = { readonly value: string; readonly at: number };

/** So many characters of a value are looked up at once. */
const head = 4;

/**
 * A search for many values at once, in time that does not grow with their number. Values of fewer than
 * four characters are left out.
 */
export const createValueSearch = (
  values: Iterable<string>,
): ((text: string) => readonly ValuePlace[]) => {
  const byHead = new Map<string, string[]>();
  const firsts = new Set<number>();
  for (const value of values) {
    if (value.length < head) continue;
    const start = value.slice(0, head);
    const others = byHead.get(start);
    if (others === undefined) byHead.set(start, [value]);
    else others.push(value);
    firsts.add(value.charCodeAt(0));
  }
  for (const list of byHead.values()) list.sort((a, b) => b.length - a.length);
  return (text) => {
    const places: ValuePlace[] = [];
    for (let at = 0; at <= text.length - head; at++) {
      if (!firsts.has(text.charCodeAt(at))) continue;
      const candidates = byHead.get(text.slice(at, at + head));
      for (const value of candidates ?? []) {
        if (text.startsWith(value, at)) places.push({ value, at });
      }
    }
    return places;
  };
};
