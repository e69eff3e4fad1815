import { harmless } from '../text/harmless.ts';

/** A line on a terminal that tells how far an import is, and goes away; nothing elsewhere. */
export const importProgress = (stream: {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}) => {
  const clear = '\r\u001b[K';
  return {
    show({ file, read }: { readonly file: string; readonly read: number }): void {
      if (stream.isTTY === true) {
        stream.write(`${clear}${harmless(file).slice(-40)}: ${read.toLocaleString('en-US')} read`);
      }
    },
    end(): void {
      if (stream.isTTY === true) stream.write(clear);
    },
  };
};
