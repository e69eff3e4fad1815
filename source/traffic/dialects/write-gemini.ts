import { isJsonObject, type JsonObject, parseJson } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { callInput } from './call-input.ts';
import { asksForSignatures, foreignSignature } from './gemini-signature.ts';
import { isMedia, mediaTypeOfUrl } from './media-source.ts';
import { writeThinkingConfig } from './reasoning-settings.ts';
import { requestPath } from './request-paths.ts';
import { writeSettings } from './shared-settings.ts';
import type {
  MediaPart,
  NeutralRequest,
  ResultPart,
  TextPart,
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

/**
 * Writes the body of Gemini's `generateContent`, and logs what has no place in it. `target` is the model that it
 * is for; null if it is not known.
 */
export const writeGeminiRequest = (
  request: NeutralRequest,
  log: AdaptationLog,
  target: string | null,
): JsonObject => {
  const { system, turns } = turnsBesideSystem(request, 'gemini', log);
  const isSigned = request.dialect !== 'gemini' && asksForSignatures(target);
  const contents = joinedByRole(
    turns.map((turn) => {
      const parts = writeTurn(turn, request, log);
      return turn.role === 'assistant'
        ? { role: 'model', parts: isSigned ? withSignature(parts, request, log) : parts }
        : { role: 'user', parts };
    }),
  );
  const tools = writeTools(request, log);
  const calling = writeCalling(request, log);
  const { generationConfig: settings } = writeSettings(request, 'gemini', log);
  const thinkingConfig = writeThinkingConfig(request, log);
  const { logprobs } = request;
  const generationConfig = {
    ...(isJsonObject(settings) ? settings : {}),
    ...writeFormat(request, log),
    ...(thinkingConfig === null ? {} : { thinkingConfig }),
    ...(logprobs === null
      ? {}
      : { responseLogprobs: true, ...(logprobs === 0 ? {} : { logprobs }) }),
  };
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map(writeText) } }),
    contents,
    ...(tools.length === 0 ? {} : { tools }),
    ...(calling === null ? {} : { toolConfig: { functionCallingConfig: calling } }),
    ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
  };
};

const withSignature = (
  parts: readonly JsonObject[],
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  if (parts.every(({ functionCall }) => functionCall === undefined)) return parts;
  const reason = 'Gemini asks for a signature; Google names this one for calls of another model';
  const change = { from: null, to: foreignSignature };
  log.approximated(requestPath(dialect, 'signature'), change, reason, 'harmless');
  return parts.map((part) =>
    part['functionCall'] === undefined ? part : { ...part, thoughtSignature: foreignSignature },
  );
};

const writeText = ({ text }: TextPart): JsonObject => ({ text });

const writeTurn = (
  turn: Turn,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  logTurnLosses(turn, request, 'gemini', log);
  if (turn.role === 'system' || turn.role === 'developer') {
    const reason = 'Gemini has a system prompt before the turns only';
    const path = requestPath(request.dialect, 'turnRole');
    log.approximated(path, { from: turn.role, to: 'user' }, reason, 'lossy');
  }
  return turn.parts.flatMap((part) => writePart(part, request, log));
};

const writePart = (
  part: TurnPart,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const { dialect } = request;
  switch (part.kind) {
    case 'text':
      return [writeText(part)];
    case 'refusal':
      return [{ text: part.text }];
    case 'call': {
      const { id, name, arguments: given, takes, signature } = part;
      const args = callInput(given, takes, dialect, log);
      const signed =
        signature === null || dialect !== 'gemini' ? {} : { thoughtSignature: signature };
      return [{ functionCall: { ...(id === null ? {} : { id }), name, args }, ...signed }];
    }
    case 'result':
      return writeResult(part, request, log);
    case 'reasoning':
    case 'foreign':
      return dialect === 'gemini' && isJsonObject(part.raw) ? [part.raw] : [];
    default:
      return writeMedia(part, request, log);
  }
};

const writeResult = (
  { id, name, content, isError }: ResultPart,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const text = content.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
  const media = content.filter(isMedia).flatMap((part) => writeMedia(part, request, log));
  if (media.length > 0 && request.dialect !== 'gemini') {
    const reason = 'a result is an object in Gemini; images follow it';
    const change = { from: 'in the result', to: 'after the result' };
    log.approximated(requestPath(request.dialect, 'result'), change, reason, 'lossy');
  }
  const response = responseObject(text, isError);
  const functionResponse = {
    ...(id === null ? {} : { id }),
    name: name ?? '',
    response,
  };
  return request.dialect === 'gemini' && media.length > 0
    ? [{ functionResponse: { ...functionResponse, parts: media } }]
    : [{ functionResponse }, ...media];
};

/** Google names `output` and `error` for what is not an object. */
const responseObject = (text: string, isError: boolean): JsonObject => {
  if (isError) return { error: text };
  const parsed = parseJson(text);
  return isJsonObject(parsed) ? parsed : { output: text };
};

const writeMedia = (
  part: MediaPart,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const { kind, source, name, detail } = part;
  if (detail !== null && detail !== 'auto') {
    const reason = 'Gemini has a resolution for all media only';
    log.dropped(requestPath(dialect, 'detail'), detail, reason, 'lossy');
  }
  const named = name === null || dialect !== 'gemini' ? {} : { displayName: name };
  switch (source.kind) {
    case 'base64':
      return [{ inlineData: { mimeType: source.mediaType, data: source.data, ...named } }];
    case 'text':
      return [{ text: source.text }];
    case 'uploaded':
      if (dialect === 'gemini') {
        const typed = source.mediaType === null ? {} : { mimeType: source.mediaType };
        return [{ fileData: { ...typed, fileUri: source.id, ...named } }];
      }
      log.dropped(requestPath(dialect, kind), source.id, 'the file is at the provider', 'lossy');
      return [];
    case 'url': {
      const { url } = source;
      const mimeType = source.mediaType ?? mediaTypeOfUrl(url) ?? usualTypes[kind];
      return [{ fileData: { mimeType, fileUri: url, ...named } }];
    }
  }
};

/** The media type of a URL that names none. */
const usualTypes: Readonly<Record<MediaPart['kind'], string>> = {
  image: 'image/jpeg',
  document: 'application/pdf',
  audio: 'audio/mpeg',
  video: 'video/mp4',
};

const writeTools = (request: NeutralRequest, log: AdaptationLog): readonly JsonObject[] => {
  const { tools, dialect } = request;
  const declarations = tools.flatMap((tool) =>
    tool.kind === 'provider' ? [] : [writeDeclaration(tool, request, log)],
  );
  const own = tools.flatMap((tool) =>
    tool.kind === 'provider' ? writtenProviderTool(tool, dialect, 'gemini', log) : [],
  );
  const functions = declarations.length === 0 ? [] : [{ functionDeclarations: declarations }];
  return tools[0]?.kind === 'provider' ? [...own, ...functions] : [...functions, ...own];
};

const writeDeclaration = (
  tool: Exclude<ToolDefinition, { kind: 'provider' }>,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): JsonObject => {
  const { name, description } = tool;
  const described = description === null ? {} : { description };
  if (tool.kind === 'custom') {
    const reason = 'a tool that takes text becomes a function with one parameter';
    const change = { from: tool.format, to: textParameter };
    log.approximated(requestPath(dialect, 'customTool'), change, reason, 'lossy');
    return { name, ...described, parametersJsonSchema: textParameter };
  }
  const { parameters } = tool;
  return {
    name,
    ...described,
    ...(parameters === null ? {} : { parametersJsonSchema: parameters }),
  };
};

const writeCalling = (request: NeutralRequest, log: AdaptationLog): JsonObject | null => {
  const { toolChoice, tools, parallelToolCalls, dialect } = request;
  if (parallelToolCalls !== null) {
    const path = requestPath(dialect, 'parallelToolCalls');
    const reason = 'Gemini has no such setting; it may make several calls at a time';
    log.dropped(path, parallelToolCalls, reason, parallelToolCalls ? 'harmless' : 'lossy');
  }
  const strict = tools.filter((tool) => tool.kind === 'function' && tool.strict === true);
  const isValidated = strict.length > 0;
  switch (toolChoice?.kind) {
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [toolChoice.name] };
    case 'allowed': {
      const mode = toolChoice.mode === 'required' ? 'ANY' : 'VALIDATED';
      return { mode, allowedFunctionNames: toolChoice.names };
    }
    default:
      if (!isValidated) return toolChoice === null ? null : { mode: 'AUTO' };
      if (dialect !== 'gemini') {
        const change = { from: true, to: 'VALIDATED' };
        const reason = 'Gemini keeps the arguments of all tools to their schemas, or of none';
        log.approximated(requestPath(dialect, 'strict'), change, reason, 'harmless');
      }
      return { mode: 'VALIDATED' };
  }
};

const writeFormat = ({ outputFormat, dialect }: NeutralRequest, log: AdaptationLog): JsonObject => {
  if (outputFormat === null) return {};
  const path = requestPath(dialect, 'outputFormat');
  log.renamed(path, 'generationConfig.responseJsonSchema', 'its name in Gemini');
  const type = { responseMimeType: 'application/json' };
  return outputFormat.kind === 'json' ? type : { ...type, responseJsonSchema: outputFormat.schema };
};
