import { cellWidth, eachGrapheme, isSimple, simpleCellWidth, truncateCells } from './width.ts';

const space = 0x20;

const units = (characters: string): ReadonlySet<number> =>
  new Set(Array.from(characters, (character) => character.charCodeAt(0)));

/** Characters that begin no row of Chinese, and those that end none. */
const closing = units('、。，．：；！？）】》」』〉〕,.:;!?)]}%');
const opening = units('（【《「『〈〔');

/**
 * The position in code units at which each screen row of one printable line starts; the first is 0. A row
 * takes at most `width` cells (at least 1), except for trailing spaces and for a wide character in a width
 * of 1. Rows break after spaces and around wide characters, because Chinese has no spaces, but there not
 * before closing punctuation or after an opening bracket. A word that is longer than a row is cut between
 * graphemes. Rows after the first take `hang` cells less.
 */
export const wrapOffsets = (text: string, width: number, hang = 0): readonly number[] => {
  if (text.length <= width && /^[ -~]*$/.test(text)) return [0];
  const offsets = [0];
  let room = width;
  let rowStart = 0;
  let used = 0;
  // The last position at which this row may break, and the cells used up to it.
  let breakAt = 0;
  let usedAtBreak = 0;
  let afterSpace = false;
  let afterWide = false;
  let afterOpening = false;
  // The graphemes since the last break, or since the row began: they may be too long for a narrower row.
  let word: { readonly start: number; readonly cells: number }[] = [];

  /** The grapheme at which a row without a break must end, and the cells before it. */
  const cutIn = (start: number): { readonly at: number; readonly before: number } => {
    let before = 0;
    for (const grapheme of word) {
      if (before + grapheme.cells > room && grapheme.start > rowStart) {
        return { at: grapheme.start, before };
      }
      before += grapheme.cells;
    }
    return { at: start, before: used };
  };

  const place = (start: number, end: number, cells: number): boolean => {
    if (text.charCodeAt(start) === space && end === start + 1) {
      used += 1;
      afterSpace = true;
      afterWide = false;
      return true;
    }
    const unit = text.charCodeAt(start);
    const isBreak =
      afterSpace || ((afterWide || cells >= 2) && !afterOpening && !closing.has(unit));
    if (isBreak && start > rowStart) {
      breakAt = start;
      usedAtBreak = used;
      word = [];
    }
    afterSpace = false;
    afterWide = cells >= 2;
    afterOpening = afterWide && opening.has(unit);
    // What stands since the last break may be too long for a row with this character, too.
    // A mark of no width stays with what it stands on.
    if (cells > 0) {
      while (used + cells > room && start > rowStart) {
        const { at, before } =
          breakAt > rowStart ? { at: breakAt, before: usedAtBreak } : cutIn(start);
        used -= before;
        rowStart = at;
        offsets.push(at);
        room = width - hang;
        word = word.filter((grapheme) => grapheme.start >= at);
      }
    }
    used += cells;
    if (hang > 0) word.push({ start, cells });
    return true;
  };

  if (isSimple(text)) {
    for (let index = 0; index < text.length; index++) {
      place(index, index + 1, simpleCellWidth(text.charCodeAt(index)));
    }
  } else eachGrapheme(text, place);
  return offsets;
};

/**
 * Breaks a printable one-line text at spaces into lines of at most `width` cells. Words that are longer are
 * cut. Every line begins with the indent; unless it is empty, the lines after the first are indented
 * by two more spaces.
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

/** Wraps lines that do not fit into `width` cells at spaces, each with its own indent. */
export const wrappedLines = (lines: readonly string[], width = 80): readonly string[] =>
  lines.flatMap((line) => {
    const text = line.trimStart();
    return cellWidth(line) <= width
      ? [line]
      : wrapped(text, line.slice(0, line.length - text.length), width);
  });
