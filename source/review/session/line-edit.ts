import { LazySegmenter } from '../../text/lazy-segmenter.ts';

/** The keys that edit a line of text, as in a shell, and what each does. */
const edits = {
  left: 'left',
  'ctrl-b': 'left',
  right: 'right',
  'ctrl-f': 'right',
  'alt-b': 'word_left',
  'alt-left': 'word_left',
  'alt-f': 'word_right',
  'alt-right': 'word_right',
  home: 'start',
  'ctrl-a': 'start',
  end: 'end',
  'ctrl-e': 'end',
  backspace: 'erase',
  'ctrl-h': 'erase',
  delete: 'delete',
  'ctrl-d': 'delete',
  'ctrl-w': 'erase_word',
  'alt-d': 'delete_word',
  'ctrl-u': 'erase_to_start',
  'ctrl-k': 'delete_to_end',
} as const;

/** A change of a line of text, or of the place of its cursor. */
export type LineEdit = (typeof edits)[keyof typeof edits];

/** Returns what a key does to a line of text; null for nothing. */
export const lineEdit = (key: string): LineEdit | null =>
  Object.hasOwn(edits, key) ? edits[key as keyof typeof edits] : null;

/** A line of text; the cursor stands before the character with the index `cursor`. */
export type TypedLine = { readonly text: string; readonly cursor: number };

/** Returns a line with the cursor at its end. */
export const lineOf = (text: string): TypedLine => ({ text, cursor: text.length });

/** Returns the line with a text added at the cursor, as far as `maximum` characters allow. */
export const insertText = (
  { cursor, text }: TypedLine,
  added: string,
  maximum: number,
): TypedLine => {
  const fitting = added.slice(0, Math.max(0, maximum - text.length)).toWellFormed();
  return {
    text: text.slice(0, cursor) + fitting + text.slice(cursor),
    cursor: cursor + fitting.length,
  };
};

/** Returns the line after an edit. The cursor never stands within a grapheme. */
export const editLine = ({ cursor, text }: TypedLine, edit: LineEdit): TypedLine => {
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  const joined = (left: string, right: string): TypedLine => ({
    text: left + right,
    cursor: left.length,
  });
  switch (edit) {
    case 'left':
      return { text, cursor: cursor - lastGrapheme(before) };
    case 'right':
      return { text, cursor: cursor + firstGrapheme(after) };
    case 'word_left':
      return { text, cursor: before.replace(lastWord, '').length };
    case 'word_right':
      return { text, cursor: text.length - after.replace(firstWord, '').length };
    case 'start':
      return { text, cursor: 0 };
    case 'end':
      return { text, cursor: text.length };
    case 'erase':
      return joined(before.slice(0, cursor - lastGrapheme(before)), after);
    case 'delete':
      return joined(before, after.slice(firstGrapheme(after)));
    case 'erase_word':
      return joined(before.replace(/\S*\s*$/u, ''), after);
    case 'delete_word':
      return joined(before, after.replace(firstWord, ''));
    case 'erase_to_start':
      return joined('', after);
    case 'delete_to_end':
      return joined(before, '');
  }
};

const lastWord = /[\p{L}\p{M}\p{N}]*[^\p{L}\p{M}\p{N}]*$/u;
const firstWord = /^[^\p{L}\p{M}\p{N}]*[\p{L}\p{M}\p{N}]*/u;

const segmenter = new LazySegmenter(undefined, { granularity: 'grapheme' });

const lastGrapheme = (text: string): number =>
  [...segmenter.segment(text)].at(-1)?.segment.length ?? 0;

const firstGrapheme = (text: string): number => {
  for (const { segment } of segmenter.segment(text)) return segment.length;
  return 0;
};
