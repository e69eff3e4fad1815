/**
 * An error that the user can fix. The message is a sentence or two that say what happened, where, and what
 * to do next. It is all that is printed, and the exit code is 2. Text from outside in it must already be
 * printable.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
