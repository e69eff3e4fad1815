/** The fields of a head as they came; a character is a byte. */
export type HeaderLines = {
  /** Name and value in turn: names as they are spelled, values without the white space around them. */
  readonly raw: readonly string[];
  /** The names in lower case. */
  readonly names: readonly string[];
};

const isName = /^[!#$%&'*+\-.^_`|~\w]+$/;

/**
 * Reads the lines of a head from an index to the end of the text. The text holds no control
 * characters but the line ends; null where a line is no field (RFC 9112, section 5).
 */
export const readHeaderLines = (text: string, from: number): HeaderLines | null => {
  const raw: string[] = [];
  const names: string[] = [];
  for (let at = from; at < text.length;) {
    const lineEnd = text.indexOf('\r\n', at);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon >= end) return null;
    const name = text.slice(at, colon);
    if (!isName.test(name)) return null;
    raw.push(name, trimmed(text, colon + 1, end));
    names.push(name.toLowerCase());
    at = end + 2;
  }
  return { raw, names };
};

/** Without spaces and tabs, and nothing else: what other kinds of white space are is not agreed on. */
const trimmed = (text: string, from: number, to: number): string => {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
};

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** All values of a field, in their order; `name` in lower case. */
export const headerValues = ({ raw, names }: HeaderLines, name: string): readonly string[] => {
  let at = names.indexOf(name);
  if (at === -1) return none;
  const values: string[] = [];
  for (; at !== -1; at = names.indexOf(name, at + 1)) values.push(raw[2 * at + 1] ?? '');
  return values;
};

const none: readonly string[] = [];

/** The value of a field, of several the list that they are together; null where there is none. */
export const headerValue = ({ raw, names }: HeaderLines, name: string): string | null => {
  const at = names.indexOf(name);
  if (at === -1) return null;
  if (names.indexOf(name, at + 1) === -1) return raw[2 * at + 1] ?? '';
  return headerValues({ raw, names }, name).join(', ');
};

/** Whether a field that is a list of words has one of them, whatever its case. */
export const headerHasWord = (lines: HeaderLines, name: string, word: string): boolean => {
  const value = headerValue(lines, name);
  if (value === null) return false;
  const lower = value.toLowerCase();
  return lower === word || lower.split(',').some((one) => one.trim() === word);
};
