import process from 'node:process';
import type { ReadStream, WriteStream } from 'node:tty';
import {
  Box,
  render,
  Text,
  useApp,
  useCursor,
  useInput,
  usePaste,
  useStdout,
  useWindowSize,
} from 'ink';
import { useEffect, useInsertionEffect, useSyncExternalStore } from 'react';
import type { Frame } from '../view/frame.ts';
import type { PaneFrame } from '../view/panes.ts';
import { painter } from '../view/styled-text.ts';
import { DiffThread } from './answer-diff.ts';
import { ReviewController, type ReviewEnd, type Terminal } from './controller.ts';
import type { TerminalFiles } from './hand-over.ts';
import { keyStrokes } from './key-strokes.ts';
import type { ReviewServices } from './services.ts';
import { filteredInput } from './terminal-input.ts';

const homeAndErase = '\u001B[H\u001B[2J';
const bracketedPasteOn = '\u001B[?2004h';
const alternateScreenOn = '\u001B[?1049h';
const alternateScreenOff = '\u001B[?1049l';
const wrappingOff = '\u001B[?7l';
const wrappingOn = '\u001B[?7h';

/**
 * A terminal on which a row that is too long ends at the edge as long as the alternate screen is shown. A
 * terminal that does not join a family emoji shows it wider than it was counted; the row would wrap, and the
 * screen scroll its head away. It goes with the alternate screen, because Ink leaves that one at every end:
 * after a key, a crash, a signal, and during a suspension.
 */
const withoutWrapping = (stdout: NodeJS.WriteStream): NodeJS.WriteStream =>
  new Proxy(stdout, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'write') return value.bind(target) as unknown;
      return (chunk: unknown, ...rest: readonly unknown[]): unknown =>
        Reflect.apply(value, target, [
          typeof chunk === 'string'
            ? chunk
                .replaceAll(alternateScreenOn, alternateScreenOn + wrappingOff)
                .replaceAll(alternateScreenOff, wrappingOn + alternateScreenOff)
            : chunk,
          ...rest,
        ]);
    },
  });

/**
 * Opens the review on the terminal. Resolves when the user leaves it, with the terminal restored.
 * The caller must check that there is a terminal. `colour` is false for NO_COLOR; `workerUrl` is
 * the bundled comparison worker.
 */
export const openReview = async (
  services: ReviewServices,
  options: {
    readonly stdin: ReadStream;
    readonly stdout: WriteStream;
    readonly files: TerminalFiles;
    readonly colour: boolean;
    readonly workerUrl: URL;
  },
): Promise<ReviewEnd> => {
  const { files, stdin, stdout } = options;
  const diffThread = new DiffThread(options.workerUrl);
  const controller = await ReviewController.open(services, {
    diffThread,
    paint: painter(options.colour),
    columns: stdout.columns || 80,
    rows: stdout.rows || 24,
  });
  let isAway = false;
  const onAway = (away: boolean): void => {
    isAway = away;
  };
  // Ink does both after its first frame. Until then the terminal's driver would echo a key pressed
  // as soon as the screen appears, and swallow a backspace.
  stdin.setRawMode(true);
  stdout.write(bracketedPasteOn);
  let committed: Frame | null = null;
  const onFrame = (frame: Frame): void => {
    committed = frame;
  };
  const screen = <Screen controller={controller} files={files} onAway={onAway} onFrame={onFrame} />;
  const instance = render(screen, {
    stdin: filteredInput(stdin, services.nowMs),
    stdout: withoutWrapping(stdout),
    alternateScreen: true,
    incrementalRendering: true,
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
    if (isAway) return;
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
  onAway,
  onFrame,
}: {
  readonly controller: ReviewController;
  readonly files: TerminalFiles;
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
// foreground process group, including a runner such as npm.
const stopUntilContinued = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGCONT', () => resolve());
    process.kill(0, 'SIGTSTP');
  });
