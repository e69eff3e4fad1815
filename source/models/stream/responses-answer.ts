import { mayBeRounded } from '../../text/exact-json.ts';
import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
  stringOrEmpty,
} from '../../text/json.ts';
import type { Answer, ToolCall } from '../answer.ts';
import { errorText } from '../call/error-message.ts';
import { canonicalFinishReason } from '../finish-reasons.ts';
import type { AnswerReader, ReportedError, WholeAnswer } from './answer-reader.ts';
import { readCost, readResponseUsage } from './reported-usage.ts';
import { ResponseItems } from './response-items.ts';
import { citations, otherPartsOf, roundedNumber, unknownPart } from './other-parts.ts';
import type { ThinkTags } from './think-tags.ts';
import { VisibleOutput, withoutThinkTags } from './visible-output.ts';

/** The events after which nothing follows. */
const terminalEvents: ReadonlySet<JsonValue> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);

/**
 * Reads a stream of OpenAI's Responses API. The answer is complete at `response.completed` or
 * `response.incomplete`, which have the whole response.
 */
export class ResponsesReader implements AnswerReader {
  readonly #thinkTags: ThinkTags;
  readonly #visible: VisibleOutput;
  readonly #items = new ResponseItems();
  #response: JsonObject | null = null;
  #ended = false;
  /** How much of the text and of the refusals has been seen in deltas. */
  #textLength = 0;
  #refusalLength = 0;

  constructor(thinkTags: ThinkTags) {
    this.#thinkTags = thinkTags;
    this.#visible = new VisibleOutput(thinkTags);
  }

  push(event: JsonObject): string {
    const { delta, response, type } = event;
    if (isJsonObject(response)) {
      this.#response = response;
      if (type === undefined || !terminalEvents.has(type)) return '';
      this.#ended = true;
      return this.#finish();
    }
    this.#items.push(event);
    const piece = stringOrEmpty(delta);
    switch (type) {
      case 'response.output_text.delta':
        this.#textLength += piece.length;
        return this.#visible.text(piece);
      case 'response.refusal.delta':
        this.#refusalLength += piece.length;
        return this.#visible.shown(piece);
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        this.#visible.thought();
        return '';
      case 'response.output_item.added':
        if (calledTool(objectOrEmpty(event['item'])) !== null) this.#visible.seen();
        return '';
      case 'response.image_generation_call.partial_image':
        this.#visible.seen();
        return '';
      default:
        return '';
    }
  }

  errorIn(event: JsonObject): ReportedError | null {
    const { error, response, type } = event;
    if (isJsonObject(response)) return responseProblem(response);
    // The events of the dialect have no error; a server in front of it may send its own.
    if (type !== 'error' && !error) return null;
    return { message: errorText(event) ?? JSON.stringify(event), body: event };
  }

  get begun(): boolean {
    return this.#response !== null || this.#items.begun;
  }

  get complete(): boolean {
    return this.#ended && isWhole(this.#response ?? {});
  }

  get ended(): boolean {
    return this.#ended;
  }

  get beginnings(): number {
    return this.#visible.beginnings;
  }

  get alive(): boolean {
    return this.#visible.alive;
  }

  get requestId(): string | null {
    return null;
  }

  answer(thinkTags: ThinkTags = this.#thinkTags): Answer {
    return answerOfResponse(this.body(), thinkTags);
  }

  body(): JsonObject {
    // Some servers leave out of the whole response what they sent before.
    const isEmpty = arrayOrEmpty(this.#response?.['output']).length === 0;
    return isEmpty ? { ...this.#response, output: this.#items.output() } : (this.#response ?? {});
  }

  /** Shows what came without deltas, and what began as a tag and was none. */
  #finish(): string {
    const { finishReason, refusal, text, toolCalls } = this.answer('text');
    const rest = this.#visible.text(text.slice(this.#textLength));
    if (toolCalls.length > 0 && this.#visible.beginnings === 0) this.#visible.seen();
    const end = finishReason === 'length' ? '' : this.#visible.end();
    return rest + end + this.#visible.shown(refusal.slice(this.#refusalLength));
  }
}

/** Reads a whole response of the Responses API; null if it is none, or has no answer yet. */
export const wholeResponse = (body: JsonValue, thinkTags: ThinkTags): WholeAnswer | null => {
  if (!isJsonObject(body) || !isJsonArray(body['output'])) return null;
  const problem = responseProblem(body);
  if (problem === null && !isWhole(body)) return null;
  return { answer: answerOfResponse(body, thinkTags), problem, requestId: null };
};

const unfinished: ReadonlySet<JsonValue | undefined> = new Set([
  'queued',
  'in_progress',
  'failed',
  'cancelled',
]);

/** Whether the answer in a response is whole; a server that names no status sends whole ones only. */
const isWhole = ({ status }: JsonObject): boolean => !unfinished.has(status);

const responseProblem = ({ error, status }: JsonObject): ReportedError | null => {
  if (status === 'cancelled') return { message: 'the response was cancelled', body: undefined };
  if (status !== 'failed' && !isJsonObject(error)) return null;
  const body = isJsonObject(error) ? { error } : undefined;
  return { message: errorText(error) ?? 'the response failed', body };
};

const answerOfResponse = (body: JsonObject, thinkTags: ThinkTags): Answer => {
  let text = '';
  let refusal = '';
  const reasoning: string[] = [];
  const toolCalls: ToolCall[] = [];
  const otherParts: string[] = [];
  const logprobs: JsonValue[] = [];
  for (const item of objectsIn(body['output'])) {
    const call = calledTool(item);
    if (call !== null) {
      toolCalls.push(call);
      if (mayBeRounded(item['arguments'])) otherParts.push(roundedNumber);
    } else if (item['type'] === 'reasoning') reasoning.push(...reasoningTexts(item));
    else if (item['type'] === 'image_generation_call') otherParts.push('image');
    else if (item['type'] === 'message') {
      for (const part of objectsIn(item['content'])) {
        if (part['type'] === 'refusal') refusal += stringOrEmpty(part['refusal']);
        else if (typeof part['text'] === 'string') text += part['text'];
        else otherParts.push(stringOrEmpty(part['type']).replace(/^output_/, '') || unknownPart);
        logprobs.push(...arrayOrEmpty(part['logprobs']));
        if (arrayOrEmpty(part['annotations']).length > 0) otherParts.push(citations);
      }
    } else if (!isOfServer(item)) {
      otherParts.push(stringOrEmpty(item['type']).slice(0, 40) || unknownPart);
    }
  }
  const { id, model, usage } = body;
  const { index: _, ...choice } = withoutThinkTags(
    {
      index: 0,
      text,
      refusal,
      reasoning: reasoning.join('\n\n'),
      toolCalls,
      ...otherPartsOf(otherParts),
      finishReason: finishReasonOf(body, toolCalls.length > 0 ? 'tool_calls' : 'stop'),
    },
    thinkTags,
  );
  return {
    id: stringOrEmpty(id) || null,
    ...choice,
    usage: readResponseUsage(usage),
    model: stringOrEmpty(model) || null,
    otherChoices: [],
    logprobs: logprobs.length === 0 ? null : logprobs,
    cost: readCost(usage),
  };
};

/** The dialect has no finish reason: a status, and a reason if that is `incomplete`. */
const finishReasonOf = (body: JsonObject, ending: 'stop' | 'tool_calls'): string | null => {
  if (!isWhole(body)) return null;
  if (body['status'] !== 'incomplete') return ending;
  const { reason } = objectOrEmpty(body['incomplete_details']);
  return canonicalFinishReason(stringOrEmpty(reason) || 'incomplete');
};

/** Whether an item is the server's own work: a search, code that it ran, a summary of what came before. */
const isOfServer = ({ type }: JsonObject): boolean =>
  typeof type === 'string' &&
  /^(?:compaction|mcp_call|mcp_list_tools)$|^(?:web_search|file_search|code_interpreter|tool_search|shell)_call$|_output$/.test(
    type,
  );

/** The text of a reasoning item, or of its summary where the text is encrypted. */
const reasoningTexts = ({ content, summary }: JsonObject): readonly string[] => {
  const texts = [content, summary].map((parts) =>
    objectsIn(parts)
      .map(({ text }) => stringOrEmpty(text))
      .filter(Boolean),
  );
  return texts.find(({ length }) => length > 0) ?? [];
};

/** What the user's own program must run: functions, custom tools, and the tools that OpenAI defines. */
const calledTool = (item: JsonObject): ToolCall | null => {
  const id = stringOrEmpty(item['call_id']) || stringOrEmpty(item['id']) || null;
  switch (item['type']) {
    case 'function_call':
      return { id, name: stringOrEmpty(item['name']), arguments: jsonText(item['arguments']) };
    case 'custom_tool_call':
      return { id, name: stringOrEmpty(item['name']), arguments: stringOrEmpty(item['input']) };
    case 'computer_call':
      return { id, name: 'computer', arguments: jsonText(item['actions'] ?? item['action']) };
    case 'local_shell_call':
      return { id, name: 'local_shell', arguments: jsonText(item['action']) };
    case 'apply_patch_call':
      return { id, name: 'apply_patch', arguments: jsonText(item['operation']) };
    case 'shell_call': {
      const { type } = objectOrEmpty(item['environment']);
      if (type === 'container_reference') return null;
      return { id, name: 'shell', arguments: jsonText(item['action']) };
    }
    case 'tool_search_call':
      if (item['execution'] !== 'client') return null;
      return { id, name: 'tool_search', arguments: jsonText(item['arguments']) };
    default:
      return null;
  }
};

/** Arguments as JSON text: as they came, or written if they are a value. */
const jsonText = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
