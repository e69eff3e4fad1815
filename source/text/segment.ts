// The words that ICU finds in ASCII text, without its cost. `a.b`, `don't` and `1,000` are one word.
const asciiWords =
  /[A-Za-z0-9_](?:[A-Za-z0-9_]|(?<=[A-Za-z])[.'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))*| +|\r\n|[^]/g;

const asciiOnly = /^[\0-\x7F]*$/;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * The text cut into words, runs of spaces and single punctuation marks, which joined give the text
 * back. Chinese, Japanese and Thai are cut by the dictionary of `Intl.Segmenter`. A colon is always
 * a piece of its own: versions of ICU do not agree on it.
 */
export const words = (text: string): string[] => {
  if (text === '') return [];
  if (asciiOnly.test(text)) return text.match(asciiWords) ?? [];
  const found: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    if (segment.length > 1 && segment.includes(':')) {
      for (const piece of segment.split(/(:)/)) if (piece !== '') found.push(piece);
    } else found.push(segment);
  }
  return found;
};
