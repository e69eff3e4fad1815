import { harmless } from '../../text/harmless.ts';

/** Nobody reads faster, and a terminal that is written to holds up the import. */
const everyMs = 50;

/**
 * A line on a terminal that tells how far an import is, and goes away; nothing elsewhere. `nowMs` are
 * milliseconds that only rise.
 */
export const importProgress = (
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  nowMs: () => number = () => performance.now(),
) => {
  const clear = '\r\u001b[K';
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show({ file, read }: { readonly file: string; readonly read: number }): void {
      if (stream.isTTY !== true || nowMs() - shownMs < everyMs) return;
      shownMs = nowMs();
      stream.write(`${clear}${harmless(file).slice(-40)}: ${read.toLocaleString('en-US')} read`);
    },
    end(): void {
      if (stream.isTTY === true) stream.write(clear);
    },
  };
};
