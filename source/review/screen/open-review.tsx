import { render } from 'ink';
import { painter } from '../view/paint.ts';
import { createController, type ReviewEnd } from './controller.ts';
import { Screen } from './screen.tsx';
import type { ReviewServices } from './services.ts';
import { createSetBeside } from './set-beside.ts';
import { filteredInput } from './terminal-input.ts';

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
  const instance = render(<Screen controller={controller} />, {
    stdin: filteredInput(stdin, services.nowMs),
    stdout,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    maxFps: 120,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  try {
    await instance.waitUntilExit();
    return await controller.ended;
  } finally {
    await setBeside.close();
  }
};
