import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** A program in a pseudo-terminal whose screen can be waited for, with the time when it changed. */
export type TimedProgram = {
  readonly pid: number;
  /** Writes keys and resolves with the milliseconds until the bytes came that make `holds` true. */
  readonly time: (
    keys: string,
    holds: (row: (index: number) => string) => boolean,
  ) => Promise<number>;
  readonly wait: (holds: (row: (index: number) => string) => boolean) => Promise<number>;
  readonly rest: (ms: number) => Promise<void>;
  readonly close: () => void;
};

/**
 * Starts a program for timing. The time of a screen is when its last byte arrived here, so that the
 * emulator's own work is not counted; the way through the pseudo-terminal is.
 */
export const startTimed = (
  file: string,
  args: readonly string[],
  options: { columns: number; rows: number; cwd: string; env?: Record<string, string> },
): TimedProgram => {
  const { columns, rows } = options;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const pty = spawn(file, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm-256color',
      // Shades in full colour: the most that a frame can hold.
      COLORTERM: 'truecolor',
      COLORFGBG: '15;0',
      CI: 'false',
      ...options.env,
    },
  });
  const row = (index: number): string =>
    terminal.buffer.active
      .getLine(terminal.buffer.active.baseY + (index < 0 ? rows + index : index))
      ?.translateToString(true) ?? '';
  let check: ((atMs: number) => void) | null = null;
  pty.onData((data) => {
    const atMs = performance.now();
    terminal.write(data, () => check?.(atMs));
  });
  const startedMs = performance.now();
  const waitFrom = (
    fromMs: number,
    holds: (row: (index: number) => string) => boolean,
  ): Promise<number> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        check = null;
        reject(
          new Error(
            `never came\n${Array.from({ length: rows }, (_, index) => row(index)).join('\n')}`,
          ),
        );
      }, 20_000);
      check = (atMs) => {
        if (!holds(row)) return;
        clearTimeout(timer);
        check = null;
        resolve(atMs - fromMs);
      };
    });
  return {
    pid: pty.pid,
    time: (keys, holds) => {
      const waiting = waitFrom(performance.now(), holds);
      pty.write(keys);
      return waiting;
    },
    wait: (holds) => waitFrom(startedMs, holds),
    rest: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: () => pty.kill('SIGKILL'),
  };
};
