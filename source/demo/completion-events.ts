import type { JsonObject } from '../text/json.ts';
import type { Fault } from './faults.ts';

/** The content of one completion. Token counts are estimates. */
export type Completion = {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
  readonly text: string;
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
};

/** Server-sent events in order, and what happens to the connection after the last. */
export type EventScript = {
  /** The first is sent with the headers, the others at the pace of the answer. */
  readonly events: readonly string[];
  readonly ending: 'end' | 'reset' | 'stall';
};

/** The `chat.completion` object of a call without `stream`. */
export const completionBody = (completion: Completion): JsonObject => ({
  id: completion.id,
  object: 'chat.completion',
  created: completion.created,
  model: completion.model,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: completion.text },
      finish_reason: completion.finishReason,
    },
  ],
  usage: usageObject(completion),
});

/**
 * The stream of a completion: role, an event for each piece, finish reason, usage if it is asked for,
 * and `[DONE]`; or as much of it as the fault lets through.
 */
export const eventScript = (
  completion: Completion,
  includeUsage: boolean,
  fault: Fault | null,
): EventScript => {
  const head = JSON.stringify({
    id: completion.id,
    object: 'chat.completion.chunk',
    created: completion.created,
    model: completion.model,
  }).slice(0, -1);
  const choice = (delta: string, finishReason: string | null): string =>
    `data: ${head},"choices":[{"index":0,"delta":${delta},"finish_reason":${JSON.stringify(finishReason)}}]}\n\n`;
  const opening = choice('{"role":"assistant","content":""}', null);
  const contents = textPieces(completion.text).map((piece) =>
    choice(`{"content":${JSON.stringify(piece)}}`, null),
  );
  const closing = [choice('{}', completion.finishReason)];
  if (includeUsage) {
    closing.push(
      `data: ${head},"choices":[],"usage":${JSON.stringify(usageObject(completion))}}\n\n`,
    );
  }
  const done = 'data: [DONE]\n\n';
  const whole = [opening, ...contents, ...closing, done];
  switch (fault?.kind) {
    case 'reset':
    case 'stall':
      return { events: [opening, ...contents.slice(0, fault.afterPieces)], ending: fault.kind };
    case 'cut':
      return { events: [opening, ...contents.slice(0, fault.afterPieces)], ending: 'end' };
    case 'without_done':
      return { events: whole.slice(0, -1), ending: 'end' };
    case 'error_chunk': {
      const error = fault.error ?? {
        message: 'The demo broke off this answer.',
        type: 'demo_fault',
      };
      const event = `data: ${JSON.stringify({ error })}\n\n`;
      return { events: [opening, ...contents.slice(0, fault.afterPieces), event], ending: 'end' };
    }
    case 'invalid_chunk':
      return {
        events: whole.toSpliced(1 + fault.afterPieces, 0, 'data: {"choices":[{"delta":\n\n'),
        ending: 'end',
      };
    default:
      return { events: whole, ending: 'end' };
  }
};

const usageObject = ({ promptTokens, completionTokens }: Completion): JsonObject => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

/** Up to two Han characters, eight letters or three signs, with a space before them; or spaces. */
const piecePattern =
  /\s?(?:\p{Script=Han}{1,2}|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}]){1,8}|[^\s\p{L}\p{M}\p{N}]{1,3})|\s+/gu;

/** A text in pieces of about a token each. Joined they give the text; no surrogate pair is split. */
export const textPieces = (text: string): readonly string[] => text.match(piecePattern) ?? [];

/**
 * The estimated number of tokens in a text: one for every four bytes of UTF-8, rounded up, OpenAI's rule
 * of thumb for English. It is less accurate for Chinese and for code.
 */
export const estimatedTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);
