import { harmless } from '../../text/harmless.ts';
import { commandFor, type CommandId } from '../session/keymap.ts';
import type { Viewport } from '../session/scroll.ts';
import type { Session } from '../session/session.ts';
import type { Action } from '../session/step.ts';
import type { KeyStroke } from './keyboard.ts';

/** What nobody may say of a pair that is not on the screen. */
const judging: ReadonlySet<CommandId> = new Set([
  'verdict.agree',
  'verdict.worse',
  'verdict.better',
  'verdict.both_bad',
]);

/** What works while the terminal is too small to show anything. */
const withoutScreen: ReadonlySet<CommandId> = new Set(['quit', 'interrupt', 'suspend']);

/** What a key does at this moment; null for nothing. */
export const actionOfKey = (
  { name, text }: KeyStroke,
  now: {
    readonly mode: Session['mode']['kind'];
    readonly isTooSmall: boolean;
    /** Whether the pair is on the screen. */
    readonly isShown: () => boolean;
    readonly viewport: () => Viewport;
  },
): Action | null => {
  const id = commandFor(now.mode, name);
  if (now.isTooSmall && (id === null || !withoutScreen.has(id))) return null;
  if (id !== null && judging.has(id) && !now.isShown())
    return say('the pair is still being loaded');
  if (id !== null) return { kind: 'command', id, viewport: now.viewport() };
  if (now.mode !== 'comment') return null;
  if (name === 'backspace') return { kind: 'erase' };
  return text === null ? null : { kind: 'text', text };
};

/** What a pasted text does: it is part of a comment, and no keys. */
export const actionOfPaste = (text: string, mode: Session['mode']['kind']): Action =>
  mode === 'comment'
    ? { kind: 'text', text }
    : say(`a pasted text judges nothing: ${harmless(text.slice(0, 20))}`);

const say = (text: string): Action => ({ kind: 'notice', notice: { text, tone: 'plain' } });
