import stringWidth from 'string-width';
import { LazySegmenter } from './lazy-segmenter.ts';

// Code units that are always a grapheme by themselves and whose width follows from one comparison:
// printable ASCII, Latin, Greek, Cyrillic, common punctuation, box drawing; kana, Han, Hangul syllables
// and full-width forms. Nothing that combines (jamo, marks, joiners, emoji) is among them.
const simpleUnits =
  ' -~\\u00A1-\\u00A8\\u00AA-\\u00AC\\u00AF-\\u02FF\\u0391-\\u03C9\\u0400-\\u0482\\u048A-\\u052F' +
  '\\u2010-\\u2027\\u2190-\\u2193\\u2400-\\u2424\\u2500-\\u257F\\u25B2\\u25CB\\u2713\\u2717' +
  '\\u3000-\\u3029\\u3041-\\u3096\\u309D-\\u30FF\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uAC00-\\uD7A3\\uFF01-\\uFF60';

const simpleText = new RegExp(`^[${simpleUnits}]*$`);

// A stretch that needs the segmenter, with the simple unit on each side of it, because a mark joins the
// character before it and a prepended mark the one after it.
const complexStretch = new RegExp(
  `[${simpleUnits}]?[^${simpleUnits}]+(?:[${simpleUnits}][^${simpleUnits}]+)*[${simpleUnits}]?`,
  'g',
);

const graphemes = new LazySegmenter('en', { granularity: 'grapheme' });

const knownWidths = new Map<string, number>();
const knownWidthsLimit = 4096;

// The vowels of Thai and Lao that join the letter before them are letters, not marks.
const disputed = /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{M}\u200D\u0E33\u0EB3]/u;

// The letters of a grapheme, except those that string-width counts each: jamo, and half-width forms.
const letters = /[\p{L}--\p{Script=Hangul}--[\uFF00-\uFFEF]]/gv;

/** Whether terminals disagree on the width of a text: emoji, and characters that are joined to the one before. */
export const isDisputed = (text: string): boolean => disputed.test(text);

/** Whether every code unit of a text is a grapheme whose width `simpleCellWidth` knows. */
export const isSimple = (text: string): boolean => simpleText.test(text);

/** The width of a simple code unit, in cells. */
export const simpleCellWidth = (unit: number): 1 | 2 => (unit >= 0x3000 ? 2 : 1);

/**
 * The width of a grapheme. string-width counts one letter of it. Most terminals draw each in a cell of its own,
 * as in the conjuncts of Hindi and in Thai `ทำ`, and what is written next would erase the others. So they draw
 * what a prepended letter joins, such as the space after it.
 */
const widthOf = (grapheme: string): number => {
  const last = grapheme.slice(-1);
  if (grapheme.length > 1 && isSimple(last)) {
    return widthOf(grapheme.slice(0, -1)) + simpleCellWidth(last.charCodeAt(0));
  }
  return stringWidth(grapheme) + Math.max(0, (grapheme.match(letters)?.length ?? 0) - 1);
};

const graphemeWidth = (grapheme: string): number => {
  const known = knownWidths.get(grapheme);
  if (known !== undefined) return known;
  const width = widthOf(grapheme);
  if (knownWidths.size >= knownWidthsLimit) knownWidths.clear();
  if (grapheme.length <= 32) knownWidths.set(grapheme, width);
  return width;
};

/**
 * Calls `visit` for each grapheme of a text, in order, with its start and end in code units and its width
 * in cells, until it returns false. Only stretches that need it go through the segmenter, so that one
 * emoji does not make a line of a megabyte slow.
 */
export const eachGrapheme = (
  text: string,
  visit: (start: number, end: number, width: number) => boolean,
): void => {
  const simple = (from: number, to: number): boolean => {
    for (let index = from; index < to; index++) {
      if (!visit(index, index + 1, simpleCellWidth(text.charCodeAt(index)))) return false;
    }
    return true;
  };
  let position = 0;
  if (!isSimple(text)) {
    for (const stretch of text.matchAll(complexStretch)) {
      if (!simple(position, stretch.index)) return;
      for (const { segment, index } of graphemes.segment(stretch[0])) {
        const start = stretch.index + index;
        if (!visit(start, start + segment.length, graphemeWidth(segment))) return;
      }
      position = stretch.index + stretch[0].length;
    }
  }
  simple(position, text.length);
};

/**
 * The width of a printable text in terminal cells, by string-width (in which ambiguous characters count one),
 * except for graphemes of several letters. The build gives Ink this function.
 */
export const cellWidth = (text: string): number => {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  eachGrapheme(text, (_start, _end, cells) => {
    width += cells;
    return true;
  });
  return width;
};

/**
 * Truncates a text to `width` cells; a truncated text ends in `…`. It is cut between graphemes, so the result
 * may be one cell narrower. Empty if `width` is below 1.
 */
export const truncateCells = (text: string, width: number): string => {
  if (width < 1) return '';
  let used = 0;
  let kept = 0;
  let fits = true;
  eachGrapheme(text, (_start, end, cells) => {
    used += cells;
    if (used <= width - 1) kept = end;
    fits = used <= width;
    return fits;
  });
  return fits ? text : `${text.slice(0, kept)}…`;
};

/** Truncates a text or pads it with spaces to exactly `width` cells. */
export const padCells = (text: string, width: number): string => {
  const shown = truncateCells(text, width);
  return shown + ' '.repeat(Math.max(0, width - cellWidth(shown)));
};

const colours = /\u001B\[[\d;]*m/g;

/** The width of a printable text to which escape codes for colours and weight were added. */
export const paintedWidth = (painted: string): number =>
  cellWidth(painted.includes('\u001B') ? painted.replaceAll(colours, '') : painted);
