import { cellWidth } from '../../text/width.ts';

/** A command that ends a line: `To continue: understudy review c1 --db traffic.db`. */
const lastCommand = /(?<=: )understudy .*$/;

/**
 * Breaks a line of printable text at spaces into rows of at most `width` cells, each with the line's own indent. A
 * word that is longer has a row of its own, and a command at the end of the line stays whole: the terminal
 * wraps both so that they can be copied.
 */
export const rowsOfLine = (line: string, width: number): readonly string[] => {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const command = lastCommand.exec(line)?.[0] ?? null;
  const text = line.slice(indent.length, command === null ? undefined : -command.length).trimEnd();
  const words = [...text.split(' '), ...(command === null ? [] : [command])];
  const rows: string[] = [];
  let row: string | null = null;
  for (const word of words) {
    const longer: string = row === null ? indent + word : `${row} ${word}`;
    if (row !== null && cellWidth(longer) > width) {
      rows.push(row);
      row = indent + word;
    } else row = longer;
  }
  return row === null ? rows : [...rows, row];
};

/** Writes lines of printable text. On a terminal they are wrapped at words; elsewhere they stay as they are. */
export const writeLines = (
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>,
  text: string,
): void => {
  stream.write(
    stream.isTTY
      ? text
          .split('\n')
          .flatMap((line) => rowsOfLine(line, stream.columns))
          .join('\n')
      : text,
  );
};
