import process from 'node:process';
import type { ReadStream, WriteStream } from 'node:tty';
import {
  Box,
  render,
  Static,
  Text,
  useApp,
  useCursor,
  useInput,
  usePaste,
  useStdout,
  useWindowSize,
} from 'ink';
import { useEffect, useInsertionEffect, useSyncExternalStore } from 'react';
import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import { wrapOffsets } from '../../text/wrap.ts';
import type { Frame } from '../view/frame.ts';
import type { PaneFrame } from '../view/panes.ts';
import type { Spoken } from '../view/spoken.ts';
import { painter } from '../view/theme.ts';
import { anchored } from './anchored.ts';
import { DiffThread } from './answer-diff.ts';
import { ReviewController, type ReviewEnd } from './controller.ts';
import type { Terminal, TerminalFiles } from './hand-over.ts';
import { keyStrokes, filteredInput } from './terminal-input.ts';
import type { ReviewServices } from './services.ts';
import { backgroundQuery, backgroundReply, firstTheme } from './terminal-theme.ts';

const homeAndErase = '\u001B[H\u001B[2J';
const bracketedPasteOn = '\u001B[?2004h';
const alternateScreenOn = '\u001B[?1049h';
const alternateScreenOff = '\u001B[?1049l';
const wrappingOff = '\u001B[?7l';
const wrappingOn = '\u001B[?7h';
// Presses and the wheel, reported in SGR mode. Movements are not: they would be many.
const mouseOn = '\u001B[?1000h\u001B[?1006h';
const mouseOff = '\u001B[?1006l\u001B[?1000l';

/**
 * A terminal on which characters that it draws wider or narrower than they were counted move nothing else: see
 * `anchored`. As long as the alternate screen is shown, a row that is too long ends at the edge, and the mouse is
 * reported; otherwise the row would wrap, and the screen scroll its head away. Both go with the alternate screen,
 * because Ink leaves that one at every end: after a key, a crash, a signal, and during a suspension.
 */
const withScreenModes = (
  stdout: NodeJS.WriteStream,
  { mouse }: { readonly mouse: boolean },
): NodeJS.WriteStream => {
  const [on, off] = mouse
    ? [wrappingOff + mouseOn, mouseOff + wrappingOn]
    : [wrappingOff, wrappingOn];
  return new Proxy(stdout, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'write') return value.bind(target) as unknown;
      return (chunk: unknown, ...rest: readonly unknown[]): unknown =>
        Reflect.apply(value, target, [
          typeof chunk === 'string'
            ? anchored(chunk)
                .replaceAll(alternateScreenOn, alternateScreenOn + on)
                .replaceAll(alternateScreenOff, off + alternateScreenOff)
            : chunk,
          ...rest,
        ]);
    },
  });
};

/** What says something other than which colours the terminal can show: a theme may be chosen despite NO_COLOR. */
const wishes: ReadonlySet<string> = new Set(['CI', 'NO_COLOR', 'NODE_DISABLE_COLORS']);

const withoutWishes = (
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !wishes.has(name)));

/** Whether a terminal draws glyphs so differently that whole frames are safer than changed parts of rows. */
const drawsWideGlyphsOtherwise = (environment: {
  readonly TERM_PROGRAM?: string | undefined;
}): boolean => environment.TERM_PROGRAM === 'WarpTerminal';

/**
 * Opens the review on the terminal. Resolves when the user leaves it, with the terminal restored.
 * The caller must check that there is a terminal. `environment` says what is known of it; `mouse` says whether
 * the mouse is the review's or the terminal's; `isSpoken` is for a screen reader; `workerUrl` is
 * the bundled comparison worker.
 */
export const openReview = async (
  services: ReviewServices,
  options: {
    readonly stdin: ReadStream;
    readonly stdout: WriteStream;
    readonly files: TerminalFiles;
    readonly theme: ReviewTheme;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly mouse: boolean;
    readonly isSpoken: boolean;
    readonly workerUrl: URL;
  },
): Promise<ReviewEnd> => {
  const { environment, files, stdin, stdout } = options;
  const { asks, depth, name } = firstTheme(options.theme, {
    colourBits: stdout.getColorDepth(withoutWishes(environment)),
    environment,
  });
  const diffThread = new DiffThread(options.workerUrl);
  const controller = await ReviewController.open(services, {
    diffThread,
    paint: painter(name, depth),
    columns: stdout.columns || 80,
    rows: stdout.rows || 24,
    isSpoken: options.isSpoken,
  });
  let isAway = false;
  const onAway = (away: boolean): void => {
    isAway = away;
  };
  // Ink does both after its first frame. Until then the terminal's driver would echo a key pressed
  // as soon as the screen appears, and swallow a backspace.
  stdin.setRawMode(true);
  stdout.write(bracketedPasteOn);
  // Nobody waits for the reply: the first frames have no shades, or those that the environment suggests.
  if (asks) stdout.write(backgroundQuery);
  let shownTheme = name;
  const onReply = (sequence: string): void => {
    const background = asks ? backgroundReply(sequence) : null;
    if (background === null || background === shownTheme) return;
    shownTheme = background;
    controller.repaint(painter(background, depth));
  };
  let committed: Frame | null = null;
  const onFrame = (frame: Frame): void => {
    committed = frame;
  };
  const screen = (
    <Screen
      controller={controller}
      files={files}
      isSpoken={options.isSpoken}
      onAway={onAway}
      onFrame={onFrame}
    />
  );
  const instance = render(screen, {
    stdin: filteredInput(stdin, services.nowMs, { onReply, onMouse: controller.useMouse }),
    stdout: withScreenModes(stdout, options),
    // A screen reader reads what is written below the last line, which Ink does in this mode.
    isScreenReaderEnabled: options.isSpoken,
    alternateScreen: !options.isSpoken,
    incrementalRendering: !drawsWideGlyphsOtherwise(environment),
    interactive: true,
    maxFps: 120,
    exitOnCtrlC: false,
    patchConsole: false,
    onRender: () => {
      if (committed !== null) controller.written(committed);
    },
  });
  // Ink draws only the differences from its last frame. After a resize the terminal shows something
  // else: it has cut or moved rows, and frames of the old size may still have arrived. The signal
  // arrives even if the size is the old one again.
  const repaint = (): void => {
    if (isAway || options.isSpoken) return;
    instance.clear();
    stdout.write(homeAndErase);
    controller.redraw();
  };
  process.on('SIGWINCH', repaint);
  try {
    await instance.waitUntilExit();
    return await controller.ended;
  } finally {
    process.removeListener('SIGWINCH', repaint);
    stdin.setRawMode(false);
    await diffThread.close();
  }
};

/**
 * Shows the controller's frames and passes keys to it. `onAway` is called when the terminal is
 * handed to the shell and when it returns; `onFrame` before Ink writes a frame.
 */
const Screen = ({
  controller,
  files,
  isSpoken,
  onAway,
  onFrame,
}: {
  readonly controller: ReviewController;
  readonly files: TerminalFiles;
  readonly isSpoken: boolean;
  readonly onAway: (isAway: boolean) => void;
  readonly onFrame: (frame: Frame) => void;
}) => {
  const { columns, rows } = useWindowSize();
  const { exit, suspendTerminal } = useApp();
  const { write } = useStdout();
  const { setCursorPosition } = useCursor();
  useEffect(() => controller.resize(columns, rows), [controller, columns, rows]);
  useEffect(() => {
    controller.ended.then(exit, exit);
  }, [controller, exit]);
  useEffect(() => {
    const handOver: Terminal['handOver'] = async (work) => {
      onAway(true);
      await suspendTerminal(() => work(files)).finally(() => onAway(false));
    };
    controller.setTerminal({ handOver, stop: () => handOver(stopUntilContinued), write });
  }, [controller, files, suspendTerminal, onAway, write]);
  const frame = useSyncExternalStore(controller.subscribe, controller.frame);
  // Ink writes after these effects and before all others.
  useInsertionEffect(() => onFrame(frame), [onFrame, frame]);

  useInput((input, key) => {
    for (const stroke of keyStrokes(input, key)) controller.pressKey(stroke);
  });
  // Always mounted: otherwise pasted text arrives as keys, and keys give verdicts.
  usePaste(controller.paste);
  setCursorPosition(frame.kind === 'panes' ? (frame.cursor ?? undefined) : undefined);

  if (isSpoken) return <Sentences spoken={controller.spoken()} columns={columns} />;

  if (frame.kind === 'too_small') {
    return (
      <Box width={columns} height={rows} flexDirection="column">
        <Text>{frame.text}</Text>
      </Box>
    );
  }
  return (
    <Box width={columns} height={rows} flexDirection="column">
      <Rows rows={frame.top} />
      <Box flexDirection="column" flexGrow={1}>
        {frame.kind === 'panes' ? <Panes frame={frame} /> : <Rows rows={frame.rows} />}
      </Box>
      <Rows rows={frame.bottom} />
    </Box>
  );
};

/** What was said, line below line, and the line that is being typed. Ink writes only what is new. */
const Sentences = ({ columns, spoken }: { readonly columns: number; readonly spoken: Spoken }) => (
  <>
    <Static items={[...spoken.sentences]}>
      {(sentence, index) => <Text key={index}>{wrapped(sentence, columns)}</Text>}
    </Static>
    <Text>{spoken.line}</Text>
  </>
);

/** Wraps a text between words, where the terminal would cut them. */
const wrapped = (text: string, columns: number): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const offsets = wrapOffsets(line, columns);
      return offsets.map((start, index) => line.slice(start, offsets[index + 1]).trimEnd());
    })
    .join('\n');

const Panes = ({ frame }: { readonly frame: Extract<Frame, { kind: 'panes' }> }) => (
  <Box flexDirection={frame.direction}>
    {frame.panes.map((pane) => (
      <Pane key={pane.side} pane={pane} />
    ))}
  </Box>
);

const Pane = ({ pane }: { readonly pane: PaneFrame }) => (
  <Box flexDirection="column" width={pane.width} flexShrink={0}>
    <Rows rows={pane.head} />
    <Rows rows={pane.rows} />
  </Box>
);

// One Text per row, already painted and truncated: nested Texts and clipped Boxes double the time
// of a frame. The key is the position, so scrolling changes text but no nodes.
const Rows = ({ rows }: { readonly rows: readonly string[] }) =>
  rows.map((row, index) => (
    <Text key={index} wrap="truncate">
      {row === '' ? ' ' : row}
    </Text>
  ));

// In raw mode the terminal's driver does not handle Ctrl-Z. Like the driver, this stops the whole
// foreground process group, including a runner such as npm. Meanwhile only the shell hears of another size of
// the terminal, so the size is read again.
const stopUntilContinued = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGCONT', () => {
      process.kill(process.pid, 'SIGWINCH');
      resolve();
    });
    process.kill(0, 'SIGTSTP');
  });
