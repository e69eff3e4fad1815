/** The user has stopped a command before it was done. `message` is a sentence; what is kept is kept. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}
