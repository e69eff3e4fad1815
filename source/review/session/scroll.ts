import type { Conversation } from '../../store/comparisons/conversation-turns.ts';
import type { CommandId } from './keymap.ts';
import type { View } from './session.ts';

/** The visible part of a document, in rows counted from 0. */
export type Viewport = {
  /** The number of rows in the document. */
  readonly rows: number;
  /** The number of rows that fit on the screen. */
  readonly height: number;
  /** The row of each marked word or block, ascending; of each message in a request. */
  readonly differences: readonly number[];
  /** Where each of `differences` is in the answer: `$.items[3].score`; null where it has no place. */
  readonly places?: readonly (string | null)[];
  /** The first visible row as long as nobody has scrolled: near the first difference. */
  readonly opening: number;
  /** The first row of each line that contains the searched text, ascending; missing without a search. */
  readonly matches?: readonly number[];
  /** The conversation of the pair on the screen; missing if it is of none. */
  readonly conversation?: Conversation | null;
  /** Whether both panes are shown side by side. */
  readonly sideBySide: boolean;
  readonly view: View;
  /** The views of the pair on the screen; first the one that it has unless the user chooses another. */
  readonly views: readonly [View, ...View[]];
  /** Whether something can be folded: equal lines or fields of a pair, old turns of a request. */
  readonly isFoldable: boolean;
  /** Whether a side of the pair has reasoning that may be shown. */
  readonly hasReasoning: boolean;
};

/** The viewport of a screen without a pair. */
export const noViewport: Viewport = {
  rows: 0,
  height: 0,
  differences: [],
  opening: 0,
  sideBySide: false,
  view: 'side_by_side',
  views: ['side_by_side'],
  isFoldable: false,
  hasReasoning: false,
};

/** Returns the first visible row after a scroll command, within the document. */
export const scrollTo = (id: CommandId, scroll: number, viewport: Viewport): number => {
  const last = Math.max(0, viewport.rows - viewport.height);
  const clamp = (row: number): number => Math.min(last, Math.max(0, row));
  const half = Math.max(1, Math.floor(viewport.height / 2));
  const page = Math.max(1, viewport.height - 2);
  switch (id) {
    case 'scroll.down':
      return clamp(scroll + 1);
    case 'scroll.up':
      return clamp(scroll - 1);
    case 'scroll.half_down':
      return clamp(scroll + half);
    case 'scroll.half_up':
      return clamp(scroll - half);
    case 'scroll.page_down':
      return clamp(scroll + page);
    case 'scroll.page_up':
      return clamp(scroll - page);
    case 'scroll.top':
      return 0;
    case 'scroll.bottom':
      return last;
    default:
      return clamp(scroll);
  }
};
