import { describe, expect, it } from 'vitest';
import { keyAction, pasteAction } from '../../source/review/session/key-action.ts';

const viewport = { rows: 10, height: 5, differences: [], opening: 0, sideBySide: true };

const press = (
  name: string,
  now: Partial<Parameters<typeof keyAction>[1]> = {},
  text: string | null = name,
) =>
  keyAction(
    { name, text },
    {
      mode: 'review',
      isTooSmall: false,
      isShown: () => true,
      viewport: () => viewport,
      ...now,
    },
  );

describe('a key', () => {
  it('runs its command with the current viewport', () => {
    expect(press('q')).toMatchObject({ kind: 'command', viewport });
    expect(press('a')).toEqual({ kind: 'command', id: 'verdict.agree', viewport });
    expect(press('~')).toBeNull();
  });

  it('gives no verdict on a pair that is not on the screen', () => {
    expect(press('a', { isShown: () => false })).toMatchObject({ kind: 'notice' });
    expect(press('q', { isShown: () => false })).toMatchObject({ kind: 'command' });
  });

  it('can only quit if the screen is too small', () => {
    expect(press('a', { isTooSmall: true })).toBeNull();
    expect(press('q', { isTooSmall: true })).toMatchObject({ kind: 'command', id: 'quit' });
  });

  it('is text while a comment is open', () => {
    expect(press('a', { mode: 'comment' })).toEqual({ kind: 'text', text: 'a' });
    expect(press('backspace', { mode: 'comment' }, null)).toEqual({ kind: 'erase' });
    expect(press('up', { mode: 'comment' }, null)).toBeNull();
  });
});

it('pasted text goes into an open comment and is never a command', () => {
  expect(pasteAction('a', 'comment')).toEqual({ kind: 'text', text: 'a' });
  expect(pasteAction('a', 'review')).toMatchObject({
    kind: 'notice',
    notice: { text: 'pasted text is not a command: a' },
  });
});
