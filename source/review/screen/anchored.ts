import { cellWidth, eachGrapheme, isDisputed } from '../../text/width.ts';

// An escape sequence, a line break, or text.
const parts =
  /\u001B\[(?<numbers>[\d;?]*)(?<final>[@-~])|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[\n\r]|[^\u001B\n\r]+|\u001B/g;

/**
 * Returns terminal output with an added cursor movement to the expected column after each character whose width
 * differs between terminals. The text after such a character is then in the right column, and partial updates of
 * a row fit, however wide the terminal draws the character. The output is one or more frames, each of which
 * begins in the first column.
 */
export const anchored = (written: string): string => {
  if (!isDisputed(written)) return written;
  let column = 0;
  let anchoredText = '';
  for (const { 0: part, groups = {} } of written.matchAll(parts)) {
    const { final, numbers = '' } = groups;
    if (final !== undefined) {
      column = columnAfter(column, final, numbers);
      anchoredText += part;
    } else if (part === '\n' || part === '\r') {
      column = 0;
      anchoredText += part;
    } else if (part.startsWith('\u001B')) anchoredText += part;
    else if (!isDisputed(part)) {
      column += cellWidth(part);
      anchoredText += part;
    } else {
      eachGrapheme(part, (start, end, width) => {
        const grapheme = part.slice(start, end);
        column += width;
        anchoredText += isDisputed(grapheme) ? `${grapheme}\u001B[${column + 1}G` : grapheme;
        return true;
      });
    }
  }
  return anchoredText;
};

/** Returns the column, counted from 0, after one of the sequences that Ink writes. */
const columnAfter = (column: number, final: string, numbers: string): number => {
  switch (final) {
    case 'G':
      return Number(numbers || 1) - 1;
    case 'H':
      return Number(numbers.split(';')[1] ?? 1) - 1;
    case 'E':
    case 'F':
      return 0;
    case 'C':
      return column + Number(numbers || 1);
    case 'D':
      return Math.max(0, column - Number(numbers || 1));
    default:
      return column;
  }
};
