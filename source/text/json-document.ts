/** Controls of 8 bits, and what reorders or breaks lines: `JSON.stringify` escapes only controls below U+0020. */
const hostile = /[\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/**
 * The text of a JSON document for stdout, on one line or indented by two spaces, with a line feed at its
 * end. Characters that a terminal obeys or that reorder text are written as `\u009b`, so that the document
 * can be shown on a terminal and means the same.
 */
export const jsonDocument = (value: unknown, layout: 'one line' | 'indented'): string => {
  const text = JSON.stringify(value, null, layout === 'indented' ? 2 : 0);
  return `${text.replaceAll(hostile, escaped)}\n`;
};

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
