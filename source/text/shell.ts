import { printableLine } from './printable.ts';

/** Puts a text in quotation marks, so that a shell takes it as it is. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A text as one word of a command that is shown to be copied: quoted only where a shell would read it otherwise. */
export const shellWord = (text: string): string =>
  printableLine(/^[\w./:@%+,][\w./:@%+,=#-]*$/.test(text) ? text : shellQuoted(text));

/** ` --db FILE` for the end of a command that is shown, as the user named the store; empty if it is the usual one. */
export const storeFlagText = (db: string | undefined): string =>
  db === undefined ? '' : ` --db ${shellWord(db)}`;
