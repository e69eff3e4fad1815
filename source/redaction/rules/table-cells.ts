/** A cell of a table in a text, with the heading of its column. */
export type TableCell = {
  readonly name: string;
  readonly start: number;
  readonly value: string;
};

const most = { headingLength: 400, rowLength: 4096, nameLength: 40 } as const;

const delimiters = ['|', '\t', ',', ';'] as const;

/**
 * Finds the cells in columns whose heading `isWanted` accepts, in CSV, TSV and Markdown tables within a text. A
 * table is a line of short cells at the beginning of a paragraph, and the following lines with as many cells.
 * The time is linear in the length of the text.
 */
export const tableCells = (
  text: string,
  isWanted: (name: string) => boolean,
): readonly TableCell[] => {
  const cells: TableCell[] = [];
  let isBeginning = true;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    const heading =
      isBeginning && end - start > 1 && end - start <= most.headingLength
        ? headingOf(text, start, end, isWanted)
        : null;
    isBeginning = endsParagraph(text, start, end);
    start = end + 1;
    if (heading !== null) start = takeRows(text, start, heading, cells);
  }
  return cells;
};

/** Whether a table may follow a line: it is empty, ends with a colon or opens a code block. */
const endsParagraph = (text: string, start: number, end: number): boolean => {
  if (end - start <= 1) return true;
  const last = text.charCodeAt(end - 1);
  return (
    last === 58 ||
    last === 0xff1a ||
    (last === 13 ? end - start < 3 : text.startsWith('```', start))
  );
};

type Heading = {
  readonly delimiter: string;
  readonly columns: number;
  /** The names of the wanted columns, by column number. */
  readonly wanted: ReadonlyMap<number, string>;
};

/** A line of names: never code, and rarely prose. */
const headingLine = /^[\w"'`*|,;\t #().\-\u00C0-\uFFEF\r]+$/;

const delimiterOf = (line: string): string | null => {
  for (const delimiter of delimiters) if (line.includes(delimiter)) return delimiter;
  return null;
};

const headingOf = (
  text: string,
  start: number,
  end: number,
  isWanted: (name: string) => boolean,
): Heading | null => {
  const line = text.slice(start, end);
  const delimiter = headingLine.test(line) ? delimiterOf(line) : null;
  if (delimiter === null) return null;
  const names = line.split(delimiter).map(unquoted);
  if (names.some((name) => name.length > most.nameLength)) return null;
  const wanted = new Map<number, string>();
  for (const [column, name] of names.entries()) if (isWanted(name)) wanted.set(column, name);
  return wanted.size === 0 ? null : { delimiter, columns: names.length, wanted };
};

const unquoted = (cell: string): string => cell.trim().replace(/^["'*`]+|["'*`]+$/g, '');

/** Adds the wanted cells of the rows below a heading; returns the start of the first line after the table. */
const takeRows = (text: string, from: number, heading: Heading, cells: TableCell[]): number => {
  const { columns, delimiter, wanted } = heading;
  for (let start = from; start < text.length;) {
    const newLine = text.indexOf('\n', start);
    const end = newLine === -1 ? text.length : newLine;
    if (end - start > most.rowLength) return start;
    const row = text.slice(start, end).split(delimiter);
    if (row.length !== columns) return start;
    let at = start;
    for (const [column, cell] of row.entries()) {
      const name = wanted.get(column);
      const value = unquoted(cell);
      if (name !== undefined && value !== '') {
        cells.push({ name, start: text.indexOf(value, at), value });
      }
      at += cell.length + 1;
    }
    start = end + 1;
  }
  return text.length;
};
