/** Returns a text of the summary as one line, which is wrapped under its indent where its width is known. */
export const paragraph = (text: string, indent: '' | '  '): readonly string[] => [indent + text];
