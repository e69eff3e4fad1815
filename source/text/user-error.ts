/**
 * Something that the user can put right. The message is a sentence (or two) that says what happened,
 * where, and what to do next; it is all that is printed, and the exit code is 2. Text from outside
 * in it must already be harmless.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
