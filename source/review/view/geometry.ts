import type { Session } from '../session/session.ts';

/** Where things stand on a screen of a given size, in cells. */
export type Geometry =
  | { readonly kind: 'too_small' }
  | {
      readonly kind: 'side_by_side' | 'stacked' | 'single';
      readonly columns: number;
      /** Cells of one pane, gutter included. */
      readonly paneWidth: number;
      /** Cells of text in one pane. */
      readonly textWidth: number;
      /** Rows of a pane's head. */
      readonly headHeight: number;
      /** Rows of text in one pane. */
      readonly bodyHeight: number;
      /** Rows of an overlay, which takes the place of the panes and their heads. */
      readonly overlayHeight: number;
    };

export const minimumColumns = 60;
export const minimumRows = 20;

/** Cells between the panes; the gutter of each pane adds its own. */
export const paneGap = 2;
export const gutter = 2;

/** Rows above the panes (title, pair, badges) and below them (remark, progress, keys). */
export const topRows = 3;
export const bottomRows = 3;
/** The rows of a pane's head: its title rule and the facts, on two lines or (stacked) on one. */
export const headRows = 3;
export const stackedHeadRows = 2;

/** From this height on a blank row parts a head from its text. */
const airyRows = 30;

/** From this width on two panes stand beside each other unless the user says otherwise. */
const sideBySideColumns = 100;
/** From this height on two panes stand above each other when they cannot stand beside. */
const stackedRows = 24;

/** The geometry for a terminal's size and the user's choice of layout and view. */
export const geometry = (
  columns: number,
  rows: number,
  choice: Session['layout'],
  documentColumns: 1 | 2,
): Geometry => {
  if (columns < minimumColumns || rows < minimumRows) return { kind: 'too_small' };
  const overlayHeight = rows - topRows - bottomRows;
  const half = Math.floor((columns - paneGap) / 2);
  const beside = choice === null ? columns >= sideBySideColumns : choice === 'side_by_side';
  const headHeight = rows >= airyRows ? headRows + 1 : headRows;
  const full = { columns, paneWidth: columns, textWidth: columns - gutter, overlayHeight };
  if (beside) {
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
