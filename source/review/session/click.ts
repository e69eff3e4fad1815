import { chooseFromList, goToPair } from './queue-commands.ts';
import type { CommandId } from './keymap.ts';
import type { ClickTarget } from './modes.ts';
import { stillSaving } from './saving.ts';
import { listOf, type Session } from './session.ts';
import { only, refuse, type Step } from './step.ts';

/**
 * Performs a click. One on a row of a list puts the cursor there, and a second one opens the row. `run`
 * executes a command of the palette in the review.
 */
export const click = (
  session: Session,
  target: ClickTarget,
  run: (session: Session, id: CommandId) => Step,
): Step => {
  const { mode, pending } = session;
  if (target.kind === 'row') {
    const list = listOf(session);
    if (list === null) return only(session);
    if (list.cursor !== target.index) {
      return only({ ...session, mode: { ...list, cursor: target.index } });
    }
    return pending === null
      ? chooseFromList(session, run)
      : refuse(session, 'the click', stillSaving);
  }
  // A line that is being typed, or a question, is not left by a click.
  if (mode.kind !== 'review' && !('scroll' in mode)) return only(session);
  return pending === null
    ? goToPair({ ...session, mode: { kind: 'review' } }, target.pair)
    : refuse(session, 'the click', stillSaving);
};
