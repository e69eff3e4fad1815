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
import type { Answer, Choice, ToolCall } from '../answer.ts';
import { errorText } from '../call/error-message.ts';
import { canonicalFinishReason } from '../finish-reasons.ts';
import type { AnswerReader, ReportedError, WholeAnswer } from './answer-reader.ts';
import { citations, otherPartsOf, roundedNumber, unknownPart } from './other-parts.ts';
import { PartialArguments } from './partial-arguments.ts';
import { readGeminiUsage } from './reported-usage.ts';
import type { ThinkTags } from './think-tags.ts';
import { VisibleOutput, withoutThinkTags } from './visible-output.ts';

/**
 * Reads a stream of Gemini's `generateContent`: each event is a response with a piece of the answer. There
 * is no end marker. The answer is complete once every candidate that began has a finish reason, or the
 * prompt was blocked.
 */
export class GeminiReader implements AnswerReader {
  readonly #thinkTags: ThinkTags;
  readonly #visible: VisibleOutput;
  readonly #candidates = new Map<number, OpenCandidate>();
  #response: JsonObject | null = null;

  constructor(thinkTags: ThinkTags) {
    this.#thinkTags = thinkTags;
    this.#visible = new VisibleOutput(thinkTags);
  }

  push(event: JsonObject): string {
    const { candidates, ...response } = event;
    if (!isGeminiResponse(event)) return '';
    this.#response = { ...this.#response, ...response };
    let text = this.#visible.shown(refusalOf(blockedChoice(response)));
    for (const [position, candidate] of objectsIn(candidates).entries()) {
      text += this.#pushCandidate(candidate, position);
    }
    return text;
  }

  errorIn({ error }: JsonObject): ReportedError | null {
    if (!error) return null;
    return { message: errorText(error) ?? JSON.stringify(error), body: { error } };
  }

  get begun(): boolean {
    return this.#response !== null;
  }

  get complete(): boolean {
    if (this.#response === null) return false;
    if (this.#candidates.size === 0) return blockedChoice(this.#response) !== null;
    for (const { finishReason } of this.#candidates.values()) {
      if (finishReason === null) return false;
    }
    return true;
  }

  get ended(): boolean {
    return false;
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
    const candidates = [...this.#candidates].toSorted(([one], [other]) => one - other);
    return {
      ...(candidates.length === 0
        ? {}
        : { candidates: candidates.map(([, candidate]) => wholeCandidate(candidate)) }),
      ...this.#response,
    };
  }

  #pushCandidate(candidate: JsonObject, position: number): string {
    const index = candidateIndex(candidate, position);
    let open = this.#candidates.get(index);
    if (open === undefined) {
      open = { members: {}, content: {}, parts: [], logprobs: [], finishReason: null };
      this.#candidates.set(index, open);
    }
    const { content, logprobsResult, ...members } = candidate;
    open.members = { ...open.members, ...members };
    if (isJsonObject(logprobsResult)) open.logprobs.push(logprobsResult);
    const { parts, ...others } = objectOrEmpty(content);
    open.content = { ...open.content, ...others };
    let text = '';
    for (const part of objectsIn(parts)) {
      addPart(open.parts, part);
      const piece = this.#see(part, index === 0);
      text += piece;
    }
    const reason = candidate['finishReason'];
    if (typeof reason !== 'string' || reason === '') return text;
    open.finishReason = canonicalFinishReason(reason);
    if (index !== 0) return text;
    if (open.finishReason !== 'length') text += this.#visible.end();
    return text + this.#visible.shown(filterMessage(candidate));
  }

  /** Notes what a part shows. Returns the text that it adds to the first candidate. */
  #see(part: JsonObject, isFirst: boolean): string {
    const text = stringOrEmpty(part['text']);
    if (part['thought'] === true) {
      if (text !== '') this.#visible.thought();
      return '';
    }
    if (text !== '' && isFirst) return this.#visible.text(text);
    if (text !== '' || isJsonObject(part['functionCall']) || mediaKind(part) !== null) {
      this.#visible.seen();
    }
    return '';
  }
}

type OpenCandidate = {
  members: JsonObject;
  content: JsonObject;
  readonly parts: OpenPart[];
  readonly logprobs: JsonObject[];
  finishReason: string | null;
};

/** A part whose text grows, or the arguments of its call; `text` is null for any other part. */
type OpenPart = {
  readonly members: JsonObject;
  text: string | null;
  readonly partial?: PartialArguments;
};

/**
 * Adds a part to those before it: plain text continues plain text of the same kind, and a call without a
 * name continues the one before it.
 */
const addPart = (parts: OpenPart[], part: JsonObject): void => {
  const { text, ...members } = part;
  const last = parts.at(-1);
  if (typeof text !== 'string') {
    const { functionCall } = part;
    if (!isJsonObject(functionCall)) parts.push({ members: part, text: null });
    else if (functionCall['name'] !== undefined || last?.partial === undefined) {
      parts.push(openCall(part, functionCall));
    } else last.partial.push(functionCall['partialArgs']);
    return;
  }
  const isPlain = Object.keys(members).every((key) => key === 'thought');
  const continues =
    last !== undefined &&
    last.text !== null &&
    isPlain &&
    Object.keys(last.members).every((key) => key === 'thought') &&
    (last.members['thought'] === true) === (members['thought'] === true);
  if (continues && last.text !== null) last.text += text;
  else if (text !== '' || !isPlain) parts.push({ members, text });
};

const openCall = (part: JsonObject, functionCall: JsonObject): OpenPart => {
  const { partialArgs, willContinue, ...call } = functionCall;
  if (partialArgs === undefined && willContinue !== true) return { members: part, text: null };
  const partial = new PartialArguments();
  partial.push(partialArgs);
  return { members: { ...part, functionCall: call }, text: null, partial };
};

const wholePart = ({ members, partial, text }: OpenPart): JsonObject => {
  if (text !== null) return { text, ...members };
  if (partial === undefined) return members;
  const call = objectOrEmpty(members['functionCall']);
  return { ...members, functionCall: { ...call, args: partial.arguments() } };
};

const wholeCandidate = (candidate: OpenCandidate): JsonObject => {
  const { members, content, parts, logprobs } = candidate;
  return {
    content: {
      ...content,
      ...(parts.length === 0 ? {} : { parts: parts.map(wholePart) }),
    },
    ...members,
    ...(logprobs.length === 0 ? {} : { logprobsResult: joinedLogprobs(logprobs) }),
  };
};

const joinedLogprobs = (results: readonly JsonObject[]): JsonObject => ({
  ...results.at(-1),
  ...Object.fromEntries(
    ['chosenCandidates', 'topCandidates'].flatMap((key) =>
      results.some((result) => isJsonArray(result[key]))
        ? [[key, results.flatMap((result) => arrayOrEmpty(result[key]))]]
        : [],
    ),
  ),
});

const candidateIndex = ({ index }: JsonObject, position: number): number =>
  typeof index === 'number' ? index : position;

const isGeminiResponse = (body: JsonObject): boolean =>
  isJsonArray(body['candidates']) ||
  isJsonObject(body['promptFeedback']) ||
  isJsonObject(body['usageMetadata']);

/**
 * Reads a whole response of Gemini, or the list of pieces that it sends in place of a stream if `alt=sse`
 * was not asked for; null if it is none.
 */
export const wholeGeminiResponse = (body: JsonValue, thinkTags: ThinkTags): WholeAnswer | null => {
  const reader = new GeminiReader(thinkTags);
  let problem: ReportedError | null = null;
  for (const piece of isJsonArray(body) ? objectsIn(body) : isJsonObject(body) ? [body] : []) {
    problem ??= reader.errorIn(piece);
    reader.push(piece);
  }
  if (!reader.begun) return null;
  const answer = reader.answer();
  // A response without candidates and without a reason holds nothing.
  if (answer.finishReason === null && !reader.alive && problem === null) return null;
  return { answer, problem, requestId: null };
};

const answerOfResponse = (body: JsonObject, thinkTags: ThinkTags): Answer => {
  const candidates = objectsIn(body['candidates'])
    .map((candidate, position) => choiceOf(candidate, position))
    .toSorted((one, other) => one.index - other.index)
    .map((choice) => withoutThinkTags(choice, thinkTags));
  const [first = blockedChoice(body) ?? emptyChoice, ...otherChoices] = candidates;
  const { index: _, ...choice } = first;
  const { responseId, modelVersion, usageMetadata } = body;
  return {
    id: stringOrEmpty(responseId) || null,
    ...choice,
    usage: readGeminiUsage(usageMetadata),
    model: stringOrEmpty(modelVersion) || null,
    otherChoices,
    logprobs: null,
    cost: null,
  };
};

const emptyChoice: Choice = {
  index: 0,
  text: '',
  refusal: '',
  reasoning: '',
  toolCalls: [],
  finishReason: null,
};

/** The answer to a prompt that was blocked; null if it was not. */
const blockedChoice = ({ promptFeedback }: JsonObject): Choice | null => {
  const { blockReason, blockReasonMessage } = objectOrEmpty(promptFeedback);
  return typeof blockReason === 'string' && blockReason !== ''
    ? { ...emptyChoice, refusal: stringOrEmpty(blockReasonMessage), finishReason: 'content_filter' }
    : null;
};

const refusalOf = (choice: Choice | null): string => choice?.refusal ?? '';

const choiceOf = (candidate: JsonObject, position: number): Choice => {
  let text = '';
  let reasoning = '';
  const toolCalls: ToolCall[] = [];
  const otherParts: string[] = [];
  for (const part of objectsIn(objectOrEmpty(candidate['content'])['parts'])) {
    const { functionCall, thought } = part;
    if (thought === true) reasoning += stringOrEmpty(part['text']);
    else if (isJsonObject(functionCall)) {
      toolCalls.push(toolCall(functionCall));
      if (mayBeRounded(functionCall['args'])) otherParts.push(roundedNumber);
    } else text += stringOrEmpty(part['text']);
    const media = thought === true ? null : mediaKind(part);
    if (media !== null) otherParts.push(media);
    if (Object.keys(part).every((key) => !knownMembers.has(key))) {
      otherParts.push(Object.keys(part)[0]?.slice(0, 40) ?? unknownPart);
    }
  }
  const { citationMetadata, groundingMetadata } = candidate;
  if (namesSources(citationMetadata) || namesSources(groundingMetadata)) otherParts.push(citations);
  const reason = stringOrEmpty(candidate['finishReason']);
  const ending = reason === '' ? null : canonicalFinishReason(reason);
  return {
    index: candidateIndex(candidate, position),
    text,
    refusal: filterMessage(candidate),
    reasoning,
    toolCalls,
    ...otherPartsOf(otherParts),
    // Gemini has one word for an answer that ends with text and one that ends with calls.
    finishReason: ending === 'stop' && toolCalls.length > 0 ? 'tool_calls' : ending,
  };
};

/** What a part may have that is read, or is the server's own work. */
const knownMembers: ReadonlySet<string> = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'functionCall',
  'inlineData',
  'fileData',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]);

/** Whether metadata of a candidate name a source. */
const namesSources = (metadata: JsonValue | undefined): boolean => {
  const { citations: cited, citationSources, groundingChunks } = objectOrEmpty(metadata);
  return [cited, citationSources, groundingChunks].some((each) => arrayOrEmpty(each).length > 0);
};

/** What the server says where it stopped an answer for its content; else empty. */
const filterMessage = ({ finishReason, finishMessage }: JsonObject): string =>
  canonicalFinishReason(stringOrEmpty(finishReason)) === 'content_filter'
    ? stringOrEmpty(finishMessage)
    : '';

const toolCall = ({ args, id, name }: JsonObject): ToolCall => ({
  id: stringOrEmpty(id) || null,
  name: stringOrEmpty(name),
  // Text only where a number would have been rounded.
  arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}),
});

/** What a part is that is neither text nor a call: `image`, `audio`, `video` or `file`; null for the others. */
const mediaKind = ({ inlineData, fileData }: JsonObject): string | null => {
  const data = isJsonObject(inlineData) ? inlineData : fileData;
  if (!isJsonObject(data)) return null;
  const kind = stringOrEmpty(data['mimeType']).split('/', 1)[0] ?? '';
  return ['image', 'audio', 'video'].includes(kind) ? kind : 'file';
};
