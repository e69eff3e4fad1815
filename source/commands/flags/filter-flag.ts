import type { Filter } from '../../filter/filter.ts';
import { parseFilter } from '../../filter/parse-filter.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { cellWidth } from '../../text/width.ts';

/**
 * Reads the value of `--filter`; null for none and for a blank one. Throws UserError if it is wrong, and
 * prints a mark below the place before.
 */
export const readFilterFlag = (text: string | undefined): Filter | null => {
  if (text === undefined) return null;
  const parsed = parseFilter(text);
  if (parsed.kind === 'filter') return parsed.filter;
  if (parsed.kind === 'none') return null;
  throw wrongAtMark('filter', text, parsed.problem);
};

/** Prints a text with a mark below the place where it is wrong; returns what to throw. */
export const wrongAtMark = (
  what: 'filter' | 'gate',
  text: string,
  { message, position }: { readonly position: number; readonly message: string },
): UserError => {
  const before = cellWidth(printableLine(text.slice(0, position)));
  process.stderr.write(`  ${printableLine(text)}\n  ${' '.repeat(before)}^\n`);
  return new UserError(
    `The ${what} is wrong at the mark: ${message}${message.endsWith('?') ? '' : '.'}`,
  );
};
