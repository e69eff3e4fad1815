import { printable } from '../../text/printable.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import { containerStart } from './containers.ts';
import { beginsCassette } from './read-cassette.ts';
import { readChunks } from './read-chunks.ts';
import { type CsvTable, findCsvTable } from './read-csv.ts';
import { beginsGoReplay } from './read-goreplay.ts';
import { ValueSplitter } from './split-values.ts';

/**
 * How the records of a file are laid out. `lines`: one a line. `values`: objects over several lines, one
 * after another. `elements`: in an array that begins after `offset` bytes on line `line`; `within` is its
 * path (empty for an array that is the whole file), `rest` what stood before it. `cassette`: YAML of VCR.
 * `goreplay`: messages of GoReplay. `csv`: rows of a table.
 */
export type Layout =
  | { readonly kind: 'lines' | 'values' | 'cassette' | 'goreplay' }
  | ({ readonly kind: 'csv' } & CsvTable)
  | {
      readonly kind: 'elements';
      readonly offset: number;
      readonly line: number;
      readonly within: string;
      readonly rest: JsonObject;
    };

/** How much of a file is examined, in bytes. */
const headBytes = 1024 * 1024;

const byteOrderMark = '\uFEFF';

/** Files that hold no text, by their first bytes: what they are, and what to do. */
const binaries: readonly { readonly magic: string; readonly advice: string }[] = [
  {
    magic: 'SQLite format 3\0',
    advice:
      'a SQLite database, which cannot be imported. If it is the logs.db of simonw/llm, run llm logs -n 0 --json --expand > llm.json and import llm.json.',
  },
  {
    magic: 'PAR1',
    advice:
      'a Parquet file, which cannot be imported. Export the traffic as JSON Lines, or convert it, for example with DuckDB.',
  },
  { magic: 'PK\u0003\u0004', advice: 'a zip archive. Unpack it and import the files in it.' },
];

/**
 * Finds the layout of a file, plain or gzip, by its beginning. Throws UserError for a database of SQLite,
 * which is where simonw/llm keeps its log, and for other files that hold no text.
 */
export const findLayout = async (file: string, name = file): Promise<Layout> => {
  const { head, whole } = await readHead(file);
  const text = head.startsWith(byteOrderMark) ? head.slice(1) : head;
  const start = text.search(/\S/);
  const elements = (end: number, within: string, rest: JsonObject): Layout => {
    const before = text.slice(0, end);
    const offset = Buffer.byteLength(head.slice(0, head.length - text.length) + before);
    return { kind: 'elements', offset, line: before.split('\n').length, within, rest };
  };
  const binary = binaries.find(({ magic }) => head.startsWith(magic));
  if (binary !== undefined) throw new UserError(`${printable(name)} is ${binary.advice}`);
  if (beginsGoReplay(text)) return { kind: 'goreplay' };
  if (beginsCassette(text)) return { kind: 'cassette' };
  if (text[start] === '[') return elements(start + 1, '', {});
  if (text[start] !== '{') {
    const table = await findCsvTable(text.slice(Math.max(0, start)));
    if (table !== null) return { kind: 'csv', ...table };
  }
  if (text[start] !== '{' || hasObjectLine(text.slice(start), whole)) return { kind: 'lines' };
  const found = hasWholeValue(text) ? null : containerStart(text);
  if (found === null) return { kind: 'values' };
  return elements(found.offset, found.path, found.rest);
};

/** Whether one of the first lines is an object by itself. */
const hasObjectLine = (text: string, whole: boolean): boolean => {
  const lines = text.split('\n', 6);
  const complete = lines.length === 6 || !whole ? lines.slice(0, -1) : lines;
  return complete.some((line) => isJsonObject(parseJson(line)));
};

const hasWholeValue = (text: string): boolean => {
  const splitter = new ValueSplitter({ mode: 'values', maximumBytes: headBytes * 2, line: 1 });
  return splitter.push(Buffer.from(text)).some(({ kind }) => kind === 'value');
};

const readHead = async (
  file: string,
): Promise<{ readonly head: string; readonly whole: boolean }> => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let head = '';
  let bytes = 0;
  try {
    for await (const chunk of readChunks(file)) {
      head += decoder.decode(chunk, { stream: true });
      bytes += chunk.length;
      if (bytes >= headBytes) return { head, whole: false };
    }
  } catch {
    // Whoever reads the file to its end reports what is wrong with it.
    return { head, whole: false };
  }
  return { head: head + decoder.decode(), whole: true };
};
