import type { JsonObject } from '../../text/json.ts';
import { type Adaptation, AdaptationLog } from './adaptation.ts';
import { readChatRequest } from './read-chat.ts';
import { readGeminiBody } from './read-gemini.ts';
import { readMessagesRequest } from './read-messages.ts';
import { readResponsesRequest } from './read-responses.ts';
import { type Dialect, dialectTitles } from './dialect.ts';
import type { NeutralRequest, ReadRequest, UnreadField } from './turn.ts';
import { logUnread } from './unread-fields.ts';
import { writeChatRequest } from './write-chat.ts';
import { writeGeminiRequest } from './write-gemini.ts';
import { writeMessagesRequest } from './write-messages.ts';
import { writeResponsesRequest } from './write-responses.ts';

const dialects: Readonly<
  Record<
    Dialect,
    {
      readonly read: (body: JsonObject) => ReadRequest;
      readonly write: (
        request: NeutralRequest,
        log: AdaptationLog,
        target: string | null,
      ) => JsonObject;
    }
  >
> = {
  chat: { read: readChatRequest, write: writeChatRequest },
  responses: { read: readResponsesRequest, write: writeResponsesRequest },
  messages: { read: readMessagesRequest, write: writeMessagesRequest },
  gemini: { read: readGeminiBody, write: writeGeminiRequest },
};

/** A request as it was understood. */
export type UnderstoodRequest = {
  readonly request: NeutralRequest;
  /** Fields that the model of a request has no place for. */
  readonly unread: readonly UnreadField[];
  /** Tools that the provider ran, by the names of their types. */
  readonly hostedTools: readonly string[];
  /** Why a replay of it would not ask the same: a short, stable phrase; null if it can be replayed. */
  readonly problem: string | null;
};

/**
 * Reads a request in any dialect. `model` is that of the path, for a body that names none. Never throws: what
 * is not understood is in `unread`.
 */
export const readRequest = (
  dialect: Dialect,
  body: JsonObject,
  model: string | null,
): UnderstoodRequest => {
  const { request, unread, serverState, hostedTools } = dialects[dialect].read(body);
  return {
    request: request.model === null ? { ...request, model } : request,
    unread,
    hostedTools,
    problem: replayProblem(serverState, hostedTools),
  };
};

const replayProblem = (
  serverState: readonly string[],
  hostedTools: readonly string[],
): string | null => {
  const [state] = serverState;
  if (state !== undefined) return `${state}: a part of it is on the provider's server`;
  const [tool] = hostedTools;
  return tool === undefined ? null : `${tool}: a tool that the provider runs`;
};

/** A request in another dialect. */
export type BridgedRequest = {
  readonly body: JsonObject;
  /** The model of the request, which Gemini has in the path and not in the body; null if it is unknown. */
  readonly model: string | null;
  /** What the translation changed. */
  readonly adaptations: readonly Adaptation[];
  /** Whether the request no longer means the same. */
  readonly lossy: boolean;
  /** Why the request cannot be asked in the other dialect at all; null if it can. */
  readonly problem: string | null;
};

/** The models of a translation, where they are known. */
export type BridgeModels = {
  /** The model of the path, for a body that names none. */
  readonly asked?: string | null;
  /** The model that the translation is for. */
  readonly target?: string | null;
};

/**
 * Translates a request. The body names the model of the request, which the caller replaces; for Gemini it
 * stands beside the body.
 */
export const bridgeRequest = (
  from: Dialect,
  body: JsonObject,
  to: Dialect,
  { asked = null, target = null }: BridgeModels = {},
): BridgedRequest => {
  const read = readRequest(from, body, asked);
  const log = new AdaptationLog();
  if (from !== to) logUnread(read.unread, to, log);
  const written = dialects[to].write(read.request, log, target);
  const { adaptations } = log;
  return {
    body: written,
    model: read.request.model,
    adaptations,
    lossy: adaptations.some(({ lossy }) => lossy === true),
    problem: read.problem ?? (from === to ? null : foreignProblem(read.request)),
  };
};

/** A tool that the provider defines, or an item of one, which no other dialect can say. */
const foreignProblem = ({ tools, turns, dialect }: NeutralRequest): string | null => {
  const types = [
    ...tools.flatMap((tool) => (tool.kind === 'provider' ? [tool.type] : [])),
    ...turns.flatMap(({ role, parts }) =>
      parts.flatMap((part) =>
        part.kind === 'foreign' && role === 'assistant' && dialect === 'responses'
          ? [part.type]
          : [],
      ),
    ),
  ];
  const [type] = types;
  return type === undefined ? null : `${type}: only ${dialectTitles[dialect]} has it`;
};

/**
 * A request in the words of chat completions, for what shows, searches and counts it. That of chat completions is
 * the body itself.
 */
export const chatForm = (dialect: Dialect, body: JsonObject): JsonObject =>
  dialect === 'chat'
    ? body
    : dialects.chat.write(dialects[dialect].read(body).request, new AdaptationLog(), null);
