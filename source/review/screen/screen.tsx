import process from 'node:process';
import { Box, Text, useApp, useCursor, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import type { Frame, PaneFrame } from '../view/frame.ts';
import { paneGap } from '../view/geometry.ts';
import type { Controller } from './controller.ts';
import { keyStrokes } from './keyboard.ts';

// One Text a row, already painted and cut to its width: nested Texts and clipped Boxes cost twice
// the time of a frame. Rows are keyed by their place, so that a scroll changes text and no nodes.
const Rows = ({ rows }: { readonly rows: readonly string[] }) =>
  rows.map((row, index) => (
    <Text key={index} wrap="truncate">
      {row === '' ? ' ' : row}
    </Text>
  ));

const Pane = ({ pane }: { readonly pane: PaneFrame }) => (
  <Box flexDirection="column" width={pane.width} flexShrink={0}>
    <Rows rows={pane.head} />
    <Rows rows={pane.rows} />
  </Box>
);

const Panes = ({ frame }: { readonly frame: Extract<Frame, { kind: 'panes' }> }) => (
  <>
    <Box flexDirection={frame.direction} columnGap={paneGap}>
      {frame.panes.map((pane) => (
        <Pane key={pane.side} pane={pane} />
      ))}
    </Box>
    <Rows rows={frame.wide} />
  </>
);

// Raw mode takes Ctrl-Z away from the terminal's driver, so the stop is done by hand: the whole
// foreground group (a runner such as npm included), as the driver would.
const stopUntilContinued = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGCONT', () => resolve());
    process.kill(0, 'SIGTSTP');
  });

/**
 * The screen of the review: draws the controller's frames and hands it keys. `onAway` hears when the
 * terminal belongs to the shell and when it is ours again.
 */
export const Screen = ({
  controller,
  onAway,
}: {
  readonly controller: Controller;
  readonly onAway: (isAway: boolean) => void;
}) => {
  const { columns, rows } = useWindowSize();
  const { exit, suspendTerminal } = useApp();
  const { setCursorPosition } = useCursor();
  useEffect(() => controller.resize(columns, rows), [controller, columns, rows]);
  useEffect(() => {
    controller.ended.then(exit, exit);
  }, [controller, exit]);
  useEffect(() => {
    controller.onSuspend(() => {
      onAway(true);
      void suspendTerminal(stopUntilContinued).finally(() => onAway(false));
    });
  }, [controller, suspendTerminal, onAway]);
  const frame = useSyncExternalStore(controller.subscribe, controller.frame);

  useInput((input, key) => {
    for (const stroke of keyStrokes(input, key)) controller.key(stroke);
  });
  // Mounted always: without it a pasted text arrives as keys, and keys judge.
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
