import type { Session } from '../session/session.ts';

/** The layout of a screen of a given size, in cells. */
export type Geometry =
  | { readonly kind: 'too_small' }
  | {
      readonly kind: 'side_by_side' | 'stacked' | 'single';
      readonly columns: number;
      /** The width of a pane, including its gutter. */
      readonly paneWidth: number;
      /** The width of the text in a pane. */
      readonly textWidth: number;
      /** The height of a pane's head. */
      readonly headHeight: number;
      /** The height of the text in a pane. */
      readonly bodyHeight: number;
      /** The height of an overlay, which replaces the panes and their heads. */
      readonly overlayHeight: number;
    };

export const minimumColumns = 60;
export const minimumRows = 20;

/** The number of cells between the panes, in addition to the gutter of each pane. */
export const paneGap = 2;
export const gutter = 2;

/**
 * The number of rows above the panes (title, pair, badges) and below them (remark, progress, keys).
 */
export const topRows = 3;
export const bottomRows = 3;
/**
 * The number of rows in a pane's head: a rule with its title, and the facts on two rows or,
 * stacked, on one.
 */
export const headRows = 3;
export const stackedHeadRows = 2;

/** The minimum height for a blank row between a head and its text. */
const airyRows = 30;

/** The minimum width for two panes side by side, unless the user chooses otherwise. */
const sideBySideColumns = 100;
/** The minimum height for two stacked panes if they do not fit side by side. */
const stackedRows = 24;

/**
 * Returns the layout for the terminal's size, the user's choice and the columns of the document.
 */
export const geometry = (
  columns: number,
  rows: number,
  choice: Session['layout'],
  documentColumns: 1 | 2,
): Geometry => {
  if (columns < minimumColumns || rows < minimumRows) return { kind: 'too_small' };
  const overlayHeight = rows - topRows - bottomRows;
  const half = Math.floor((columns - paneGap) / 2);
  const isSideBySide = choice === null ? columns >= sideBySideColumns : choice === 'side_by_side';
  const headHeight = rows >= airyRows ? headRows + 1 : headRows;
  const full = { columns, paneWidth: columns, textWidth: columns - gutter, overlayHeight };
  if (isSideBySide) {
    return {
      kind: 'side_by_side',
      columns,
      paneWidth: half,
      textWidth: documentColumns === 2 ? half - gutter : columns - gutter,
      headHeight,
      bodyHeight: overlayHeight - headHeight,
      overlayHeight,
    };
  }
  if (documentColumns === 1 || (choice === null && rows < stackedRows)) {
    return { kind: 'single', ...full, headHeight, bodyHeight: overlayHeight - headHeight };
  }
  return {
    kind: 'stacked',
    ...full,
    headHeight: stackedHeadRows,
    bodyHeight: Math.floor((overlayHeight - 2 * stackedHeadRows) / 2),
  };
};
