import { hostname } from 'node:os';

/**
 * Returns this process as other processes identify it in a store. `startedAt` is in epoch
 * milliseconds; `isAlive` returns whether a process of this machine exists.
 */
export const thisProcess = () => ({
  host: hostname(),
  pid: process.pid,
  startedAt: performance.timeOrigin,
  isAlive,
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists but belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
