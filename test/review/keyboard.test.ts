import { describe, expect, it } from 'vitest';
import { actionOfKey, actionOfPaste } from '../../source/review/screen/key-action.ts';

const viewport = { rows: 10, height: 5, differences: [], sideBySide: true };

const press = (
  name: string,
  now: Partial<Parameters<typeof actionOfKey>[1]> = {},
  text: string | null = name,
) =>
  actionOfKey(
    { name, text },
    {
      mode: 'review',
      isTooSmall: false,
      isShown: () => true,
      viewport: () => viewport,
      ...now,
    },
  );

describe('what a key does', () => {
  it('is its command, with what is on the screen', () => {
    expect(press('q')).toMatchObject({ kind: 'command', viewport });
    expect(press('a')).toEqual({ kind: 'command', id: 'verdict.agree', viewport });
    expect(press('~')).toBeNull();
  });

  it('is no verdict on a pair that is not on the screen', () => {
    expect(press('a', { isShown: () => false })).toMatchObject({ kind: 'notice' });
    expect(press('q', { isShown: () => false })).toMatchObject({ kind: 'command' });
  });

  it('is only to leave where the screen is too small', () => {
    expect(press('a', { isTooSmall: true })).toBeNull();
    expect(press('q', { isTooSmall: true })).toMatchObject({ kind: 'command', id: 'quit' });
  });

  it('is text in a comment', () => {
    expect(press('a', { mode: 'comment' })).toEqual({ kind: 'text', text: 'a' });
    expect(press('backspace', { mode: 'comment' }, null)).toEqual({ kind: 'erase' });
    expect(press('up', { mode: 'comment' }, null)).toBeNull();
  });
});

it('a pasted text is part of a comment and no verdict', () => {
  expect(actionOfPaste('a', 'comment')).toEqual({ kind: 'text', text: 'a' });
  expect(actionOfPaste('a', 'review')).toMatchObject({
    kind: 'notice',
    notice: { text: 'a pasted text judges nothing: a' },
  });
});
