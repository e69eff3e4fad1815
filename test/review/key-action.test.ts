import { describe, expect, it } from 'vitest';
import { keyAction, pasteAction } from '../../source/review/session/key-action.ts';
import { noViewport } from '../../source/review/session/scroll.ts';
import { defaultKeymap } from '../../source/review/session/keymap.ts';

const viewport = { ...noViewport, rows: 10, height: 5, sideBySide: true };

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
      keymap: defaultKeymap,
      viewport: () => viewport,
      ...now,
    },
  );

describe('a key', () => {
  it('runs its command with the current viewport', () => {
    expect(press('q')).toMatchObject({ kind: 'command', viewport });
    expect(press('a')).toEqual({ kind: 'command', id: 'verdict.agree', viewport });
  });

  it('says so if its character has no command, as with caps lock', () => {
    for (const mode of ['review', 'help', 'pairs'] as const) {
      expect(press('A', { mode })).toMatchObject({
        kind: 'notice',
        notice: { text: 'A is not a key here: ? lists the keys' },
      });
    }
    expect(press('f5', {}, null)).toBeNull();
  });

  it('of the review says in an overlay that it does nothing there', () => {
    for (const name of ['a', 'x', 'b', 'w', 'space', '1', '9', 'v', 'z', 'L']) {
      expect(press(name, { mode: 'help' }, null)).toMatchObject({
        kind: 'notice',
        notice: { text: `${name} was not taken: esc goes back to the pair first` },
      });
    }
  });

  it('can only quit if the screen is too small', () => {
    expect(press('a', { isTooSmall: true })).toBeNull();
    expect(press('q', { isTooSmall: true })).toMatchObject({ kind: 'command', id: 'quit' });
  });

  it('is a character in every line of text, whatever it does elsewhere', () => {
    const characters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    for (const mode of ['filter', 'search', 'comment', 'palette'] as const) {
      for (const name of [...characters, '，', '退', 'é']) {
        expect(press(name, { mode })).toEqual({ kind: 'text', text: name });
      }
      expect(press('space', { mode }, ' ')).toEqual({ kind: 'text', text: ' ' });
    }
  });

  it('is text while a comment is open', () => {
    expect(press('a', { mode: 'comment' })).toEqual({ kind: 'text', text: 'a' });
    expect(press('backspace', { mode: 'comment' }, null)).toEqual({
      kind: 'edit',
      edit: 'erase',
    });
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
