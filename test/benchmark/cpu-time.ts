import { readFileSync } from 'node:fs';

/** Milliseconds of processor time that processes, all their threads and ended children have taken. */
export const cpuMs = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + of(pid), 0);

const of = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // utime, stime, cutime, cstime, in ticks of a hundredth of a second (proc(5)).
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) * 10;
};

/** Milliseconds of processor time that the whole machine has given out. */
export const machineCpuMs = (): number => {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  // All but idle and waiting for a disk; guests are in user time already.
  return [0, 1, 2, 5, 6].reduce((sum, at) => sum + Number(ticks[at] ?? 0), 0) * 10;
};

/** The processes that a process has started, by their ids. */
export const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);
