import { finished } from 'node:stream/promises';
import type { CsvError, InfoRecord, Parser } from 'csv-parse';
import type { JsonObject } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { tooLongReason } from './gather-bytes.ts';
import { gzipProblem } from './read-chunks.ts';
import { maximumLineBytes } from './read-lines.ts';
import type { SourceRecord } from './source-record.ts';

/** How the columns of a table in text are separated, and their names in order. */
export type CsvTable = { readonly delimiter: string; readonly columns: readonly string[] };

const delimiters = [',', ';', '\t'] as const;

/** A name of a column is short text, and not a piece of JSON. */
const columnName = /^[^{}[\]<>\p{Cc}\uFFFD]{1,80}$/u;

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
 * Reads the rows of the chunks of a table in bounded memory, as objects of texts by the names of their
 * columns. A row of more than `maximumBytes` ends the reading.
 */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  { columns, delimiter }: CsvTable,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<readonly SourceRecord[], void, undefined> {
  const { parse } = await import('csv-parse');
  // Rows are taken here and not from the stream, which drops those before an error.
  let rows: SourceRecord[] = [];
  let line = 1;
  let isHeaderRead = false;
  const parser = parse({
    ...syntax,
    delimiter,
    max_record_size: maximumBytes,
    on_record: (cells: readonly string[], { lines }: InfoRecord) => {
      line = lines - lineBreaks(cells);
      if (isHeaderRead) rows.push(rowRecord(cells, columns, line));
      isHeaderRead = true;
      line = lines + 1;
      return null;
    },
  });
  const ended = finished(parser.resume());
  // It is awaited at the end, and may fail before that.
  ended.catch(() => undefined);
  try {
    for await (const chunk of chunks) {
      // The memory of a chunk is used again before the parser has read the end of it.
      await written(parser, Buffer.from(chunk));
      yield rows;
      rows = [];
    }
    parser.end();
    await ended;
  } catch (error) {
    const reason = gzipProblem(error) ?? csvProblem(error, maximumBytes);
    if (reason === null) throw error;
    rows.push(unreadable(line, reason, `${reason} ${line}`));
  }
  yield rows;
}

const lineBreaks = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);

const written = (parser: Parser, chunk: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    parser.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

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
