import { spawn, type IPty } from '@lydell/node-pty';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';

/** What a program asks for the background with. */
export const backgroundQuery = '\u001B]11;?\u001B\\';

/** A program in a real pseudo-terminal, its screen kept by a terminal emulator. */
export type TerminalProgram = {
  /** The screen's rows, without trailing blanks. */
  readonly screen: () => readonly string[];
  readonly text: () => string;
  /** Which buffer the screen shows. */
  readonly buffer: () => 'normal' | 'alternate';
  /** Whether the terminal asked for the cursor to be hidden and not for it to be shown again. */
  readonly cursorHidden: () => boolean;
  readonly type: (keys: string | Buffer) => void;
  /** The cell column in which a text begins on a row of the screen; -1: it is not there. */
  readonly cellOf: (row: number, text: string) => number;
  readonly resize: (columns: number, rows: number) => void;
  /** Resolves with the screen when it satisfies the condition; rejects with the screen when not. */
  readonly until: (
    what: string | RegExp | ((text: string) => boolean),
    ms?: number,
  ) => Promise<string>;
  readonly kill: (signal?: string) => void;
  readonly pid: number;
  readonly exit: Promise<{ readonly code: number; readonly signal: number }>;
  /** All bytes that the program wrote. */
  readonly raw: () => string;
};

/** Starts a program; `env` is added to a small, fixed environment. */
export const startInTerminal = (
  file: string,
  args: readonly string[],
  options: {
    readonly columns?: number;
    readonly rows?: number;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** The emulator's table of widths; in the older one, emoji are one cell wide. */
    readonly widths?: '6' | '11';
    /** The background that the emulator tells when it is asked, such as `ffff/ffff/ffff`; by default it tells none. */
    readonly background?: string;
  } = {},
): TerminalProgram => {
  const { background, columns = 120, rows = 40, widths = '11' } = options;
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 5000,
  });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = widths;
  let raw = '';
  const pty: IPty = spawn(file, [...args], {
    name: options.env?.['TERM'] ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      // Ink takes an empty CI for a CI.
      CI: 'false',
      ...options.env,
    },
  });
  pty.onData((data) => {
    const asked = raw.includes(backgroundQuery);
    raw += data;
    if (background !== undefined && !asked && raw.includes(backgroundQuery)) {
      pty.write(`\u001B]11;rgb:${background}\u001B\\`);
    }
    terminal.write(data);
  });
  // What the emulator answers (device attributes, cursor reports) reaches the program as it would.
  terminal.onData((data) => pty.write(data));
  const exit = new Promise<{ code: number; signal: number }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve({ code: exitCode, signal: signal ?? 0 }));
  });
  const screen = (): readonly string[] => {
    const buffer = terminal.buffer.active;
    return Array.from(
      { length: terminal.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
    );
  };
  const text = (): string => screen().join('\n');
  const flushed = (): Promise<void> => new Promise((resolve) => terminal.write('', resolve));
  return {
    screen,
    text,
    buffer: () => terminal.buffer.active.type,
    cursorHidden: () => raw.lastIndexOf('\u001B[?25l') > raw.lastIndexOf('\u001B[?25h'),
    // The types know of strings alone; bytes are written as they are.
    type: (keys) => pty.write(keys as string),
    cellOf: (row, wanted) => {
      const line = terminal.buffer.active.getLine(terminal.buffer.active.baseY + row);
      const starts: number[] = [];
      let joined = '';
      for (let cell = 0; cell < (line?.length ?? 0); cell++) {
        const characters = line?.getCell(cell)?.getChars() ?? '';
        // The second half of a wide character holds nothing; a blank cell is a space.
        if (characters === '' && line?.getCell(cell)?.getWidth() === 0) continue;
        const shown = characters === '' ? ' ' : characters;
        for (let unit = 0; unit < shown.length; unit++) starts.push(cell);
        joined += shown;
      }
      const at = joined.indexOf(wanted);
      return at < 0 ? -1 : (starts[at] ?? -1);
    },
    resize: (newColumns, newRows) => {
      terminal.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    until: async (what, ms = 60_000) => {
      const holds = (shown: string): boolean =>
        typeof what === 'string'
          ? shown.includes(what)
          : what instanceof RegExp
            ? what.test(shown)
            : what(shown);
      const end = Date.now() + ms;
      for (;;) {
        await flushed();
        const shown = text();
        // A frame arrives in pieces; synchronized output says where one begins and ends.
        if (!terminal.modes.synchronizedOutputMode && holds(shown)) return shown;
        if (Date.now() > end) throw new Error(`not on the screen: ${String(what)}\n${shown}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    kill: (signal) => pty.kill(signal),
    pid: pty.pid,
    exit,
    raw: () => raw,
  };
};
