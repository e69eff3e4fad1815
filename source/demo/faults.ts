import type { JsonObject } from '../text/json.ts';
import type { DemoModel } from '../money/simulated-models.ts';

/**
 * A way for the endpoint to fail. Pieces are those of `textPieces`; `afterPieces: 0` is after the headers
 * and the role, before any text. Without `stream`, a fault in the middle of an answer cuts the JSON body
 * in half, or resets or stalls before it.
 */
export type Fault =
  /** Any status, headers and body; an object is sent as JSON. */
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | JsonObject;
    }
  /** The connection is reset before any header. */
  | { readonly kind: 'refuse' }
  /** The headers never come. */
  | { readonly kind: 'silence' }
  /** Waits before the headers, then answers. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The connection is reset in the middle of the answer. */
  | { readonly kind: 'reset'; readonly afterPieces: number }
  /** The answer stops and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterPieces: number }
  /** The body ends properly, but without a finish reason and `[DONE]`. */
  | { readonly kind: 'cut'; readonly afterPieces: number }
  /** The whole answer with its finish reason, but no `[DONE]`. */
  | { readonly kind: 'without_done' }
  /** An error object in a stream that began with 200; then the body ends. */
  | { readonly kind: 'error_chunk'; readonly afterPieces: number; readonly error?: JsonObject }
  /** An event that is not JSON; the rest of the answer follows. */
  | { readonly kind: 'invalid_chunk'; readonly afterPieces: number }
  /** A completion as one JSON body, although a stream was requested. */
  | { readonly kind: 'json' }
  /** 200 and a web page. */
  | { readonly kind: 'html' }
  /** 200, `text/event-stream`, and nothing in it. */
  | { readonly kind: 'empty' }
  /** This text instead of the model's; the answer names `fault` as its model. */
  | { readonly kind: 'text'; readonly text: string; readonly finishReason?: string }
  /** One line of this many bytes. */
  | { readonly kind: 'huge'; readonly bytes: number };

/** The properties of a call on which a fault can depend. */
export type FaultRequest = {
  readonly model: DemoModel;
  /** The number of this call among those with the same body; 1 is the first. */
  readonly attempt: number;
  /** The number of this call among all; 1 is the first. */
  readonly number: number;
  /** SHA-256 of the body's bytes in hex. */
  readonly bodyHash: string;
  /** The text of the last message. */
  readonly prompt: string;
  readonly body: JsonObject;
};

/** Chooses how a call fails; null answers it. */
export type ChooseFault = (request: FaultRequest) => Fault | null;

/** A status with the body that OpenAI's servers send with it. */
export const statusFault = (
  status: number,
  message = `This ${status} was asked for by a test.`,
  headers: Readonly<Record<string, string>> = {},
): Fault => ({
  kind: 'reply',
  status,
  headers,
  body: { error: { message, type: 'demo_fault', param: null, code: null } },
});

/** Text that attacks a terminal which prints it: escapes, C1, NUL, bidi, tags, a lone surrogate. */
export const hostileText = [
  'clear \u001b[2J\u001b[H red \u001b[31m title \u001b]0;owned\u0007 clipboard \u001b]52;c;b3duZWQ=\u0007',
  'link \u001b]8;;https://example.invalid\u001b\\here\u001b]8;;\u001b\\ device \u001bP1;1|17/61\u001b\\ query \u001b[6n',
  'c1 \u009b31m nul \u0000 bell \u0007 backspace \b\b\b delete \u007f return \rover',
  'bidi \u202eevil\u202c \u2066isolate\u2069 zero\u200bwidth tag \u{e0041}\u{e0042} lone \ud800 end',
  `wide 漢字 ${'é'.normalize('NFD')} 👩‍👩‍👧 flag 🇩🇪 zalgo Z${'\u0335\u0301'.repeat(20)}`,
].join('\n');
