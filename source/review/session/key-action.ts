import { printable } from '../../text/printable.ts';
import { commandFor, type CommandId } from './keymap.ts';
import type { Viewport } from './scroll.ts';
import type { Mode } from './session.ts';
import type { Action } from './step.ts';
import { takesText } from './text-lines.ts';
import { givesVerdict } from './verdict-key.ts';

/** A key: its name in the keymap and its text for a comment, or null. */
export type KeyStroke = { readonly name: string; readonly text: string | null };

/** The commands that work while the terminal is too small to show anything. */
const withoutScreen: ReadonlySet<CommandId> = new Set(['quit', 'interrupt', 'suspend']);

/**
 * Returns the action of a key; null for none. A pair that is not on the screen cannot be judged.
 */
export const keyAction = (
  { name, text }: KeyStroke,
  screen: {
    readonly mode: Mode['kind'];
    readonly isTooSmall: boolean;
    /** Returns whether the current pair is on the screen. */
    readonly isShown: () => boolean;
    readonly viewport: () => Viewport;
  },
): Action | null => {
  const id = commandFor(screen.mode, name);
  if (screen.isTooSmall && (id === null || !withoutScreen.has(id))) return null;
  if (id !== null && givesVerdict(id) && !screen.isShown()) {
    return notice('the pair is still loading');
  }
  if (id !== null) return { kind: 'command', id, viewport: screen.viewport() };
  if (!takesText(screen.mode)) return null;
  if (name === 'backspace') return { kind: 'erase' };
  return text === null ? null : { kind: 'text', text };
};

/** Returns the action of pasted text: it is added to an open comment and never treated as keys. */
export const pasteAction = (text: string, mode: Mode['kind']): Action =>
  takesText(mode)
    ? { kind: 'text', text }
    : notice(`pasted text is not a command: ${printable(text.slice(0, 20))}`);

const notice = (text: string): Action => ({ kind: 'notice', notice: { text, tone: 'plain' } });
