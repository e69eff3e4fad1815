/** So many bytes are looked at behind an array for the next one. */
const nearBytes = 4096;

/**
 * Looks behind the end of an array in an object for the next key with an array: its key, and the offset
 * behind the opening bracket. `more`: these bytes do not tell yet. Null: none follows at once.
 */
export const nextArrayIn = (
  behind: Buffer,
): { readonly key: string; readonly offset: number } | 'more' | null => {
  const text = behind.subarray(0, nearBytes).toString('latin1');
  const found = /^\s*,\s*"([^"\\]*)"\s*:\s*\[/.exec(text);
  if (found !== null) return { key: found[1] ?? '', offset: found[0].length };
  const goesOn = /^\s*(?:,\s*(?:"(?:[^"\\]*(?:"\s*(?::\s*)?)?)?)?)?$/.test(text);
  return goesOn && behind.length < nearBytes ? 'more' : null;
};
