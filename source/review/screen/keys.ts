import type { Key } from 'ink';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The names of the keys in one input event. Fast typing and a loaded machine deliver several keys as
 * one event (`jjj`), so each grapheme is a key of its own.
 */
export const keyNames = (input: string, key: Key): readonly string[] => {
  const special = specialKey(key);
  if (special !== null) return [special];
  if (key.ctrl) return input === '' ? [] : [`ctrl-${input}`];
  if (key.meta || input === '') return [];
  return [...segmenter.segment(input)].map(({ segment }) => (segment === ' ' ? 'space' : segment));
};

const specialKey = (key: Key): string | null => {
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return 'tab';
  if (key.backspace || key.delete) return 'backspace';
  return null;
};
