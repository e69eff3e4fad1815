import { nearest } from '../../text/nearest.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import {
  commandFor,
  defaultKeymap,
  keyCommands,
  type BoundCommand,
  type CommandId,
  type Keymap,
} from './keymap.ts';
import { takesText } from './text-lines.ts';

/** The keys that have a name instead of a character. */
const named: ReadonlySet<string> = new Set([
  'space',
  'enter',
  'escape',
  'tab',
  'backspace',
  'delete',
  'up',
  'down',
  'left',
  'right',
  'pageup',
  'pagedown',
  'home',
  'end',
]);

/** Keys with Control that a terminal sends as another key: backspace, tab, enter and enter. */
const sentAsOthers: ReadonlySet<string> = new Set(['ctrl-h', 'ctrl-i', 'ctrl-j', 'ctrl-m']);

/** The commands without which a review or a comment could not be left. */
const needed: ReadonlySet<CommandId> = new Set(['interrupt', 'back', 'comment.save']);

/**
 * Returns the keys of a review: the default ones, with those of the configuration and its tags. Throws
 * UserError for a command or a key that does not exist, for a key with two commands in one mode, and
 * for a command that needs a key and has none. `file` is the configuration's name for the sentence.
 */
export const bindKeys = (
  configured: {
    readonly keys: Readonly<Record<string, string | readonly string[]>>;
    readonly tags: readonly string[] | null;
  },
  file: string,
): Keymap => {
  const fail = (id: string, what: string): never => {
    const place = `keys[${JSON.stringify(printableLine(id))}]`;
    throw new UserError(`In ${printableLine(file)}, ${place} ${what}.`);
  };
  const ids: readonly string[] = keyCommands.map(({ id }) => id);
  for (const [id, given] of Object.entries(configured.keys)) {
    if (!ids.includes(id)) {
      const near = nearest(id, ids);
      const meant = near.length === 0 ? '' : ` (is it ${near.join(' or ')}?)`;
      fail(id, `is no command of the review${meant}; docs/review.md lists them`);
    }
    for (const key of keysOf(given)) {
      if (sentAsOthers.has(key)) fail(id, `is ${key}, which a terminal sends as another key`);
      if (!isKey(key)) {
        const shown = JSON.stringify(printableLine(key));
        fail(
          id,
          `is ${shown}, which is no key: a character, ctrl-a, alt-a, or ${[...named].join(', ')}`,
        );
      }
    }
  }
  const tags = configured.tags ?? defaultKeymap.tags;
  const commands = keyCommands.flatMap((command): readonly BoundCommand[] => {
    const given = configured.keys[command.id];
    const keys = given === undefined ? command.keys : keysOf(given);
    if (keys.length === 0 && needed.has(command.id)) fail(command.id, 'needs a key');
    if (!command.id.startsWith('tag.')) return [{ ...command, keys }];
    const tag = tags[Number(command.id.slice(4)) - 1];
    return tag === undefined ? [] : [{ ...command, keys, help: `tag: ${printableLine(tag)}` }];
  });
  const bound: Keymap = { commands, tags };
  for (const { id, keys, modes } of commands) {
    for (const key of keys) {
      const isTyped = modes.some(takesText) && [...key].length === 1;
      if (isTyped) fail(id, `is ${JSON.stringify(key)}, which a line of text needs`);
      for (const mode of modes) {
        const first = commandFor(bound, mode, key);
        if (first === null || first === id) continue;
        const [own, other] = Object.hasOwn(configured.keys, id) ? [id, first] : [first, id];
        const shown = JSON.stringify(printableLine(key));
        fail(own, `is ${shown}, which is already ${other}: give ${other} another key, or "none"`);
      }
    }
  }
  return bound;
};

const keysOf = (given: string | readonly string[]): readonly string[] =>
  given === 'none' ? [] : typeof given === 'string' ? [given] : given;

const isKey = (key: string): boolean =>
  named.has(key) ||
  /^(?:ctrl|alt)-[a-z]$/.test(key) ||
  ([...key].length === 1 && key !== ' ' && printableLine(key) === key);
