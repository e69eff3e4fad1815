/**
 * Returns a text without the white space around it. The indentation of the first line stays if another line
 * is indented, too: in Python, YAML and nested lists, the lines would no longer stand below each other.
 */
export const withoutOuterSpace = (text: string): string => {
  const withoutEnd = text.trimEnd();
  return /[\n\r][^\S\n\r]+\S/.test(withoutEnd.trimStart())
    ? withoutEnd.replace(/^(?:[^\S\n\r]*[\n\r])+/, '')
    : withoutEnd.trimStart();
};

/** Returns a text with a line feed at the end of each line. */
export const inOneLineEnding = (text: string): string => text.replaceAll(/\r\n?/g, '\n');
