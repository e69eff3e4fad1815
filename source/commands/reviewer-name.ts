import { userInfo } from 'node:os';

/** Returns the reviewer of new verdicts: the flag, otherwise the login name. */
export const reviewerName = (flag: string | undefined): string => {
  if (flag !== undefined) return flag;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id without a name.
    return `user ${process.getuid?.() ?? 0}`;
  }
};
