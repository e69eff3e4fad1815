import type { Framing } from './framing.ts';
import type { RequestHead } from './read-head.ts';

/** What a call does with what comes from its client. */
export type CallHandler = {
  /** Data of the body, without frames; before the `onBytes` that it stands in. */
  readonly onData: (data: Buffer) => void;
  /** Bytes of the body as they came, frames included. */
  readonly onBytes: (bytes: Buffer) => void;
  readonly onBodyEnd: () => void;
  /** All that has come is read, and the body goes on. */
  readonly onWait: () => void;
  /** What was written and could not go at once has gone. */
  readonly onDrain: () => void;
  /** The client is gone, or sends what is no HTTP: nobody waits for an answer any more. */
  readonly onLeft: () => void;
};

/** A request whose head is there, and the way back to its client. */
export type ClientCall = {
  readonly head: RequestHead;
  readonly framing: Framing;
  /** By whoever takes the call, before it returns. */
  readonly handle: (handler: CallHandler) => void;
  readonly isBodyRead: () => boolean;
  /** Whether another call may follow on the connection; the head of an answer has to say so. */
  readonly isKept: () => boolean;
  /** Writes to the client; false: wait for `onDrain`. A text has a byte for each character. */
  readonly write: (bytes: Buffer | string) => boolean;
  /** Stops and goes on reading from the client. */
  readonly hold: () => void;
  readonly goOn: () => void;
  /** The answer is written to its end; where `close`, it says that the connection ends with it. */
  readonly end: (close?: boolean) => void;
  /** Breaks off, so that the client does not take what it has for a whole answer. */
  readonly breakOff: () => void;
};
