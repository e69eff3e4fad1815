/** A cell of a table in a text, with the name of its column. */
export type TableCell = {
  readonly name: string;
  readonly start: number;
  readonly value: string;
};

const most = { headingLength: 400, rowLength: 4096, nameLength: 40 } as const;

const delimiters = ['|', '\t', ',', ';'] as const;

/** The heading of a table in a text. */
export type Table = {
  readonly delimiter: string;
  /** The names of the columns. */
  readonly names: readonly string[];
  /** Where the first row begins. */
  readonly start: number;
};

const noTables: readonly Table[] = [];

/**
 * Finds the headings of what may be tables that stand in a text as CSV, TSV or Markdown: a line of short
 * cells at the beginning of a paragraph, and a line below it with the same delimiter. Time is linear in the
 * length of the text.
 */
export const tablesIn = (text: string): readonly Table[] => {
  let tables: Table[] | null = null;
  let isBeginning = true;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    if (isBeginning && end - start > 1 && end - start <= most.headingLength) {
      const table = tableAt(text, start, end);
      if (table !== null) (tables ??= []).push(table);
    }
    isBeginning = endsParagraph(text, start, end);
    start = end + 1;
  }
  return tables ?? noTables;
};

/**
 * The cells in columns whose name `isWanted` accepts: in the lines below a heading that have as many cells.
 * `tables` are those of the text, some of which may be masked. Time is linear in the length of the text.
 */
export const tableCells = (
  text: string,
  tables: readonly Table[],
  isWanted: (name: string) => boolean,
): readonly TableCell[] => {
  const cells: TableCell[] = [];
  let end = 0;
  for (const table of tables) {
    // A row that ends with a colon looks like the end of a paragraph.
    if (table.start > end && table.names.some(isWanted))
      end = takeRows(text, table, isWanted, cells);
  }
  return cells;
};

/** Whether a line is empty, ends with a colon or opens a block of code: a table may follow. */
const endsParagraph = (text: string, start: number, end: number): boolean => {
  if (end - start <= 1) return true;
  const last = text.charCodeAt(end - 1);
  return (
    last === 58 ||
    last === 0xff1a ||
    (last === 13 ? end - start < 3 : text.startsWith('```', start))
  );
};

/** A line of names: no code, and seldom prose. */
const headingLine = /^[\w"'`*|,;\t #().\-\u00C0-\uFFEF\r]+$/;

const delimiterOf = (line: string): string | null => {
  for (const delimiter of delimiters) if (line.includes(delimiter)) return delimiter;
  return null;
};

const tableAt = (text: string, start: number, end: number): Table | null => {
  const line = text.slice(start, end);
  const delimiter = delimiterOf(line);
  if (delimiter === null || !headingLine.test(line)) return null;
  const below = text.indexOf(delimiter, end + 1);
  const newLine = text.indexOf('\n', end + 1);
  if (below === -1 || (newLine !== -1 && below > newLine)) return null;
  const names = line.split(delimiter).map(unquoted);
  return names.some((name) => name.length > most.nameLength)
    ? null
    : { delimiter, names, start: end + 1 };
};

const unquoted = (cell: string): string => cell.trim().replace(/^["'*`]+|["'*`]+$/g, '');

/** Adds the wanted cells of a table; returns where the first line below it begins. */
const takeRows = (
  text: string,
  { delimiter, names, start: from }: Table,
  isWanted: (name: string) => boolean,
  cells: TableCell[],
): number => {
  const wanted = names.map(isWanted);
  for (let start = from; start < text.length;) {
    const newLine = text.indexOf('\n', start);
    const end = newLine === -1 ? text.length : newLine;
    if (end - start > most.rowLength) return start;
    const row = text.slice(start, end).split(delimiter);
    if (row.length !== names.length) return start;
    let at = start;
    for (const [column, cell] of row.entries()) {
      const value = wanted[column] === true ? unquoted(cell) : '';
      if (value !== '') {
        cells.push({ name: names[column] ?? '', start: text.indexOf(value, at), value });
      }
      at += cell.length + 1;
    }
    start = end + 1;
  }
  return text.length;
};
