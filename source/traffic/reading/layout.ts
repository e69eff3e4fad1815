import { harmless } from '../../text/harmless.ts';
import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import { containerIn } from './containers.ts';
import { beginsCassette } from './read-cassette.ts';
import { readChunks } from './read-chunks.ts';
import { beginsGoReplay } from './read-goreplay.ts';
import { createValueSplitter } from './split-values.ts';

/**
 * How the records of a file are laid out. `lines`: one a line. `values`: objects over several
 * lines, one behind the other. `elements`: in one array, which begins behind `offset` bytes on `line`;
 * `within` is its path (`` for an array that is the whole file), `rest` what stood before it.
 * `cassette`: VCR's YAML. `goreplay`: messages of GoReplay.
 */
export type Layout =
  | { readonly kind: 'lines' | 'values' | 'cassette' | 'goreplay' }
  | {
      readonly kind: 'elements';
      readonly offset: number;
      readonly line: number;
      readonly within: string;
      readonly rest: JsonObject;
    };

/** So much of a file is looked at. */
const headBytes = 1024 * 1024;

const byteOrderMark = '\uFEFF';

/** The first bytes of every SQLite file. */
const sqliteMagic = 'SQLite format 3\0';

const sqliteFile = (file: string): string =>
  `${harmless(file)} is a SQLite database, which understudy does not import. If it is the logs.db of simonw/llm, run llm logs -n 0 --json --expand > llm.json and import llm.json.`;

/** Finds the layout from the beginning of a file, plain or gzip. */
export const layoutOf = async (file: string): Promise<Layout> => {
  const { head, whole } = await beginning(file);
  const text = head.startsWith(byteOrderMark) ? head.slice(1) : head;
  const begin = text.search(/\S/);
  const elements = (end: number, within: string, rest: JsonObject): Layout => {
    const before = text.slice(0, end);
    const offset = Buffer.byteLength(head.slice(0, head.length - text.length) + before);
    return { kind: 'elements', offset, line: before.split('\n').length, within, rest };
  };
  if (head.startsWith(sqliteMagic)) throw new UserError(sqliteFile(file));
  if (beginsGoReplay(text)) return { kind: 'goreplay' };
  if (beginsCassette(text)) return { kind: 'cassette' };
  if (text[begin] === '[') return elements(begin + 1, '', {});
  if (text[begin] !== '{' || hasRecordLine(text.slice(begin), whole)) return { kind: 'lines' };
  const found = endsWithin(text) ? null : containerIn(text);
  if (found === null) return { kind: 'values' };
  return elements(found.offset, found.path, found.rest);
};

/** Whether one of the first lines is an object by itself. */
const hasRecordLine = (text: string, whole: boolean): boolean => {
  const lines = text.split('\n', 6);
  const complete = lines.length === 6 || !whole ? lines.slice(0, -1) : lines;
  return complete.some((line) => {
    try {
      return isJsonObject(JSON.parse(line));
    } catch {
      return false;
    }
  });
};

const endsWithin = (text: string): boolean => {
  const splitter = createValueSplitter({ mode: 'values', maximumBytes: headBytes * 2, line: 1 });
  return splitter.push(Buffer.from(text)).some(({ kind }) => kind === 'value');
};

const beginning = async (
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
    // Whoever reads the file to its end tells what is wrong with it.
    return { head, whole: false };
  }
  return { head: head + decoder.decode(), whole: true };
};
