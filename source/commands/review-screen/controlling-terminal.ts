import { closeSync, constants, openSync } from 'node:fs';
import process from 'node:process';
import { ReadStream, WriteStream } from 'node:tty';

/** A terminal for the screen, which stdin and stdout may not be. */
export type ScreenTerminal = {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  /** The file descriptors of both, for other programs on the terminal. */
  readonly files: { readonly input: number; readonly output: number };
  /** Closes what was opened for the screen. */
  readonly close: () => void;
};

/** Returns whether a cursor can be positioned: TERM may say that it cannot. */
const hasCursor = (): boolean => process.env['TERM'] !== 'dumb';

/** Returns whether stdin and stdout are a terminal with a positionable cursor. */
export const hasTerminal = (): boolean =>
  process.stdin.isTTY && process.stdout.isTTY && hasCursor();

/** Returns whether a screen can be drawn: on stdin and stdout, or else on the controlling terminal. */
export const canOpenTerminal = (): boolean => {
  if (!hasCursor()) return false;
  if (hasTerminal()) return true;
  try {
    closeSync(openSync(device, constants.O_RDWR | constants.O_NOCTTY));
    return true;
  } catch {
    // ENXIO: the process has none, as under cron.
    return false;
  }
};

const device = '/dev/tty';

/**
 * Opens the terminal for the screen: stdin and stdout where they are terminals, otherwise the
 * controlling terminal in their place, so that either may be a pipe.
 */
export const openTerminal = (): ScreenTerminal => {
  const opened: (() => void)[] = [];
  const input = process.stdin.isTTY ? null : openSync(device, 'r');
  const output = process.stdout.isTTY ? null : openSync(device, 'w');
  let { stdin, stdout }: { stdin: ReadStream; stdout: WriteStream } = process;
  if (input !== null) {
    const stream = new ReadStream(input);
    stdin = stream;
    opened.push(() => stream.destroy());
  }
  if (output !== null) {
    const stream = new WriteStream(output);
    stdout = stream;
    // Node follows the size of process.stdout only, by this method.
    const refresh = (): void => void Reflect.apply(Reflect.get(stream, '_refreshSize'), stream, []);
    process.on('SIGWINCH', refresh);
    opened.push(() => {
      process.removeListener('SIGWINCH', refresh);
      stream.destroy();
    });
  }
  return {
    stdin,
    stdout,
    files: { input: input ?? 0, output: output ?? 1 },
    close: () => {
      for (const close of opened) close();
    },
  };
};
