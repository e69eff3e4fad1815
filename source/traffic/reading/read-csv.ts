import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CsvError, Info } from 'csv-parse';
import type { JsonObject } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { tooLongReason } from './gather-bytes.ts';
import { gzipProblem, readChunks } from './read-chunks.ts';
import { maximumLineBytes } from './read-lines.ts';
import type { SourceRecord } from './source-record.ts';

/** How the columns of a table in text are separated, and their names in order. */
export type CsvTable = { readonly delimiter: string; readonly columns: readonly string[] };

const delimiters = [',', ';', '\t'] as const;

/** A name of a column is short, and not a piece of JSON or of a sentence. */
const columnName = /^[^{}[\]<>]{1,80}$/;

/**
 * Recognises CSV (RFC 4180), also with semicolons or tabs, by its beginning: a header of at least two
 * names, each once, and a row with as many cells. Null for anything else.
 */
export const findCsvTable = async (head: string): Promise<CsvTable | null> => {
  const header = /^[^\r\n]*/.exec(head)?.[0] ?? '';
  const [delimiter] = delimiters.toSorted((a, b) => count(header, b) - count(header, a));
  if (delimiter === undefined || count(header, delimiter) === 0) return null;
  // Loaded here, because most imports need no CSV.
  const { parse } = await import('csv-parse/sync');
  try {
    const [names, row] = parse(head, { ...syntax, delimiter, to: 2 });
    const columns = (names ?? []).map((name) => name.trim());
    const isHeader =
      columns.length > 1 &&
      new Set(columns).size === columns.length &&
      columns.every((name) => columnName.test(name));
    return isHeader && row?.length === columns.length ? { delimiter, columns } : null;
  } catch {
    return null;
  }
};

const count = (text: string, delimiter: string): number => text.split(delimiter).length - 1;

/** Rows of other lengths are reported one by one, and a quote within a cell is one. */
const syntax = {
  bom: true,
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
} as const;

/**
 * Reads the rows of a table, plain or gzip, in bounded memory, as objects of texts by the names of their
 * columns. A row of more than `maximumBytes` ends the reading.
 */
export async function* readCsv(
  file: string,
  { columns, delimiter }: CsvTable,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<SourceRecord, void, undefined> {
  const { parse } = await import('csv-parse');
  const parser = parse({ ...syntax, delimiter, info: true, max_record_size: maximumBytes });
  // Its error reaches the loop below by way of the parser.
  const feeding = pipeline(Readable.from(copies(file)), parser).catch(() => undefined);
  let line = 1;
  try {
    for await (const item of parser) {
      const { record: cells, info } = item as { readonly record: string[]; readonly info: Info };
      if (info.records > 1) yield rowRecord(cells, columns, line);
      line = info.lines + 1;
    }
  } catch (error) {
    const reason = gzipProblem(error) ?? csvProblem(error, maximumBytes);
    if (reason === null) throw error;
    yield unreadable(line, reason, `${reason} ${line}`);
  }
  await feeding;
}

/** The memory of a chunk is used again before the parser has read it. */
async function* copies(file: string): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of readChunks(file)) yield Buffer.from(chunk);
}

const rowRecord = (
  cells: readonly string[],
  columns: readonly string[],
  line: number,
): SourceRecord => {
  const text = JSON.stringify(cells);
  if (cells.length !== columns.length) {
    return unreadable(line, `${cells.length} cells for ${columns.length} columns`, text);
  }
  const object: JsonObject = Object.fromEntries(
    columns.map((name, index) => [name, cells[index] ?? '']),
  );
  return {
    kind: 'object',
    line,
    around: null,
    bytes: text.length,
    validUtf8: !text.includes('\uFFFD'),
    id: () => sha256(text),
    object,
  };
};

const unreadable = (line: number, reason: string, text: string): SourceRecord => ({
  kind: 'unreadable',
  line,
  around: null,
  bytes: text.length,
  validUtf8: true,
  id: () => sha256(text),
  reason,
});

const csvProblem = (error: unknown, maximumBytes: number): string | null => {
  const code = error instanceof Error && 'code' in error ? (error as CsvError).code : null;
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that is not closed';
  if (code === 'CSV_MAX_RECORD_SIZE') return tooLongReason(maximumBytes);
  return typeof code === 'string' && code.startsWith('CSV_') ? 'not CSV from here on' : null;
};
