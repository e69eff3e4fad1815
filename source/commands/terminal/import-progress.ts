import type { ImportProgress } from '../../intake/take-in.ts';
import { harmless } from '../../text/harmless.ts';

/** Nobody reads faster, and writing to a terminal takes time from the import. */
const redrawMs = 50;

/**
 * Shows the progress of an import in a line on a terminal, and nothing elsewhere. `nowMs` is a monotonic
 * clock.
 */
export const importProgress = (
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  nowMs: () => number = () => performance.now(),
): ImportProgress => {
  const clear = '\r\u001b[K';
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show: ({ file, read }) => {
      if (stream.isTTY !== true || nowMs() - shownMs < redrawMs) return;
      shownMs = nowMs();
      stream.write(`${clear}${harmless(file).slice(-40)}: ${read.toLocaleString('en-US')} read`);
    },
    end: () => {
      if (stream.isTTY === true) stream.write(clear);
    },
  };
};
