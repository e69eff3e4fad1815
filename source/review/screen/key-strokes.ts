import { LazySegmenter } from '../../text/lazy-segmenter.ts';
import type { Key } from 'ink';
import type { KeyStroke } from '../session/key-action.ts';

const segmenter = new LazySegmenter(undefined, { granularity: 'grapheme' });

/**
 * Returns the keys in one input event. Fast typing on a busy machine arrives as one event with
 * several keys (`jjj`), so each grapheme is a separate key.
 */
export const keyStrokes = (input: string, key: Key): readonly KeyStroke[] => {
  const special = specialKey(key);
  if (special !== null) return [{ name: special, text: null }];
  if (key.ctrl) return input === '' ? [] : [{ name: `ctrl-${input}`, text: null }];
  if (key.meta) return /^[a-z]$/.test(input) ? [{ name: `alt-${input}`, text: null }] : [];
  const graphemes = [...segmenter.segment(input)].map(({ segment }) => segment);
  return graphemes.map((grapheme, index) => typedKey(grapheme, index === graphemes.length - 1));
};

/**
 * Returns the key for one grapheme. A line feed in the middle of an event comes from an unbracketed
 * paste and counts as white space; only one at the end is the key that saves a comment.
 */
const typedKey = (grapheme: string, isLast: boolean): KeyStroke => {
  if (grapheme === ' ') return { name: 'space', text: ' ' };
  if (/^[\r\n]+$/.test(grapheme)) {
    return isLast ? { name: 'enter', text: null } : { name: 'space', text: ' ' };
  }
  const code = grapheme.charCodeAt(0);
  if (code === 0x09) return { name: 'tab', text: null };
  if (code < 0x20) return { name: `ctrl-${String.fromCharCode(code + 0x60)}`, text: null };
  return { name: grapheme, text: grapheme };
};

const specialKey = (key: Key): string | null => {
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  const isWord = key.ctrl || key.meta;
  if (key.leftArrow) return isWord ? 'alt-left' : 'left';
  if (key.rightArrow) return isWord ? 'alt-right' : 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return 'tab';
  if (key.backspace) return key.meta ? 'ctrl-w' : 'backspace';
  if (key.delete) return 'delete';
  return null;
};
