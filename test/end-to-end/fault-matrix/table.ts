import { struckSides, type Struck } from './strike.ts';

/** The results of one fault on one choice of sides. */
export type Cell = {
  readonly fault: string;
  readonly struck: Struck;
  /** What was seen, for the table: the same in every run of the matrix. */
  readonly came: string;
  /** What was seen that must not be; empty when all is well. */
  readonly errors: readonly string[];
};

type Row = { readonly name: string; readonly does: string };

/** The results as a Markdown table, one row a fault. */
export const tableOf = (faults: readonly Row[], cells: readonly Cell[]): string => {
  const came = (fault: Row, struck: Struck): string =>
    cells.find((cell) => cell.fault === fault.name && cell.struck === struck)?.came ?? '';
  const rows = faults.map((fault) => {
    const results = struckSides.map((struck) => came(fault, struck));
    return `| ${[fault.name, fault.does, ...results].join(' | ')} |`;
  });
  return [
    '| fault | what happens | baseline | candidate | both |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
};

/** The document with this table in the place of its own. */
export const documentWith = (document: string, table: string): string =>
  document.replace(
    /<!-- results -->[\s\S]*<!-- \/results -->/,
    () =>
      `<!-- results -->\n\n<!-- prettier-ignore-start -->\n\n${table}\n\n<!-- prettier-ignore-end -->\n\n<!-- /results -->`,
  );
