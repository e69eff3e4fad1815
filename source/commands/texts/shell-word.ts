import { printable } from '../../text/printable.ts';

/** Returns an argument as a shell takes it, printable. */
export const shellWord = (text: string): string => {
  const shown = printable(text);
  return /^[\w./:@#%+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
};
