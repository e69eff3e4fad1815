import { isUtf8 } from 'node:buffer';
import type { Layout } from './layout.ts';
import { gzipProblem, readChunks } from './read-chunks.ts';
import { maximumLineBytes, type Line } from './read-lines.ts';
import { createValueSplitter, type SplitValue } from './split-values.ts';

/**
 * The JSON texts of a file that does not hold one record a line, in bounded memory, in the same form
 * as lines: `line` is where the text begins. Rejects with the file system's error.
 */
export async function* readValues(
  file: string,
  layout: Extract<Layout, { kind: 'elements' }> | { readonly kind: 'values' },
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<Line, void, undefined> {
  const inArray = layout.kind === 'elements';
  const mode = inArray ? 'elements' : 'values';
  const line = inArray ? layout.line : 1;
  const splitter = createValueSplitter({ mode, maximumBytes, line });
  const tooLong = `longer than ${Math.floor(maximumBytes / 1024 / 1024)} MB`;
  let ahead = inArray ? layout.offset : 0;
  let last = line;
  try {
    for await (const chunk of readChunks(file)) {
      const skipped = Math.min(ahead, chunk.length);
      ahead -= skipped;
      for (const value of splitter.push(withoutMark(chunk.subarray(skipped), inArray))) {
        last = value.line;
        yield toLine(value, tooLong);
      }
      if (splitter.ended()) return;
    }
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield { kind: 'skipped', line: last, id: `${reason} ${file}`, reason };
    return;
  }
  for (const value of splitter.end()) yield toLine(value, tooLong);
}

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
      const text = bytes.toString('utf8');
      return {
        kind: 'line',
        line,
        text,
        bytes: bytes.length,
        complete,
        validUtf8: isUtf8(bytes),
      };
    }
  }
};
