import { isUtf8 } from 'node:buffer';
import { countLineFeeds, tooLongReason } from './gather-bytes.ts';
import type { Layout } from './layout.ts';
import { gzipProblem } from './read-chunks.ts';
import { maximumLineBytes, type SourceLine } from './read-lines.ts';
import { type SplitValue, ValueSplitter } from './split-values.ts';

/** Arrays of one object whose elements are all read, in order: the spans and the logs of OTLP. */
const joinedArrays: ReadonlySet<string> = new Set(['resourceSpans', 'resourceLogs']);

type ValueLayout = Extract<Layout, { kind: 'elements' }> | { readonly kind: 'values' };

/**
 * Reads the JSON texts of a file that is not laid out in lines, in bounded memory and in the form of lines;
 * each step returns the texts that one chunk completes. `onArray` is told the path of a further array
 * before its elements. Rejects with the file system's error.
 */
export async function* readValues(
  chunks: AsyncIterable<Buffer>,
  layout: ValueLayout,
  maximumBytes: number = maximumLineBytes,
  onArray?: (within: string) => void,
): AsyncGenerator<readonly SourceLine[], void, undefined> {
  const reader = new ValueReader(layout, maximumBytes, onArray);
  try {
    for await (const chunk of chunks) {
      yield* reader.push(chunk);
      if (reader.isDone()) return;
    }
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield [{ kind: 'skipped', line: reader.line(), id: `${reason} ${reader.line()}`, reason }];
    return;
  }
  yield* reader.end();
}

/** Reads the chunks of a file one after another, from one array to the next. */
class ValueReader {
  readonly #layout: ValueLayout;
  readonly #maximumBytes: number;
  readonly #onArray: ((within: string) => void) | undefined;
  #line: number;
  /** Bytes before the first element that are still to come. */
  #bytesToSkip: number;
  #isFirstChunk = true;
  /** Null between two arrays. */
  #splitter: ValueSplitter | null;
  /** Whether the elements of the current array are returned. */
  #isWanted = true;
  /** The bytes after the array that ended last. */
  #afterArray = Buffer.alloc(0);
  #isDone = false;

  constructor(
    layout: ValueLayout,
    maximumBytes: number,
    onArray: ((within: string) => void) | undefined,
  ) {
    this.#layout = layout;
    this.#maximumBytes = maximumBytes;
    this.#onArray = onArray;
    this.#line = layout.kind === 'elements' ? layout.line : 1;
    this.#bytesToSkip = layout.kind === 'elements' ? layout.offset : 0;
    this.#splitter = this.#newSplitter();
  }

  line(): number {
    return this.#line;
  }

  /** Whether the rest of the file holds nothing to read. */
  isDone(): boolean {
    return this.#isDone;
  }

  *push(chunk: Buffer): Generator<readonly SourceLine[], void, undefined> {
    let rest = this.#withoutStart(chunk);
    while (rest.length > 0 && !this.#isDone) {
      if (this.#splitter === null) {
        const elements = this.#nextArray(rest);
        if (elements === null) return;
        rest = elements;
      }
      const splitter = this.#splitter ?? this.#newSplitter();
      this.#splitter = splitter;
      const values = splitter.push(rest);
      this.#line = values.at(-1)?.line ?? this.#line;
      if (this.#isWanted && values.length > 0) yield this.#toLines(values);
      const end = splitter.ended();
      if (end === null) return;
      if (this.#layout.kind !== 'elements' || !joinedArrays.has(this.#layout.within)) {
        this.#isDone = true;
        return;
      }
      this.#line = end.line;
      rest = rest.subarray(end.at);
      this.#splitter = null;
    }
  }

  *end(): Generator<readonly SourceLine[], void, undefined> {
    const last = this.#splitter?.end() ?? [];
    if (this.#isWanted && last.length > 0) yield this.#toLines(last);
  }

  #newSplitter(): ValueSplitter {
    const mode = this.#layout.kind;
    return new ValueSplitter({ mode, maximumBytes: this.#maximumBytes, line: this.#line });
  }

  /** The chunk from its first value on. */
  #withoutStart(chunk: Buffer): Buffer {
    const skipped = Math.min(this.#bytesToSkip, chunk.length);
    this.#bytesToSkip -= skipped;
    const hasMark =
      this.#isFirstChunk &&
      this.#layout.kind === 'values' &&
      chunk.subarray(0, 3).equals(byteOrderMark);
    this.#isFirstChunk = false;
    return chunk.subarray(hasMark ? 3 : skipped);
  }

  /** Looks for the next array; the bytes of its elements, or null if they have not come. */
  #nextArray(rest: Buffer): Buffer | null {
    this.#afterArray = Buffer.concat([this.#afterArray, rest]);
    const next = nextArrayIn(this.#afterArray);
    if (next === 'more') return null;
    if (next === null) {
      this.#isDone = true;
      return null;
    }
    this.#isWanted = joinedArrays.has(next.key);
    if (this.#isWanted) this.#onArray?.(next.key);
    this.#line += countLineFeeds(this.#afterArray.subarray(0, next.offset));
    const elements = this.#afterArray.subarray(next.offset);
    this.#afterArray = Buffer.alloc(0);
    return elements;
  }

  #toLines(values: readonly SplitValue[]): readonly SourceLine[] {
    return values.map((value): SourceLine => {
      const { line } = value;
      switch (value.kind) {
        case 'garbage':
          return { kind: 'skipped', line, id: `garbage ${line}`, reason: 'not JSON' };
        case 'too long':
          return {
            kind: 'skipped',
            line,
            id: value.id,
            reason: tooLongReason(this.#maximumBytes),
          };
        case 'value': {
          const { bytes, complete } = value;
          return { kind: 'line', line, bytes, complete, validUtf8: isUtf8(bytes) };
        }
      }
    });
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** How far after an array to search for the next one, in bytes. */
const searchBytes = 4096;

/**
 * Looks after the end of an array in an object for the next key that holds an array: the key, and the offset
 * after the opening bracket. `more`: these bytes do not tell yet. Null: no array follows directly.
 */
const nextArrayIn = (
  bytes: Buffer,
): { readonly key: string; readonly offset: number } | 'more' | null => {
  const text = bytes.subarray(0, searchBytes).toString('latin1');
  const found = /^\s*,\s*"([^"\\]*)"\s*:\s*\[/.exec(text);
  if (found !== null) return { key: found[1] ?? '', offset: found[0].length };
  const mayContinue = /^\s*(?:,\s*(?:"(?:[^"\\]*(?:"\s*(?::\s*)?)?)?)?)?$/.test(text);
  return mayContinue && bytes.length < searchBytes ? 'more' : null;
};
