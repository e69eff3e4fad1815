import type { Session } from '../session/session.ts';

/** The layout of a screen of a given size, in cells. */
export type Geometry = {
  readonly kind: 'side_by_side' | 'stacked' | 'single';
  /** The width of the first pane, including its gutter. */
  readonly paneWidth: number;
  /** The width of the text in a pane. */
  readonly textWidth: number;
};

export const minimumColumns = 60;
export const minimumRows = 20;

/** The number of cells to the left of a pane's text: the mark and a space. */
export const gutter = 2;

/** The minimum width for two panes side by side, unless the user chooses otherwise. */
export const sideBySideColumns = 100;
/** The minimum height for two stacked panes if they do not fit side by side. */
const stackedRows = 30;

/**
 * Returns the layout for the terminal's size, the user's choice and the columns of the document; null if
 * the terminal is too small. Three columns are always side by side.
 */
export const geometry = (
  columns: number,
  rows: number,
  choice: Session['layout'],
  documentColumns: 1 | 2 | 3,
): Geometry | null => {
  if (columns < minimumColumns || rows < minimumRows) return null;
  const whole = { paneWidth: columns, textWidth: columns - gutter };
  if (documentColumns === 1) return { kind: 'single', ...whole };
  const isWide = choice === null ? columns >= sideBySideColumns : choice === 'side_by_side';
  if (isWide || documentColumns === 3) {
    // A separator stands before the gutter of a pane, and a blank cell before it.
    const part = Math.floor(columns / documentColumns) - 1;
    return { kind: 'side_by_side', paneWidth: part + 1, textWidth: part - gutter };
  }
  return { kind: choice === null && rows < stackedRows ? 'single' : 'stacked', ...whole };
};

/** The number of rows of each part of a screen that has panes. */
export type Heights = {
  readonly question: number;
  readonly system: 0 | 1;
  /** Whether rules set the table of facts apart. */
  readonly rules: boolean;
  readonly body: number;
};

/** The rows of a screen that are always there: two at the top, the request's rule, the differences. */
const fixedRows = 4;
/** The number of rows below the panes: status, tags, keys. */
export const bottomRows = 3;
/** The number of rows of the title above the panes. */
export const titleRows = 1;

/** The minimum height for rules around the table of facts. */
const airyRows = 30;
/** The minimum height for the ratios in the table and the system prompt. */
const ratioRows = 24;

/** Whether a screen of this height shows the ratios of both sides. */
export const hasRatios = (rows: number): boolean => rows >= ratioRows;

/** The number of rows that the question takes whether or not it needs them, and at most beside long answers. */
const questionRows = { minimum: 2, maximum: 6 };
/** The number of rows that the answers get before the question gets more than its minimum. */
const answerRows = 9;

/**
 * Divides the rows of a screen. `table` is the height of the table of facts; `wanted` the number of rows
 * that the whole question needs; `answers` the number that the answers need, null while it grows. A
 * question gets more rows where the answers leave them free.
 */
export const divideRows = (
  rows: number,
  parts: {
    readonly table: number;
    readonly titles: number;
    readonly wanted: number;
    readonly hasSystem: boolean;
    readonly answers: number | null;
  },
): Heights => {
  const { minimum, maximum } = questionRows;
  const rules = rows >= airyRows;
  const system = parts.hasSystem && rows >= ratioRows ? 1 : 0;
  const free =
    rows - fixedRows - bottomRows - parts.titles - parts.table - system - (rules ? 2 : 0);
  const beside = Math.max(minimum, Math.min(parts.wanted, maximum, free - answerRows));
  const spare = parts.answers === null ? 0 : Math.max(0, free - beside - parts.answers);
  const question = Math.min(Math.max(beside, parts.wanted), beside + spare);
  return { question, system, rules, body: free - question };
};
