import type { JsonValue } from '../../text/json.ts';

/** Deeper values would overflow the stack of whoever walks them. */
export const maximumDepth = 500;

/** Whether a value nests deeper than that. Walks without recursion: what it guards against would end that. */
export const isTooDeep = (value: JsonValue): boolean => {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maximumDepth) return true;
    const next: JsonValue[] = [];
    for (const parent of level) {
      if (parent === null || typeof parent !== 'object') continue;
      for (const child of Object.values(parent) as JsonValue[]) {
        if (child !== null && typeof child === 'object') next.push(child);
      }
    }
    level = next;
  }
  return false;
};
