import type { FailureReason } from '../../../source/models/answer.ts';
import { httpAnswer, jsonAnswer, type Exchange, type Play } from '../../helpers/fault-server.ts';
import { chunk, chunkedHead } from '../../models/raw-server.ts';

/** A fault of single calls, and the expected result. */
export type Fault = {
  readonly name: string;
  /** What the server does, for the table. */
  readonly does: string;
  readonly play: Play;
  /** What one call that meets it comes to. */
  readonly comesTo: 'answered' | FailureReason;
  /** Whether the call is tried again in the same run. */
  readonly again: boolean;
  /** Tries of one capture that it strikes at most, where it would take a minute to give up. */
  readonly most?: number;
};

const event = (value: object): string => chunk(`data: ${JSON.stringify(value)}\n\n`);

const choice = (delta: object, finishReason: string | null = null): string =>
  event({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'm-1',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });

const usage = (value: object): string => event({ id: 'chatcmpl-1', choices: [], usage: value });

const finish = choice({}, 'stop');
const counted = usage({ prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 });
const done = chunk('data: [DONE]\n\n');
const lastChunk = '0\r\n\r\n';

/** What every good answer to this capture says. */
export const textOf = (captureId: string): string => `The answer to ${captureId}.`;

const words = ({ captureId }: Exchange): string =>
  textOf(captureId)
    .split(/(?<= )/)
    .map((content) => choice({ content }))
    .join('');

/** Sends the pieces; whether all of them went out. */
const sendAll = async (exchange: Exchange, pieces: readonly string[]): Promise<boolean> => {
  for (const piece of pieces) if (!(await exchange.send(piece))) return false;
  return true;
};

/** A complete, correct answer. */
export const goodAnswer: Play = (exchange) =>
  sendAll(exchange, [chunkedHead, words(exchange), finish + counted + done + lastChunk]);

/** A whole answer in pieces, this many milliseconds apart. */
export const slowAnswer =
  (ms: number): Play =>
  async (exchange) => {
    const pieces = [chunkedHead, words(exchange), finish, counted + done + lastChunk];
    for (const piece of pieces) {
      await exchange.pause(ms);
      if (!(await exchange.send(piece))) return false;
    }
    return true;
  };

const status =
  (code: number, message: string, headers: Readonly<Record<string, string>> = {}): Play =>
  async (exchange) => {
    const error = { message, type: 'test', code: null, param: null };
    await exchange.send(jsonAnswer(code, { error }, headers));
    return false;
  };

/** A 429 that names the second when to come again as a date, by the server's own clock. */
export const comeAgainAt = (seconds: number): Play => {
  const now = Date.UTC(2026, 10, 24, 12, 0, 0);
  return status(429, 'Slow down.', {
    date: new Date(now).toUTCString(),
    'retry-after': new Date(now + seconds * 1000).toUTCString(),
  });
};

/** The connection breaks off after these pieces, once they have been read. */
const resetAfter =
  (pieces: (exchange: Exchange) => readonly string[], whole = false): Play =>
  async (exchange) => {
    const sent = await sendAll(exchange, pieces(exchange));
    await exchange.pause(50);
    exchange.reset();
    return sent && whole;
  };

/** More bytes than any answer has, for as long as somebody takes them. */
const flood: Play = async (exchange) => {
  const piece = choice({ content: 'x'.repeat(256 * 1024) });
  await exchange.send(chunkedHead);
  for (let bytes = 0; bytes < 100 * 1024 * 1024; bytes += piece.length) {
    if (!(await exchange.send(piece))) return false;
  }
  return await exchange.send(finish + counted + done + lastChunk);
};

const inThrees = (faults: readonly Fault[]): readonly (readonly Fault[])[] =>
  faults.flatMap((_, index) => (index % 3 === 0 ? [faults.slice(index, index + 3)] : []));

const failing = (
  code: number,
  comesTo: FailureReason,
  again: boolean,
  message = 'Not now.',
): Fault => ({
  name: String(code),
  does: `status ${code}`,
  play: status(code, message),
  comesTo,
  again,
});

/** Faults that concern one call and say nothing of the next. */
export const singleFaults: readonly Fault[] = [
  failing(400, 'rejected', false, 'Too many words.'),
  failing(408, 'server_error', true),
  failing(409, 'server_error', true),
  failing(413, 'rejected', false, 'Too large.'),
  failing(422, 'rejected', false, 'Not understood.'),
  { ...failing(429, 'rate_limited', true), most: 3 },
  {
    name: '429 with Retry-After',
    does: 'status 429, come again in a second',
    play: status(429, 'Slow down.', { 'retry-after': '1' }),
    comesTo: 'rate_limited',
    again: true,
    most: 3,
  },
  failing(500, 'server_error', true),
  failing(502, 'server_error', true),
  failing(503, 'server_error', true),
  failing(529, 'server_error', true),
  {
    name: 'HTML page',
    does: 'status 200 and a web page',
    play: async (exchange) => {
      await exchange.send(httpAnswer(200, 'text/html', '<!doctype html><title>Sign in</title>'));
      return false;
    },
    comesTo: 'not_an_answer',
    again: false,
  },
  {
    name: 'empty body',
    does: 'status 200 and a stream with nothing in it',
    play: async (exchange) => {
      await exchange.send(httpAnswer(200, 'text/event-stream', ''));
      return false;
    },
    comesTo: 'truncated',
    again: true,
  },
  {
    name: 'wrong content type',
    does: 'a good stream that is called text/plain',
    play: (exchange) =>
      sendAll(exchange, [
        chunkedHead.replace('text/event-stream', 'text/plain'),
        words(exchange) + finish + counted + done + lastChunk,
      ]),
    comesTo: 'answered',
    again: false,
  },
  {
    name: 'reset before the headers',
    does: 'the connection is reset before anything came',
    play: resetAfter(() => []),
    comesTo: 'connection',
    again: true,
  },
  {
    name: 'reset after the headers',
    does: 'the connection is reset after the headers',
    play: resetAfter(() => [chunkedHead]),
    comesTo: 'truncated',
    again: true,
  },
  {
    name: 'reset in a chunk',
    does: 'the connection is reset in the middle of a chunk',
    play: resetAfter((exchange) => [chunkedHead, words(exchange), finish.slice(0, 40)]),
    comesTo: 'truncated',
    again: true,
  },
  {
    name: 'reset after the finish reason',
    does: 'the connection is reset when the answer is whole, before `[DONE]`',
    play: resetAfter((exchange) => [chunkedHead, words(exchange) + finish], true),
    comesTo: 'answered',
    again: false,
  },
  {
    name: 'no `[DONE]`',
    does: 'the body ends after the usage',
    play: (exchange) =>
      sendAll(exchange, [chunkedHead, words(exchange), finish + counted + lastChunk]),
    comesTo: 'answered',
    again: false,
  },
  {
    name: 'no finish reason',
    does: '`[DONE]` without a finish reason',
    play: (exchange) =>
      sendAll(exchange, [chunkedHead, words(exchange), counted + done + lastChunk]),
    comesTo: 'answered',
    again: false,
  },
  {
    name: 'no end at all',
    does: 'the body ends in the middle of the text: no finish reason, no usage, no `[DONE]`',
    play: async (exchange) => {
      await sendAll(exchange, [chunkedHead, words(exchange), lastChunk]);
      return false;
    },
    comesTo: 'truncated',
    again: true,
  },
  {
    name: 'error chunk',
    does: 'an error object in the middle of the stream',
    play: async (exchange) => {
      const error = event({ error: { message: 'Overloaded.', code: 503 } });
      await sendAll(exchange, [chunkedHead, words(exchange), error + lastChunk]);
      return false;
    },
    comesTo: 'stream_error',
    again: true,
  },
  {
    name: 'invalid JSON chunk',
    does: 'a chunk that is no JSON in the middle of the stream',
    play: async (exchange) => {
      const broken = chunk('data: {"choices":[{"index":0,"delta":{"conte\n\n');
      await sendAll(exchange, [chunkedHead, words(exchange), broken + lastChunk]);
      return false;
    },
    comesTo: 'stream_error',
    again: true,
  },
  {
    name: '100 MB answer',
    does: '100 MB of text',
    play: flood,
    comesTo: 'too_large',
    again: false,
  },
  {
    name: 'wrong usage',
    does: 'usage of −5 input tokens and `"many"` output tokens',
    play: (exchange) =>
      sendAll(exchange, [
        chunkedHead,
        words(exchange),
        finish + usage({ prompt_tokens: -5, completion_tokens: 'many' }) + done + lastChunk,
      ]),
    comesTo: 'answered',
    again: false,
  },
];

/**
 * The same in groups that can strike in one run: a side that fails too often in a row is paused, which
 * is another matter.
 */
export const callFaults: readonly (readonly Fault[])[] = [
  singleFaults.filter(({ again }) => !again),
  ...inThrees(singleFaults.filter(({ again }) => again)),
];

/** Faults that only a deadline ends. */
export const slowFaults: readonly Fault[] = [
  {
    name: 'slow headers',
    does: 'the headers come after every deadline',
    play: async (exchange) => {
      await exchange.pause(600_000);
      return await goodAnswer(exchange);
    },
    comesTo: 'timeout',
    again: true,
  },
  {
    name: 'slow body',
    does: 'a word four times a second, without end',
    play: async (exchange) => {
      await exchange.send(chunkedHead);
      while (await exchange.send(choice({ content: 'and ' }))) await exchange.pause(250);
      return false;
    },
    comesTo: 'timeout',
    again: true,
  },
  {
    name: 'stall',
    does: 'nothing comes any more in the middle of the text',
    play: async (exchange) => {
      await sendAll(exchange, [chunkedHead, words(exchange)]);
      await exchange.pause(600_000);
      return false;
    },
    comesTo: 'timeout',
    again: true,
  },
];

/** A fault of everything that one side is sent. */
export type SideFault = {
  readonly name: string;
  readonly does: string;
  readonly comesTo: FailureReason;
  readonly play: Play;
};

const refusing = (code: number, comesTo: FailureReason, message: string): SideFault => ({
  name: String(code),
  does: `status ${code} to every call`,
  comesTo,
  play: status(code, message),
});

/** Failures that do not pass by waiting: the key, the account, the model name. */
export const keyFaults: readonly SideFault[] = [
  refusing(401, 'unauthorized', 'Wrong key.'),
  refusing(402, 'no_credit', 'Pay first.'),
  refusing(403, 'unauthorized', 'Not for you.'),
  refusing(404, 'not_found', 'No such model.'),
];

/** A side that cannot be reached, or turns everything away, for a while. */
export type Outage = Omit<SideFault, 'play'> & {
  /** How the side's server shows it; one that answers does so by its play. */
  readonly kind: 'refused' | 'dns' | 'untrusted' | 'no tls' | { readonly play: Play };
};

const unreachable = (name: string, does: string, kind: Outage['kind']): Outage => ({
  name,
  does,
  comesTo: 'connection',
  kind,
});

export const outages: readonly Outage[] = [
  unreachable('refused', 'nothing listens', 'refused'),
  unreachable('DNS', 'the name of the host is not known', 'dns'),
  unreachable('TLS', 'a certificate that is not trusted', 'untrusted'),
  unreachable('no TLS', 'plain HTTP behind an https URL', 'no tls'),
  {
    name: '429 to all',
    does: 'status 429 to every call',
    comesTo: 'rate_limited',
    kind: { play: status(429, 'Slow down.') },
  },
  {
    name: '503 to all',
    does: 'status 503 to every call',
    comesTo: 'server_error',
    kind: { play: status(503, 'Overloaded.') },
  },
];
