import { countSentAs } from '../../store/redaction/redactions.ts';
import type { Store } from '../../store/open.ts';
import { count } from '../../text/numbers.ts';
import { UserError } from '../../text/user-error.ts';
import type { Send } from './replay-settings.ts';

/**
 * Throws UserError when answers of the comparison are to requests that were sent otherwise: one side
 * would answer what the other was never asked.
 */
export const requireSentAlike = async (
  store: Store,
  comparisonId: string,
  send: Send,
): Promise<void> => {
  const sent = await countSentAs(store, comparisonId);
  const others = send === 'original' ? sent.redacted : sent.original;
  if (others === 0) return;
  const answers = `${count(others)} ${others === 1 ? 'answer' : 'answers'} of this comparison ${others === 1 ? 'is' : 'are'}`;
  throw new UserError(
    send === 'original'
      ? `${answers} to requests with placeholders, and originals beside them could not be compared. Give the comparison with originals a --name of its own.`
      : `${answers} to requests with their original values, and placeholders beside them could not be compared. Go on with --send original and the files, or give another --name.`,
  );
};
