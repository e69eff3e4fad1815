import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { DialectRequest } from '../capture.ts';
import { chatProblem } from '../chat-request.ts';
import type { Dialect } from './dialect.ts';
import { readRequest } from './translate-request.ts';
import { isSurelyChat, notPrompt, otherApiReason, recogniseCallBody } from './recognise-call.ts';

/** Facts of a recording about a request beside its body. */
export type RequestSurroundings = {
  /**
   * The dialect of the path; null or left out if the recording has no path. Gateways take chat completions
   * and record what they made of them, so that of a path of theirs the body knows more.
   */
  readonly dialect?: Dialect | null | undefined;
  /** The model in the path. */
  readonly model?: string | null | undefined;
  /** The dialect of the recorded answer; null or left out if there is none. */
  readonly answer?: Dialect | null;
};

/** A request that can be replayed, or why it cannot be, as a short, stable phrase. */
export type FoundRequest =
  { readonly found: DialectRequest } | { readonly found: null; readonly problem: string };

/**
 * Tells the dialect of a request and whether it can be replayed. The one gate of all formats. The path
 * decides; without one the body does, and where it has the same form in two dialects, the answer.
 */
export const findRequest = (
  value: JsonValue | undefined,
  { dialect = null, model = null, answer = null }: RequestSurroundings,
): FoundRequest => {
  if (!isJsonObject(value)) return { found: null, problem: 'no request' };
  const spoken =
    dialect === null || dialect === 'chat' ? dialectOfBody(value, dialect ?? answer) : dialect;
  if (typeof spoken !== 'string') return { found: null, problem: spoken.problem };
  const problem = dialectProblem(spoken, value, model);
  if (problem !== null) return { found: null, problem };
  const ownModel = value['model'];
  const isNamed = typeof ownModel === 'string' && ownModel !== '';
  return { found: { dialect: spoken, model: isNamed ? null : model, request: value } };
};

const dialectOfBody = (
  body: JsonObject,
  answer: Dialect | null,
): Dialect | { readonly problem: string } => {
  const recognised = recogniseCallBody(body);
  if (recognised.kind === 'other model call') return { problem: otherApiReason(recognised.api) };
  if (recognised.kind === 'no model call') {
    return answer === 'responses' ? answer : { problem: notPrompt(recognised.api) };
  }
  const isOpen = recognised.dialect === 'chat' && answer === 'messages';
  return isOpen && !isSurelyChat(body) ? answer : recognised.dialect;
};

/** The member without which a request asks nothing. */
const promptNames: Readonly<Record<Dialect, string>> = {
  chat: 'messages',
  responses: 'input',
  messages: 'messages',
  gemini: 'contents',
};

const dialectProblem = (
  dialect: Dialect,
  body: JsonObject,
  model: string | null,
): string | null => {
  if (dialect === 'chat') return chatProblem(body);
  const { problem } = readRequest(dialect, body, model);
  if (problem !== null) return problem;
  const name = promptNames[dialect];
  const prompt = body[name];
  const isEmpty = prompt === undefined || prompt === null || prompt === '' || isEmptyList(prompt);
  return isEmpty ? `no ${name}` : null;
};

const isEmptyList = (value: JsonValue): boolean => isJsonArray(value) && value.length === 0;
