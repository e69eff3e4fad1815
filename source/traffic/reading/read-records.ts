import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { containerOf } from './containers.ts';
import { isTooDeep, maximumDepth } from './depth.ts';
import { layoutOf } from './layout.ts';
import { readCassetteFile } from './read-cassette.ts';
import { readGoReplay } from './read-goreplay.ts';
import { type Line, readLines } from './read-lines.ts';
import { readValues } from './read-values.ts';

/** Where a record stood: the path of its array within an object, and that object's other keys. */
export type Surroundings = { readonly within: string; readonly rest: JsonObject };

/**
 * One record of a file: an object, or what could not be read with the reason, a short stable phrase.
 * `id()` is a hash of its text. `line` is where it begins. `around` is null for a record that stands
 * by itself.
 */
export type SourceRecord = {
  readonly line: number;
  readonly around: Surroundings | null;
  /** The record's share of the file. */
  readonly bytes: number;
  /** False: bytes that are no UTF-8 were replaced. */
  readonly validUtf8: boolean;
  readonly id: () => string;
} & (
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'unreadable'; readonly reason: string }
);

/**
 * The records of a file, plain or gzip, in bounded memory, as many at a time as a piece of it has. Of
 * JSON: one a line, objects over several lines, the elements of an array, also of one within an object
 * where the formats that we know keep their records. Of VCR's YAML: its interactions. Of GoReplay: its
 * messages.
 */
export async function* readRecords(
  file: string,
  maximumBytes?: number,
): AsyncGenerator<Iterable<SourceRecord>, void, undefined> {
  const layout = await layoutOf(file);
  if (layout.kind === 'lines') {
    for await (const lines of readLines(file, maximumBytes)) yield recordsOf(lines, null);
    return;
  }
  if (layout.kind === 'cassette') return yield* oneByOne(readCassetteFile(file, maximumBytes));
  if (layout.kind === 'goreplay') return yield* oneByOne(readGoReplay(file, maximumBytes));
  let around =
    layout.kind === 'elements' && layout.within !== ''
      ? { within: layout.within, rest: layout.rest }
      : null;
  const values = layout.kind === 'elements' ? layout : { kind: 'values' as const };
  const onArray = (within: string): void => {
    if (around !== null) around = { ...around, within };
  };
  for await (const lines of readValues(file, values, maximumBytes, onArray)) {
    yield recordsOf(lines, around);
  }
}

async function* oneByOne<T>(
  items: AsyncIterable<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  for await (const item of items) yield [item];
}

/** One by one, so that a record can go before the next one is parsed. */
function* recordsOf(
  lines: readonly Line[],
  around: Surroundings | null,
): Generator<SourceRecord, void, undefined> {
  for (const line of lines) yield* toRecords(line, around);
}

const toRecords = (line: Line, around: Surroundings | null): readonly SourceRecord[] => {
  const record = toRecord(line, around);
  if (record.kind !== 'object' || around !== null) return [record];
  const container = containerOf(record.object);
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

const toRecord = (line: Line, around: Surroundings | null): SourceRecord => {
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
  // Not before: the texts of many lines would be a burden for the garbage collector.
  const text = line.bytes.toString('utf8');
  const common = {
    line: line.line,
    around,
    bytes: line.bytes.length,
    validUtf8: line.validUtf8,
    id: () => sha256(text),
  };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    const reason = line.complete ? 'not JSON' : 'cut off at the end of the file';
    return { ...common, kind: 'unreadable', reason };
  }
  if (!isJsonObject(value)) return { ...common, kind: 'unreadable', reason: 'not a JSON object' };
  if (isTooDeep(value)) {
    return { ...common, kind: 'unreadable', reason: `nested deeper than ${maximumDepth} levels` };
  }
  return { ...common, kind: 'object', object: value };
};
