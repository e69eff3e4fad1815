import { cellWidth, truncateCells } from './width.ts';

/**
 * A harmless one-line text in lines of at most `width` cells, broken at spaces; a longer word is cut.
 * Every line begins with the indent, those after the first with two more spaces unless it is empty.
 */
export const wrapped = (text: string, indent: string, width = 80): readonly string[] => {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (cellWidth(longer) <= width || line.trim() === '') {
      line = truncateCells(longer, width);
      continue;
    }
    lines.push(line);
    line = truncateCells(indent + (indent === '' ? '' : '  ') + word, width);
  }
  return [...lines, line];
};
