import { jsonDocument } from '../text/json-document.ts';
import type { ExportedPair } from './exported-pair.ts';

/** Why a format has no row for a pair, as a short phrase. */
export type NoRow = { readonly leftOut: string };

/** How pairs are written for another tool. Pure. */
export type ExportFormat = {
  /** Returns the text before the first row. */
  readonly begin: (comparison: ExportedPair['comparison']) => string;
  /** Returns the rows of a pair. */
  readonly rows: (pair: ExportedPair) => readonly string[] | NoRow;
  /** The text between two rows. */
  readonly separator: string;
  /** The text after the last row. */
  readonly end: string;
};

export const isLeftOut = (rows: readonly string[] | NoRow): rows is NoRow => 'leftOut' in rows;

/** A format with one JSON object a line. `line` returns the object of a pair. */
export const jsonLines = <Line extends object>(
  line: (pair: ExportedPair) => Line | NoRow,
): ExportFormat => ({
  begin: () => '',
  rows: (pair) => {
    const made = line(pair);
    return isLeft(made) ? made : [jsonDocument(made, 'one line')];
  },
  separator: '',
  end: '',
});

/** A format that is one JSON document with an array. `elements` returns those of a pair. */
export const jsonArray = (
  elements: (pair: ExportedPair) => readonly object[] | NoRow,
  around: { readonly begin: ExportFormat['begin']; readonly end: string } = {
    begin: () => '[\n',
    end: '\n]\n',
  },
): ExportFormat => ({
  ...around,
  rows: (pair) => {
    const made = elements(pair);
    return 'leftOut' in made
      ? made
      : made.map((element) => jsonDocument(element, 'one line').trimEnd());
  },
  separator: ',\n',
});

const isLeft = (made: object): made is NoRow => 'leftOut' in made;
