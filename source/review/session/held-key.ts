/** A verdict key and when it arrived, in milliseconds. */
type KeyPress = { readonly id: string; readonly atMs: number };

/** Terminals repeat a held key every 20 to 90 ms; nobody strikes one key twice that fast on purpose. */
const repeatMs = 120;

/** The longest pause that keyboards make before a held key begins to repeat. */
const repeatDelayMs = 1200;

/**
 * How long a second stroke of the same verdict key waits before it judges. A terminal does not say
 * when a key is let go, so the first repeat of a held key looks like a second stroke: only what
 * follows it (another repeat, or nothing) tells them apart.
 */
export const waitForHeldKeyMs = 130;

/** Whether a key is the repetition of a held one. */
export const isHeld = (last: KeyPress | null, key: KeyPress): boolean =>
  last?.id === key.id && key.atMs - last.atMs < repeatMs;

/** Whether a key may be the first repetition of a held one, so that it must wait. */
export const mustWait = (last: KeyPress | null, key: KeyPress): boolean =>
  last?.id === key.id && key.atMs - last.atMs < repeatDelayMs;
