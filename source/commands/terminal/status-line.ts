import type { ReplayEvent } from '../../replay/replay-event.ts';
import type { ReplayProgress } from '../../replay/run.ts';
import { eventLine, progressLine, progressText } from '../texts/replay-progress.ts';

/** Shows how far a replay is while it runs. */
export type ProgressView = {
  readonly on: (event: ReplayEvent) => void;
  /** Clears the line and draws nothing until `release`: something else stands there. */
  readonly hold: () => void;
  readonly release: () => void;
  /** Shows the last state; nothing is drawn afterwards. */
  readonly end: () => void;
};

/** Where progress is written. */
export type ProgressStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
};

const redrawMs = 100;

/**
 * On a terminal: one line, redrawn ten times a second. Otherwise plain lines: one for each failure
 * and each retry, and one whenever another twentieth of the pairs is done.
 */
export const showProgress = (
  stream: ProgressStream,
  progress: () => ReplayProgress,
): ProgressView => (stream.isTTY === true ? redrawn(stream, progress) : plain(stream, progress));

const redrawn = (stream: ProgressStream, progress: () => ReplayProgress): ProgressView => {
  let drawn = '';
  let isHeld = false;
  const draw = (): void => {
    if (isHeld) return;
    // One cell is left free: some terminals wrap when the last one is written.
    const line = progressLine(progress(), Math.max(1, (stream.columns ?? 80) - 1));
    if (line === drawn) return;
    drawn = line;
    stream.write(`\r\u001b[K${line}`);
  };
  draw();
  const timer = setInterval(draw, redrawMs);
  return {
    on: () => {},
    hold: () => {
      isHeld = true;
      drawn = '';
      stream.write('\r\u001b[K');
    },
    release: () => {
      isHeld = false;
      draw();
    },
    end: () => {
      clearInterval(timer);
      draw();
      stream.write('\n');
    },
  };
};

/** What a pair can be through with: only then it is worth counting. */
const ending: ReadonlySet<ReplayEvent['kind']> = new Set(['outcome', 'failed', 'not_sent']);

const plain = (stream: ProgressStream, progress: () => ReplayProgress): ProgressView => {
  let told = 0;
  return {
    on: (event) => {
      const line = eventLine(event);
      if (line !== null) stream.write(`${line}\n`);
      if (!ending.has(event.kind)) return;
      const now = progress();
      const twentieth = Math.floor((now.done * 20) / Math.max(1, now.total));
      if (twentieth <= told) return;
      told = twentieth;
      stream.write(`replaying ${progressText(now)}\n`);
    },
    hold: () => {},
    release: () => {},
    end: () => {
      stream.write(`replayed ${progressText(progress())}\n`);
    },
  };
};
