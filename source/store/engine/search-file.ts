import { createReadStream, existsSync } from 'node:fs';
import { createValueSearch } from '../../redaction/known-values.ts';

/** The result of searching a store's files. */
export type FileSearch = {
  /** The number of values that are still in the files. */
  readonly remaining: number;
  /** The number of bytes searched. */
  readonly bytes: number;
};

/**
 * Searches the raw bytes of a store and its side files for values: unescaped, escaped as in a JSON
 * string, and escaped twice as in JSON inside a JSON string.
 */
export const searchFile = async (file: string, values: Iterable<string>): Promise<FileSearch> => {
  const valueOf = new Map<string, string>();
  for (const value of values) {
    for (const spelling of spellings(value)) {
      valueOf.set(Buffer.from(spelling).toString('latin1'), value);
    }
  }
  const longest = Math.max(0, ...Array.from(valueOf.keys(), ({ length }) => length));
  const search = createValueSearch(valueOf.keys());
  const remaining = new Set<string>();
  let bytes = 0;
  for (const part of ['', '-wal', '-shm', '-journal'].map((end) => `${file}${end}`)) {
    if (!existsSync(part)) continue;
    let rest = '';
    for await (const chunk of createReadStream(part, { highWaterMark: 1024 * 1024 })) {
      const buffer = chunk as Buffer;
      bytes += buffer.length;
      const text = rest + buffer.toString('latin1');
      for (const { value } of search(text)) remaining.add(valueOf.get(value) ?? value);
      rest = longest > 1 ? text.slice(1 - longest) : '';
    }
  }
  return { remaining: remaining.size, bytes };
};

const spellings = (value: string): ReadonlySet<string> => {
  const escaped = JSON.stringify(value).slice(1, -1);
  return new Set([value, escaped, JSON.stringify(escaped).slice(1, -1)]);
};
