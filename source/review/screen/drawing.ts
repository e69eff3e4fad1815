import type { Viewport } from '../session/scroll.ts';
import { frameOf, type Frame, type Scene } from '../view/frame.ts';
import type { Paint } from '../view/styled-text.ts';

/** What is on the screen now, and when it is drawn again. */
export type Drawing = {
  /** The frame of what is the case now; drawn when it is first asked for. */
  readonly frame: () => Frame;
  /** What the last frame showed of its document. */
  readonly viewport: () => Viewport;
  readonly subscribe: (listener: () => void) => () => void;
  /** Something that a person waits for: drawn now. */
  readonly changed: () => void;
  /** News that nobody waits for: drawn with the next flush. */
  readonly news: () => void;
  readonly resize: (columns: number, rows: number) => void;
  /** Nothing is drawn any more. */
  readonly close: () => void;
};

/** Milliseconds between two frames that only news asks for; keys never wait. */
const flushMs = (cells: number): number => (cells > 8000 ? 100 : 50);

/** `scene`: all that a screen shows but for its size, which is given in cells. */
export const createDrawing = (options: {
  readonly scene: () => Omit<Scene, 'columns' | 'rows'>;
  readonly paint: Paint;
  readonly columns: number;
  readonly rows: number;
}): Drawing => {
  let { columns, rows } = options;
  let frame: Frame | null = null;
  let viewport: Viewport = { rows: 0, height: 0, differences: [], sideBySide: false };
  let flushTimer: NodeJS.Timeout | null = null;
  let closed = false;
  const listeners = new Set<() => void>();

  const draw = (): Frame => {
    const drawn = frameOf({ ...options.scene(), columns, rows }, options.paint);
    viewport = drawn.viewport;
    return drawn.frame;
  };

  const stopTimer = (): void => {
    if (flushTimer !== null) clearTimeout(flushTimer);
    flushTimer = null;
  };

  const changed = (): void => {
    if (closed) return;
    stopTimer();
    frame = null;
    for (const listener of listeners) listener();
  };

  return {
    frame: () => (frame ??= draw()),
    viewport: () => viewport,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changed,
    news: () => {
      if (!closed) flushTimer ??= setTimeout(changed, flushMs(columns * rows));
    },
    resize: (newColumns, newRows) => {
      if (newColumns === columns && newRows === rows) return;
      columns = newColumns;
      rows = newRows;
      changed();
    },
    close: () => {
      closed = true;
      stopTimer();
    },
  };
};
