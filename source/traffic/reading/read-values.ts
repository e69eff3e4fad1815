import { isUtf8 } from 'node:buffer';
import type { Layout } from './layout.ts';
import { gzipProblem, readChunks } from './read-chunks.ts';
import { type Line, maximumLineBytes } from './read-lines.ts';
import { createValueSplitter, type SplitValue, type ValueSplitter } from './split-values.ts';

/** Arrays of one object that are read together, in their order: the spans and the logs of OTLP. */
const together: ReadonlySet<string> = new Set(['resourceSpans', 'resourceLogs']);

/**
 * The JSON texts of a file that does not hold one record a line, in bounded memory, as many at a time as a
 * piece of it has, in the same form as lines: `line` is where the text begins. `onArray` is told the path
 * of a further array before its elements come. Rejects with the file system's error.
 */
export async function* readValues(
  file: string,
  layout: Extract<Layout, { kind: 'elements' }> | { readonly kind: 'values' },
  maximumBytes: number = maximumLineBytes,
  onArray?: (within: string) => void,
): AsyncGenerator<readonly Line[], void, undefined> {
  const inArray = layout.kind === 'elements';
  const mode = inArray ? 'elements' : 'values';
  const tooLong = `longer than ${Math.floor(maximumBytes / 1024 / 1024)} MB`;
  let line = inArray ? layout.line : 1;
  let splitter: ValueSplitter | null = createValueSplitter({ mode, maximumBytes, line });
  let ahead = inArray ? layout.offset : 0;
  let isWanted = true;
  /** What stands behind an array that has ended. */
  let behind = Buffer.alloc(0);
  try {
    for await (const chunk of readChunks(file)) {
      const skipped = Math.min(ahead, chunk.length);
      ahead -= skipped;
      let rest = withoutMark(chunk.subarray(skipped), inArray);
      while (rest.length > 0) {
        if (splitter === null) {
          behind = Buffer.concat([behind, rest]);
          const next = nextArrayIn(behind);
          if (next === 'more') break;
          if (next === null) return;
          isWanted = together.has(next.key);
          if (isWanted) onArray?.(next.key);
          line += countLines(behind.subarray(0, next.offset));
          splitter = createValueSplitter({ mode, maximumBytes, line });
          rest = behind.subarray(next.offset);
          behind = Buffer.alloc(0);
        }
        const values = splitter.push(rest);
        line = values.at(-1)?.line ?? line;
        if (isWanted && values.length > 0) yield values.map((value) => toLine(value, tooLong));
        const end = splitter.ended();
        if (end === null) break;
        if (!inArray || !together.has(layout.within)) return;
        line = end.line;
        rest = rest.subarray(end.at);
        splitter = null;
      }
    }
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield [{ kind: 'skipped', line, id: `${reason} ${file}`, reason }];
    return;
  }
  const last = splitter?.end() ?? [];
  if (isWanted && last.length > 0) yield last.map((value) => toLine(value, tooLong));
}

const countLines = (bytes: Buffer): number => bytes.toString('latin1').split('\n').length - 1;

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

const withoutMark = (chunk: Buffer, inArray: boolean): Buffer =>
  !inArray && chunk.subarray(0, 3).equals(byteOrderMark) ? chunk.subarray(3) : chunk;

const toLine = (value: SplitValue, tooLong: string): Line => {
  const { line } = value;
  switch (value.kind) {
    case 'garbage':
      return { kind: 'skipped', line, id: `garbage ${line}`, reason: 'not JSON' };
    case 'too long':
      return { kind: 'skipped', line, id: value.id, reason: tooLong };
    case 'value': {
      const { bytes, complete } = value;
      return { kind: 'line', line, bytes, complete, validUtf8: isUtf8(bytes) };
    }
  }
};

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
