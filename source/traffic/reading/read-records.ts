import { exceedsDepth, isJsonObject, maximumJsonDepth, parseJson } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { recordContainer } from './containers.ts';
import type { Layout } from './layout.ts';
import { readCassetteFile } from './read-cassette.ts';
import { readChunks } from './read-chunks.ts';
import { readCsv } from './read-csv.ts';
import { readGoReplay } from './read-goreplay.ts';
import { readLines, type SourceLine } from './read-lines.ts';
import { readValues } from './read-values.ts';
import type { SourceRecord, Surroundings } from './source-record.ts';

export type ReadOptions = {
  /** The limit of a record; default: that of a line. */
  readonly maximumBytes?: number | undefined;
  /** Called with the number of bytes after the end of gzip data, which are not read. */
  readonly onTrailingBytes?: ((bytes: number) => void) | undefined;
};

/**
 * Reads the records of a file, plain or gzip, in bounded memory; each step returns the records of one
 * chunk. JSON: one object a line, objects over several lines, the elements of an array, also of an array
 * in an object where known formats keep their records. YAML of VCR: its interactions. GoReplay: its
 * messages. CSV: its rows, as texts by the names of the columns. `layout` is that of the file (`findLayout`). Rejects with the file system's error.
 */
export async function* readRecords(
  file: string,
  layout: Layout,
  { maximumBytes, onTrailingBytes }: ReadOptions = {},
): AsyncGenerator<Iterable<SourceRecord>, void, undefined> {
  const chunks = readChunks(file, onTrailingBytes);
  if (layout.kind === 'lines') {
    for await (const lines of readLines(chunks, maximumBytes)) yield recordsOf(lines, null);
    return;
  }
  if (layout.kind === 'cassette') return yield* singly(readCassetteFile(chunks, maximumBytes));
  if (layout.kind === 'csv') return yield* readCsv(chunks, layout, maximumBytes);
  if (layout.kind === 'goreplay') return yield* singly(readGoReplay(chunks, maximumBytes));
  let around =
    layout.kind === 'elements' && layout.within !== ''
      ? { within: layout.within, rest: layout.rest }
      : null;
  const values = layout.kind === 'elements' ? layout : ({ kind: 'values' } as const);
  const onArray = (within: string): void => {
    if (around !== null) around = { ...around, within };
  };
  for await (const lines of readValues(chunks, values, maximumBytes, onArray)) {
    yield recordsOf(lines, around);
  }
}

async function* singly<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[], void, undefined> {
  for await (const item of items) yield [item];
}

/** A generator, so that a record can be released before the next one is parsed. */
function* recordsOf(
  lines: readonly SourceLine[],
  around: Surroundings | null,
): Generator<SourceRecord, void, undefined> {
  for (const line of lines) yield* toRecords(line, around);
}

const toRecords = (line: SourceLine, around: Surroundings | null): readonly SourceRecord[] => {
  const record = toRecord(line, around);
  if (record.kind !== 'object' || around !== null) return [record];
  const container = recordContainer(record.object);
  if (container === null) return [record];
  const { path: within, records, rest } = container;
  const bytes = record.bytes / Math.max(1, records.length);
  return records.filter(isJsonObject).map((object) => ({
    ...record,
    id: () => sha256(JSON.stringify(object)),
    around: { within, rest },
    bytes,
    object,
  }));
};

const toRecord = (line: SourceLine, around: Surroundings | null): SourceRecord => {
  if (line.kind === 'skipped') {
    const { id, reason } = line;
    return {
      kind: 'unreadable',
      line: line.line,
      around,
      bytes: 0,
      validUtf8: true,
      id: () => id,
      reason,
    };
  }
  // Decoded only now, because the strings of many lines would burden the garbage collector.
  const text = line.bytes.toString('utf8');
  const common = {
    line: line.line,
    around,
    bytes: line.bytes.length,
    validUtf8: line.validUtf8,
    id: () => sha256(text),
  };
  const value = parseJson(text);
  if (value === undefined) {
    const reason = line.complete ? 'not JSON' : 'cut off at the end of the file';
    return { ...common, kind: 'unreadable', reason };
  }
  if (!isJsonObject(value)) return { ...common, kind: 'unreadable', reason: 'not a JSON object' };
  if (exceedsDepth(value)) {
    return {
      ...common,
      kind: 'unreadable',
      reason: `nested deeper than ${maximumJsonDepth} levels`,
    };
  }
  return { ...common, kind: 'object', object: value };
};
