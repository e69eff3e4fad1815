import { hostname } from 'node:os';

/** This process as others see it in a store, and whether a process of this machine exists. */
export const thisProcess = () => ({
  host: hostname(),
  pid: process.pid,
  startedAt: performance.timeOrigin,
  isAlive,
});

/** Whoever's process it is. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
