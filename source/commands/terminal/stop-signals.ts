/** How the user ends the proxy: `interrupted` by Ctrl-C or a closed terminal, else told to end. */
export type Stopped = { readonly interrupted: boolean };

/**
 * Waits for Ctrl-C, SIGTERM or a closed terminal. Each further one calls `onAgain` with how many have
 * come, this one included.
 */
export const untilStopped = (onAgain: (times: number) => void): Promise<Stopped> =>
  new Promise((resolve) => {
    let times = 0;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        times += 1;
        if (times === 1) resolve({ interrupted: name !== 'SIGTERM' });
        else onAgain(times);
      });
    }
  });
