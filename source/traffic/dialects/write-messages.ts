import { isJsonObject, type JsonObject } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { callInput } from './call-input.ts';
import { enforceableSchema } from './enforceable-schema.ts';
import { textOfMedia } from './media-source.ts';
import { writeThinking } from './reasoning-settings.ts';
import { requestPath } from './request-paths.ts';
import { settingPath, writeSettings } from './shared-settings.ts';
import type {
  CallPart,
  MediaPart,
  NeutralRequest,
  ResultPart,
  TextPart,
  ToolChoice,
  ToolDefinition,
  Turn,
  TurnPart,
} from './turn.ts';
import {
  joinedByRole,
  logTurnLosses,
  textParameter,
  turnsBesideSystem,
  writtenProviderTool,
} from './written-turns.ts';

/** Tokens of output for a request that sets no limit: what every model of Anthropic's on sale can give. */
const defaultOutputLimit = 32_000;

/** Writes the body of a request to Anthropic's Messages API, and logs what has no place in it. */
export const writeMessagesRequest = (given: NeutralRequest, log: AdaptationLog): JsonObject => {
  const request = withinLimits(given, log);
  const { model } = request;
  const outputLimit = request.outputLimit ?? defaultOutputLimit;
  const { system, turns } = turnsBesideSystem(request, 'messages', log);
  const messages = joinedByRole(
    turns.map((turn) => ({ role: messageRole(turn), parts: writeTurn(turn, request, log) })),
  );
  const { tools, choice } = writeTools(request, log);
  const { thinking, effort } = writeThinking(request, outputLimit, log);
  const format = writeFormat(request, log);
  const outputConfig = {
    ...(effort === undefined ? {} : { effort }),
    ...(format === null ? {} : { format }),
  };
  return {
    ...(model === null ? {} : { model }),
    ...(system.length === 0 ? {} : { system: system.map(writeText) }),
    messages: messages.map(({ role, parts }) => ({ role, content: parts })),
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    ...besideThinking(writeSettings(request, 'messages', log), thinking, request, log),
    max_tokens: outputLimit,
  };
};

/** The request with what Anthropic needs and in the ranges that it accepts. */
const withinLimits = (request: NeutralRequest, log: AdaptationLog): NeutralRequest => {
  const { dialect, temperature, logprobs, outputLimit } = request;
  if (dialect === 'messages') return request;
  if (outputLimit === null) {
    const reason = 'Anthropic Messages requires a limit, and none was asked';
    const path = settingPath('outputLimit', dialect) ?? 'max_tokens';
    log.approximated(path, { from: null, to: defaultOutputLimit }, reason, 'harmless');
  }
  if (logprobs !== null) {
    const reason = 'Anthropic Messages has no logprobs; the answer is the same without them';
    log.dropped(requestPath(dialect, 'logprobs'), logprobs, reason, 'harmless');
  }
  if (temperature === null || temperature <= 1) return request;
  const path = settingPath('temperature', dialect) ?? 'temperature';
  const reason = 'temperatures end at 1 there';
  log.approximated(path, { from: temperature, to: 1 }, reason, 'lossy');
  return { ...request, temperature: 1 };
};

/** The settings without those that Anthropic refuses while a model thinks. */
const besideThinking = (
  settings: JsonObject,
  thinking: JsonObject | undefined,
  { dialect, temperature, topK }: NeutralRequest,
  log: AdaptationLog,
): JsonObject => {
  const thinks = thinking !== undefined && thinking['type'] !== 'disabled';
  if (!thinks || dialect === 'messages') return settings;
  const { temperature: _, top_k: __, ...others } = settings;
  const reason = 'Anthropic refuses it while a model thinks';
  if (temperature !== null && temperature !== 1) {
    log.dropped(settingPath('temperature', dialect) ?? 'temperature', temperature, reason, 'lossy');
  }
  if (topK !== null) log.dropped(settingPath('topK', dialect) ?? 'top_k', topK, reason, 'lossy');
  return others;
};

const messageRole = ({ role }: Turn): 'user' | 'assistant' | 'system' =>
  role === 'assistant' ? role : role === 'system' || role === 'developer' ? 'system' : 'user';

const writeText = ({ text }: TextPart): JsonObject => ({ type: 'text', text });

const writeTurn = (
  turn: Turn,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  logTurnLosses(turn, request, 'messages', log);
  return turn.parts.flatMap((part) => writePart(part, request, log));
};

const writePart = (
  part: TurnPart,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  switch (part.kind) {
    case 'text':
      // The API refuses empty texts.
      return part.text === '' ? [] : [writeText(part)];
    case 'refusal':
      return [{ type: 'text', text: part.text }];
    case 'call':
      return [writeCall(part, request, log)];
    case 'result':
      return [writeResult(part, request, log)];
    case 'reasoning':
    case 'foreign':
      return request.dialect === 'messages' && isJsonObject(part.raw) ? [part.raw] : [];
    default:
      return writeMedia(part, request, log);
  }
};

/** An object without members, for a function without parameters. */
const noParameters: JsonObject = { type: 'object', properties: {} };

/** Ids may have letters, digits, `_` and `-` only. */
const toolId = (id: string | null): string => (id ?? '').replaceAll(/[^\w-]/g, '_');

const writeCall = (
  { id, name, arguments: given, takes }: CallPart,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): JsonObject => {
  const input = callInput(given, takes, dialect, log);
  return { type: 'tool_use', id: toolId(id), name, input };
};

const writeResult = (
  { id, content, isError }: ResultPart,
  request: NeutralRequest,
  log: AdaptationLog,
): JsonObject => {
  const [only, ...others] = content;
  const isText = others.length === 0 && only?.kind === 'text';
  const blocks = content.flatMap((part) => writePart(part, request, log));
  return {
    type: 'tool_result',
    tool_use_id: toolId(id),
    content: isText ? only.text : blocks,
    ...(isError ? { is_error: true } : {}),
  };
};

const writeMedia = (
  part: MediaPart,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const { dialect } = request;
  const { kind, name, detail } = part;
  const source = mediaSource(part);
  const path = requestPath(dialect, kind);
  if (source === null) {
    log.dropped(path, mediaName(part), 'Anthropic Messages has no such part', 'lossy');
    return [];
  }
  if (detail !== null && detail !== 'auto') {
    const reason = 'Anthropic Messages has no level of detail';
    log.dropped(requestPath(dialect, 'detail'), detail, reason, 'lossy');
  }
  const title = kind === 'document' && name !== null ? { title: name } : {};
  return [{ type: kind, source, ...title }];
};

const mediaName = ({ kind, source }: MediaPart): string =>
  source.kind === 'base64' ? source.mediaType : kind;

/** The source of an image or a document as Anthropic takes it; null for what it does not take. */
const mediaSource = (part: MediaPart): JsonObject | null => {
  const { kind, source } = part;
  const text = textOfMedia(part);
  if (text !== null) return { type: 'text', media_type: 'text/plain', data: text };
  if (kind !== 'image' && kind !== 'document') return null;
  switch (source.kind) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'uploaded':
      return { type: 'file', file_id: source.id };
    case 'text':
      return null;
    case 'base64': {
      const { mediaType, data } = source;
      return kind === 'image' || mediaType === 'application/pdf'
        ? { type: 'base64', media_type: mediaType, data }
        : null;
    }
  }
};

const writeTools = (
  request: NeutralRequest,
  log: AdaptationLog,
): { readonly tools: readonly JsonObject[]; readonly choice: JsonObject | null } => {
  const { toolChoice, dialect } = request;
  const allowed = toolChoice?.kind === 'allowed' ? new Set(toolChoice.names) : null;
  if (allowed !== null && request.tools.some((tool) => !isAllowed(tool, allowed))) {
    const reason = 'Anthropic Messages cannot allow some of the tools; the others are left out';
    const change = { from: [...allowed], to: 'only these tools are defined' };
    log.approximated(requestPath(dialect, 'toolChoice'), change, reason, 'lossy');
  }
  const tools = request.tools.filter((tool) => allowed === null || isAllowed(tool, allowed));
  return {
    tools: tools.flatMap((tool) => writeTool(tool, request, log)),
    choice: writeChoice(request, tools.length),
  };
};

const isAllowed = (tool: ToolDefinition, names: ReadonlySet<string>): boolean =>
  tool.kind === 'provider' || names.has(tool.name);

const writeTool = (
  tool: ToolDefinition,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  switch (tool.kind) {
    case 'provider':
      return writtenProviderTool(tool, dialect, 'messages', log);
    case 'custom': {
      const reason = 'a tool that takes text becomes a function with one parameter';
      const change = { from: tool.format, to: textParameter };
      log.approximated(requestPath(dialect, 'customTool'), change, reason, 'lossy');
      return [
        {
          name: tool.name,
          ...(tool.description === null ? {} : { description: tool.description }),
          input_schema: textParameter,
        },
      ];
    }
    case 'function': {
      const { name, description, parameters, strict } = tool;
      return [
        {
          name,
          ...(description === null ? {} : { description }),
          input_schema: parameters ?? noParameters,
          ...(strict === true ? { strict } : {}),
        },
      ];
    }
  }
};

const writeChoice = (
  { toolChoice, parallelToolCalls }: NeutralRequest,
  toolCount: number,
): JsonObject | null => {
  if (toolChoice === null && (parallelToolCalls === null || toolCount === 0)) return null;
  const choice = choiceObject(toolChoice);
  return parallelToolCalls === null || choice['type'] === 'none'
    ? choice
    : { ...choice, disable_parallel_tool_use: !parallelToolCalls };
};

const choiceObject = (choice: ToolChoice | null): JsonObject => {
  switch (choice?.kind) {
    case 'tool':
      return { type: 'tool', name: choice.name };
    case 'required':
      return { type: 'any' };
    case 'allowed':
      return { type: choice.mode === 'required' ? 'any' : 'auto' };
    case 'none':
      return { type: 'none' };
    default:
      return { type: 'auto' };
  }
};

const writeFormat = (
  { outputFormat, dialect }: NeutralRequest,
  log: AdaptationLog,
): JsonObject | null => {
  if (outputFormat === null) return null;
  const path = requestPath(dialect, 'outputFormat');
  if (outputFormat.kind === 'json') {
    log.dropped(path, 'json_object', 'Anthropic Messages has no JSON without a schema', 'lossy');
    return null;
  }
  const { schema: asked } = outputFormat;
  if (dialect === 'messages') return { type: 'json_schema', schema: asked };
  const { schema, changed } = enforceableSchema(asked);
  if (changed.length > 0) {
    const reason = 'Anthropic enforces a part of JSON Schema only; the rest is in descriptions';
    log.approximated(path, { from: [...changed], to: 'in descriptions' }, reason, 'lossy');
  } else log.renamed(path, 'output_config.format', 'its name in Anthropic Messages');
  return { type: 'json_schema', schema };
};
