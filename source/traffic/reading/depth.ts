import type { JsonValue } from '../../text/json.ts';

/** Deeper values would overflow the stack of whoever walks them. */
export const maximumDepth = 500;

/** Whether a value nests deeper than that. */
export const isTooDeep = (value: JsonValue): boolean => nestsDeeper(value, maximumDepth);

/** Goes no deeper than that itself. */
const nestsDeeper = (value: JsonValue, than: number): boolean => {
  if (value === null || typeof value !== 'object') return false;
  if (than < 0) return true;
  if (Array.isArray(value)) {
    for (const child of value as readonly JsonValue[]) {
      if (nestsDeeper(child, than - 1)) return true;
    }
    return false;
  }
  const object = value as { readonly [key: string]: JsonValue };
  for (const key in object) if (nestsDeeper(object[key] ?? null, than - 1)) return true;
  return false;
};
