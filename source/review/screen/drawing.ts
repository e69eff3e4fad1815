import { noViewport, type Viewport } from '../session/scroll.ts';
import { createFrame, type Frame } from '../view/frame.ts';
import type { Scene } from '../view/scene.ts';
import { silence, speak, type Spoken } from '../view/spoken.ts';
import type { Paint } from '../view/styled-text.ts';

/** Returns the minimum time between two frames drawn only for news; keys never wait. */
const newsIntervalMs = (cells: number): number => (cells > 8000 ? 100 : 50);

/** The size of the frames behind a spoken screen, which only say where keys scroll to. */
const spokenSize = { columns: 200, rows: 60 };

/** The content of the screen, and the schedule of its redraws. */
export class Drawing {
  readonly #scene: () => Omit<Scene, 'columns' | 'rows'>;
  #paint: Paint;
  readonly #listeners = new Set<() => void>();
  #columns: number;
  #rows: number;
  readonly #isSpoken: boolean;
  #frame: Frame | null = null;
  #spoken: Spoken = silence;
  #viewport: Viewport = noViewport;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /**
   * `scene` returns the content of the screen. `columns` and `rows` are its size in cells; a screen that
   * is spoken has none.
   */
  constructor(options: {
    readonly scene: () => Omit<Scene, 'columns' | 'rows'>;
    readonly paint: Paint;
    readonly columns: number;
    readonly rows: number;
    readonly isSpoken: boolean;
  }) {
    this.#scene = options.scene;
    this.#paint = options.paint;
    this.#columns = options.columns;
    this.#rows = options.rows;
    this.#isSpoken = options.isSpoken;
  }

  get columns(): number {
    return this.#isSpoken ? spokenSize.columns : this.#columns;
  }

  /** The current frame. It is created on first access. */
  get frame(): Frame {
    if (this.#frame === null) {
      const size = this.#isSpoken ? spokenSize : { columns: this.#columns, rows: this.#rows };
      const scene = { ...this.#scene(), ...size };
      const { frame, viewport } = createFrame(scene, this.#paint);
      if (this.#isSpoken) this.#spoken = speak(this.#spoken, scene);
      this.#frame = frame;
      this.#viewport = viewport;
    }
    return this.#frame;
  }

  /** The text for a screen reader, up to the current frame. */
  get spoken(): Spoken {
    void this.frame;
    return this.#spoken;
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
