import process from 'node:process';
import { render } from 'ink';
import { painter } from '../view/styled-text.ts';
import { createController, type ReviewEnd } from './controller.ts';
import { Screen } from './screen.tsx';
import type { ReviewServices } from './services.ts';
import { createSetBeside } from './answer-diff.ts';
import { filteredInput } from './terminal-input.ts';

const homeAndErase = '\u001B[H\u001B[2J';
const bracketedPasteOn = '\u001B[?2004h';

/**
 * Opens the review on the terminal and resolves when the user leaves it; the terminal is then as it
 * was. The caller has made sure that there is one. `colour` false honours NO_COLOR.
 */
export const openReview = async (
  services: ReviewServices,
  options: {
    readonly stdin: NodeJS.ReadStream;
    readonly stdout: NodeJS.WriteStream;
    readonly colour: boolean;
    readonly workerUrl: URL;
  },
): Promise<ReviewEnd> => {
  const setBeside = createSetBeside(options.workerUrl);
  const { stdin, stdout } = options;
  const controller = await createController(services, {
    setBeside,
    paint: painter(options.colour),
    columns: stdout.columns || 80,
    rows: stdout.rows || 24,
  });
  let isAway = false;
  const onAway = (away: boolean): void => {
    isAway = away;
  };
  // Ink sets these after its first frame. A key struck at the first sight of the screen would still go
  // to the terminal's driver, which echoes it and takes a backspace for itself.
  stdin.setRawMode(true);
  stdout.write(bracketedPasteOn);
  const instance = render(<Screen controller={controller} onAway={onAway} />, {
    stdin: filteredInput(stdin, services.nowMs),
    stdout,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    maxFps: 120,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  // Ink draws what differs from its last frame. After a resize the terminal shows something else: it
  // has cut or moved rows, and frames of the old size were still on their way. The signal comes even
  // when the size is the old one again.
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
    await setBeside.close();
  }
};
