import {
  prepareReplay,
  type PreparedReplay,
  type PrepareOptions,
} from '../replay/prepare/prepare-replay.ts';
import { Interrupted } from '../text/interrupted.ts';
import { terminalAsk } from './terminal/ask.ts';
import { endKeepingHeapSmall, keepHeapSmall } from './terminal/heap.ts';
import { catchInterrupt } from './terminal/signals.ts';
import { importProgress } from './terminal/status-line.ts';

/**
 * Prepares the run of a command on this terminal. Throws Interrupted, with the store closed, if the user
 * stops it (Ctrl-C); see `prepareReplay`.
 */
export const prepareRun = async (
  options: Pick<PrepareOptions, 'asked' | 'environment' | 'files'>,
): Promise<PreparedReplay> => {
  const interrupt = catchInterrupt();
  if (options.files.length > 0) keepHeapSmall();
  try {
    const prepared = await prepareReplay({
      ...options,
      ask: terminalAsk(),
      progress: importProgress(process.stderr),
      signal: interrupt.signal,
    });
    if (!interrupt.signal.aborted) return prepared;
    await prepared.store.close();
    throw new Interrupted('Nothing was sent; what was imported is kept.');
  } finally {
    if (options.files.length > 0) endKeepingHeapSmall();
    interrupt.release();
  }
};
