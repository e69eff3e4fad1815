/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    // Node cuts a longer wait to a millisecond.
    timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
  });
