import { eachGrapheme, isSimple, simpleCellWidth } from './cells.ts';

const space = 0x20;

/**
 * Where each screen row of one harmless logical line starts, in code units; the first is 0. A row
 * takes at most `width` cells (≥ 1), but for trailing spaces, which hang out of it, and for a wide
 * character in a width of 1. Rows break after spaces and around wide characters (Chinese needs no
 * spaces); a word that is longer than a row is cut between graphemes.
 */
export const wrapOffsets = (text: string, width: number): readonly number[] => {
  if (text.length <= width && /^[ -~]*$/.test(text)) return [0];
  const offsets = [0];
  let rowStart = 0;
  let used = 0;
  // The last place in this row where it may break, and the cells used up to there.
  let breakAt = 0;
  let usedAtBreak = 0;
  let afterSpace = false;
  let afterWide = false;

  const place = (start: number, end: number, cells: number): boolean => {
    if (text.charCodeAt(start) === space && end === start + 1) {
      used += 1;
      afterSpace = true;
      afterWide = false;
      return true;
    }
    if ((afterSpace || afterWide || cells >= 2) && start > rowStart) {
      breakAt = start;
      usedAtBreak = used;
    }
    afterSpace = false;
    afterWide = cells >= 2;
    if (used + cells > width && start > rowStart && cells > 0) {
      const cut = breakAt > rowStart ? breakAt : start;
      used -= cut === start ? used : usedAtBreak;
      rowStart = cut;
      offsets.push(cut);
    }
    used += cells;
    return true;
  };

  if (isSimple(text)) {
    for (let index = 0; index < text.length; index++) {
      place(index, index + 1, simpleCellWidth(text.charCodeAt(index)));
    }
  } else eachGrapheme(text, place);
  return offsets;
};

/** How many screen rows a harmless logical line takes at a width in cells; at least 1. */
export const rowCount = (text: string, width: number): number => wrapOffsets(text, width).length;
