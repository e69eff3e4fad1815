import stringWidth from 'string-width';

// Code units that are a grapheme of their own beside each other, with a width that one comparison
// gives: printable ASCII, Latin, Greek, Cyrillic, usual punctuation, box drawing; kana, Han, Hangul
// syllables and full-width forms. What combines (jamo, marks, joiners, emoji) is not among them.
const simpleUnits =
  ' -~\\u00A1-\\u00A8\\u00AA-\\u00AC\\u00AF-\\u02FF\\u0391-\\u03C9\\u0400-\\u0482\\u048A-\\u052F' +
  '\\u2010-\\u2027\\u2190-\\u2193\\u2400-\\u2424\\u2500-\\u257F\\u25B2\\u25CB\\u2713\\u2717' +
  '\\u3000-\\u3029\\u3041-\\u3096\\u309D-\\u30FF\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uAC00-\\uD7A3\\uFF01-\\uFF60';

const simpleText = new RegExp(`^[${simpleUnits}]*$`);

// A stretch that needs the segmenter, with the simple unit on each side of it, since a mark joins
// the character before it and a prepended one the character after it.
const complexStretch = new RegExp(
  `[${simpleUnits}]?[^${simpleUnits}]+(?:[${simpleUnits}][^${simpleUnits}]+)*[${simpleUnits}]?`,
  'g',
);

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const knownWidths = new Map<string, number>();
const knownWidthsLimit = 4096;

/** Whether every code unit of the text is a grapheme whose width `simpleCellWidth` knows. */
export const isSimple = (text: string): boolean => simpleText.test(text);

/** Cells of a simple code unit. */
export const simpleCellWidth = (unit: number): 1 | 2 => (unit >= 0x3000 ? 2 : 1);

const graphemeWidth = (grapheme: string): number => {
  const known = knownWidths.get(grapheme);
  if (known !== undefined) return known;
  const width = stringWidth(grapheme);
  if (knownWidths.size >= knownWidthsLimit) knownWidths.clear();
  if (grapheme.length <= 32) knownWidths.set(grapheme, width);
  return width;
};

/**
 * Calls `visit` for each grapheme of the text, in order, with its start, its end (code units) and
 * its width in cells, until it returns false. Only the stretches that need it go through the
 * segmenter, so that an emoji in a line of a megabyte does not make the whole line slow.
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
