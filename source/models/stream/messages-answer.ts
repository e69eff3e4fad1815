import { isRounded, mayBeRounded } from '../../text/exact-json.ts';
import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
  parseJson,
  stringOrEmpty,
} from '../../text/json.ts';
import type { Answer, ToolCall } from '../answer.ts';
import { errorText } from '../call/error-message.ts';
import { canonicalFinishReason } from '../finish-reasons.ts';
import type { AnswerReader, ReportedError, WholeAnswer } from './answer-reader.ts';
import { readMessageUsage } from './reported-usage.ts';
import { citations, otherPartsOf, roundedNumber, unknownPart } from './other-parts.ts';
import type { ThinkTags } from './think-tags.ts';
import { VisibleOutput, withoutThinkTags } from './visible-output.ts';

/** Reads a stream of Anthropic's Messages API. The answer is complete at `message_stop`. */
export class MessagesReader implements AnswerReader {
  readonly #thinkTags: ThinkTags;
  readonly #visible: VisibleOutput;
  readonly #blocks = new Map<number, OpenBlock>();
  #message: JsonObject | null = null;
  #usage: JsonObject = {};
  /** Whether the output has been counted; the first event only says that it has begun. */
  #isCounted = false;
  #stopped = false;
  #requestId: string | null = null;

  constructor(thinkTags: ThinkTags) {
    this.#thinkTags = thinkTags;
    this.#visible = new VisibleOutput(thinkTags);
  }

  push(event: JsonObject): string {
    // Beside an error.
    this.#requestId ??= stringOrEmpty(event['request_id']) || null;
    switch (event['type']) {
      case 'message_start': {
        const { content, usage, ...message } = objectOrEmpty(event['message']);
        this.#message = message;
        this.#usage = objectOrEmpty(usage);
        // Some gateways put a whole answer into the first event.
        return objectsIn(content)
          .map((block, index) => this.#start(index, block))
          .join('');
      }
      case 'content_block_start':
        return this.#start(indexOf(event), objectOrEmpty(event['content_block']));
      case 'content_block_delta':
        return this.#delta(indexOf(event), objectOrEmpty(event['delta']));
      case 'message_delta':
        return this.#finish(event);
      case 'message_stop':
        this.#stopped = this.#message !== null;
        return '';
      default:
        return '';
    }
  }

  errorIn(event: JsonObject): ReportedError | null {
    if (event['type'] !== 'error' && !isJsonObject(event['error'])) return null;
    return { message: errorText(event) ?? JSON.stringify(event), body: event };
  }

  get begun(): boolean {
    return this.#message !== null;
  }

  get complete(): boolean {
    return this.#stopped;
  }

  get ended(): boolean {
    return this.#stopped;
  }

  get beginnings(): number {
    return this.#visible.beginnings;
  }

  get alive(): boolean {
    return this.#visible.alive;
  }

  get requestId(): string | null {
    return this.#requestId;
  }

  answer(thinkTags: ThinkTags = this.#thinkTags): Answer {
    const answer = answerOfMessage(this.body(), thinkTags);
    const { usage } = answer;
    if (this.#isCounted || this.#stopped || usage === null) return answer;
    return { ...answer, usage: usage.input === null ? null : { ...usage, output: null } };
  }

  body(): JsonObject {
    const blocks = [...this.#blocks].toSorted(([one], [other]) => one - other);
    return {
      ...this.#message,
      content: blocks.map(([, block]) => wholeBlock(block)),
      usage: this.#usage,
    };
  }

  #start(index: number, start: JsonObject): string {
    this.#blocks.set(index, { start, text: '', thinking: '', signature: '', input: '', added: [] });
    switch (start['type']) {
      case 'text':
        return this.#visible.text(stringOrEmpty(start['text']));
      case 'tool_use':
        this.#visible.seen();
        return '';
      default:
        return '';
    }
  }

  #delta(index: number, delta: JsonObject): string {
    let block = this.#blocks.get(index);
    if (block === undefined) {
      block = { start: {}, text: '', thinking: '', signature: '', input: '', added: [] };
      this.#blocks.set(index, block);
    }
    switch (delta['type']) {
      case 'text_delta': {
        const piece = stringOrEmpty(delta['text']);
        block.text += piece;
        return this.#visible.text(piece);
      }
      case 'input_json_delta':
        block.input += stringOrEmpty(delta['partial_json']);
        return '';
      case 'thinking_delta':
        block.thinking += stringOrEmpty(delta['thinking']);
        this.#visible.thought();
        return '';
      case 'signature_delta':
        block.signature += stringOrEmpty(delta['signature']);
        this.#visible.thought();
        return '';
      case 'citations_delta':
        if (isJsonObject(delta['citation'])) block.added.push(delta['citation']);
        return '';
      default: {
        // Such as `compaction_delta`, whose members are those of the block.
        const { type: _, ...members } = delta;
        block.start = { ...block.start, ...members };
        return '';
      }
    }
  }

  /** Takes a `message_delta`: why the message ended, and the counts, which replace the earlier ones. */
  #finish(event: JsonObject): string {
    const { type: _, delta, usage, ...others } = event;
    this.#message = { ...this.#message, ...objectOrEmpty(delta), ...others };
    const counted = Object.entries(objectOrEmpty(usage)).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(counted) };
    this.#isCounted ||= counted.some(([name]) => name === 'output_tokens');
    const { stop_reason: reason } = this.#message;
    const isCut = typeof reason !== 'string' || canonicalFinishReason(reason) === 'length';
    const rest = isCut ? '' : this.#visible.end();
    return rest + this.#visible.shown(refusalOf(this.#message));
  }
}

type OpenBlock = {
  start: JsonObject;
  text: string;
  thinking: string;
  signature: string;
  /** JSON, in pieces. */
  input: string;
  /** Citations. */
  readonly added: JsonObject[];
};

const indexOf = ({ index }: JsonObject): number => (typeof index === 'number' ? index : 0);

/** A block with all its deltas. Input that was cut off, or has a number that would be rounded, stays the text that came. */
const wholeBlock = (block: OpenBlock): JsonObject => {
  const { start, text, thinking, signature, input, added } = block;
  const cited = arrayOrEmpty(start['citations']);
  return {
    ...start,
    ...(text === '' ? {} : { text: stringOrEmpty(start['text']) + text }),
    ...(thinking === '' ? {} : { thinking: stringOrEmpty(start['thinking']) + thinking }),
    ...(signature === '' ? {} : { signature: stringOrEmpty(start['signature']) + signature }),
    ...(input === '' ? {} : { input: isRounded(input) ? input : (parseJson(input) ?? input) }),
    ...(added.length === 0 ? {} : { citations: [...cited, ...added] }),
  };
};

/** Reads a whole message of Anthropic; null if it is none. */
export const wholeMessage = (body: JsonValue, thinkTags: ThinkTags): WholeAnswer | null => {
  if (!isJsonObject(body) || !isJsonArray(body['content'])) return null;
  // Requests and other dialects have `content` too.
  if (body['type'] !== 'message' && body['role'] !== 'assistant') return null;
  return { answer: answerOfMessage(body, thinkTags), problem: null, requestId: null };
};

const answerOfMessage = (body: JsonObject, thinkTags: ThinkTags): Answer => {
  let text = '';
  const reasoning: string[] = [];
  const toolCalls: ToolCall[] = [];
  const otherParts: string[] = [];
  for (const block of objectsIn(body['content'])) {
    const type = stringOrEmpty(block['type']);
    switch (type) {
      case 'text':
        text += stringOrEmpty(block['text']);
        break;
      case 'thinking':
        reasoning.push(stringOrEmpty(block['thinking']));
        break;
      case 'tool_use':
        toolCalls.push(toolCall(block));
        if (mayBeRounded(block['input'])) otherParts.push(roundedNumber);
        break;
      case 'image':
        otherParts.push('image');
        break;
      case 'container_upload':
        otherParts.push('file');
        break;
      default:
        if (!isOfServer(type)) otherParts.push(type === '' ? unknownPart : type.slice(0, 40));
    }
    if (arrayOrEmpty(block['citations']).length > 0) otherParts.push(citations);
  }
  const { id, model, stop_reason: reason } = body;
  const { index: _, ...choice } = withoutThinkTags(
    {
      index: 0,
      text,
      refusal: refusalOf(body),
      reasoning: reasoning.filter(Boolean).join('\n\n'),
      toolCalls,
      ...otherPartsOf(otherParts),
      finishReason: typeof reason === 'string' ? canonicalFinishReason(reason) : null,
    },
    thinkTags,
  );
  return {
    id: stringOrEmpty(id) || null,
    ...choice,
    usage: readMessageUsage(body['usage']),
    model: stringOrEmpty(model) || null,
    otherChoices: [],
    logprobs: null,
    cost: null,
  };
};

/** Whether a block is the server's own work: a search, code that it ran, encrypted reasoning. */
const isOfServer = (type: string): boolean =>
  /^(?:redacted_thinking|compaction|server_tool_use|mcp_tool_use)$|_tool_result$/.test(type);

/** What the server says of a refusal; empty if the answer is none, or it says nothing. */
const refusalOf = ({ stop_reason: reason, stop_details: details }: JsonObject): string =>
  reason === 'refusal' ? stringOrEmpty(objectOrEmpty(details)['explanation']) : '';

const toolCall = ({ id, input, name }: JsonObject): ToolCall => ({
  id: stringOrEmpty(id) || null,
  name: stringOrEmpty(name),
  // Text only where the stream was cut within it, or a number would have been rounded.
  arguments: typeof input === 'string' ? input : JSON.stringify(input ?? {}),
});
