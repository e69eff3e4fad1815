import { userInfo } from 'node:os';
import { UserError } from '../text/user-error.ts';

/**
 * Returns the reviewer of new verdicts: the flag without white space around it, otherwise the login name. Throws
 * UserError if the flag has nothing else.
 */
export const reviewerName = (flag: string | undefined): string => {
  if (flag?.trim() === '') throw new UserError('--reviewer needs a name.');
  if (flag !== undefined) return flag.trim();
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id without a name.
    return `user ${process.getuid?.() ?? 0}`;
  }
};
