import { printable } from '../../text/printable.ts';
import { lineEdit } from './line-edit.ts';
import { commandFor, keyHint, type CommandId, type Keymap } from './keymap.ts';
import type { Viewport } from './scroll.ts';
import type { Mode } from './session.ts';
import type { Action } from './step.ts';
import { takesText } from './text-lines.ts';

/**
 * A key: its name in the keymap and its text for a comment, or null. `paste`: it is a character of a text that was
 * pasted into a terminal that does not mark pastes.
 */
export type KeyStroke = {
  readonly name: string;
  readonly text: string | null;
  readonly origin?: 'paste';
};

/** The commands that work while the terminal is too small to show anything. */
const withoutScreen: ReadonlySet<CommandId> = new Set(['quit', 'interrupt', 'suspend']);

/** The commands that open a line. Only they are taken from text that may have been typed ahead. */
const lineCommands: ReadonlySet<CommandId> = new Set([
  'comment.open',
  'filter.open',
  'palette.open',
  'search.open',
]);

/** Returns the action of a key; null for none. A character that does nothing here says so. */
export const keyAction = (
  { name, origin, text }: KeyStroke,
  screen: {
    readonly keymap: Keymap;
    readonly mode: Mode['kind'];
    readonly isTooSmall: boolean;
    readonly viewport: () => Viewport;
  },
): Action | null => {
  const { keymap, mode } = screen;
  const id = commandFor(keymap, mode, name);
  if (screen.isTooSmall && (id === null || !withoutScreen.has(id))) return null;
  if (origin === 'paste' && !takesText(mode) && (id === null || !lineCommands.has(id))) {
    return notice(notCommand);
  }
  if (id !== null) return { kind: 'command', id, viewport: screen.viewport() };
  if (takesText(mode)) {
    const edit = lineEdit(name);
    if (edit !== null) return { kind: 'edit', edit };
    return text === null ? null : { kind: 'text', text };
  }
  if (mode !== 'review' && commandFor(keymap, 'review', name) !== null) {
    return notice(`${name} was not taken: ${keyHint(keymap, 'back')} goes back to the pair first`);
  }
  // A letter without a command is a verdict that was meant: with caps lock, or on another keyboard layout.
  return text === null || text.trim() === ''
    ? null
    : notice(
        `${printable(text)} is not a key here: ${keyHint(keymap, 'help.open')} lists the keys`,
      );
};

/** Returns the action of pasted text: it is added to an open line and never treated as keys. */
export const pasteAction = (text: string, mode: Mode['kind']): Action =>
  takesText(mode)
    ? { kind: 'text', text }
    : notice(`${notCommand}: ${printable(text.slice(0, 20))}`);

const notCommand = 'pasted text is not a command';

const notice = (text: string): Action => ({ kind: 'notice', notice: { text, tone: 'plain' } });
