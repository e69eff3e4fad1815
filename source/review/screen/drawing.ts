import { noViewport, type Viewport } from '../session/scroll.ts';
import { createFrame, type Frame, type Scene } from '../view/frame.ts';
import type { Paint } from '../view/styled-text.ts';

/** Returns the minimum time between two frames drawn only for news; keys never wait. */
const newsIntervalMs = (cells: number): number => (cells > 8000 ? 100 : 50);

/** The content of the screen, and the schedule of its redraws. */
export class Drawing {
  readonly #scene: () => Omit<Scene, 'columns' | 'rows'>;
  #paint: Paint;
  readonly #listeners = new Set<() => void>();
  #columns: number;
  #rows: number;
  #frame: Frame | null = null;
  #viewport: Viewport = noViewport;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** `scene` returns the content of the screen. `columns` and `rows` are its size in cells. */
  constructor(options: {
    readonly scene: () => Omit<Scene, 'columns' | 'rows'>;
    readonly paint: Paint;
    readonly columns: number;
    readonly rows: number;
  }) {
    this.#scene = options.scene;
    this.#paint = options.paint;
    this.#columns = options.columns;
    this.#rows = options.rows;
  }

  /** The current frame. It is created on first access. */
  get frame(): Frame {
    if (this.#frame === null) {
      const size = { columns: this.#columns, rows: this.#rows };
      const { frame, viewport } = createFrame({ ...this.#scene(), ...size }, this.#paint);
      this.#frame = frame;
      this.#viewport = viewport;
    }
    return this.#frame;
  }

  /** The viewport of the last frame. */
  get viewport(): Viewport {
    return this.#viewport;
  }

  /** Calls the listener for every new frame until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Draws immediately: a person is waiting. */
  drawNow(): void {
    if (this.#closed) return;
    this.#stopTimer();
    this.#frame = null;
    for (const listener of this.#listeners) listener();
  }

  /** Draws at the next tick for news. */
  drawSoon(): void {
    if (this.#closed) return;
    const intervalMs = newsIntervalMs(this.#columns * this.#rows);
    this.#timer ??= setTimeout(() => this.drawNow(), intervalMs);
  }

  /** Draws in another theme from now on. */
  repaint(paint: Paint): void {
    this.#paint = paint;
    this.drawNow();
  }

  resize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.drawNow();
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
