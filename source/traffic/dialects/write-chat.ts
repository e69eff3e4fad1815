import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { isMedia, textOfMedia, urlOfSource } from './media-source.ts';
import { writeEffort } from './reasoning-settings.ts';
import { requestPath } from './request-paths.ts';
import { writeSettings } from './shared-settings.ts';
import { enforcedStrict, isStrictSchema } from './strict-schema.ts';
import { withToolIds } from './tool-results.ts';
import { failedCallText, logTurnLosses, writtenProviderTool } from './written-turns.ts';
import type {
  CallPart,
  MediaPart,
  NeutralRequest,
  ResultPart,
  SystemPrompt,
  TextPart,
  ToolDefinition,
  Turn,
  TurnPart,
} from './turn.ts';

/** Writes the body of a chat completion, and logs what has no place in it. */
export const writeChatRequest = (request: NeutralRequest, log: AdaptationLog): JsonObject => {
  const { model, system, parallelToolCalls, logprobs } = request;
  const tools = request.tools.flatMap((tool) => writeTool(tool, request, log));
  const choice = writeChoice(request);
  const effort = writeEffort(request, 'chat', log);
  return {
    ...(model === null ? {} : { model }),
    messages: [
      ...system.flatMap(writeSystem),
      ...withCallsTogether(withToolIds(request.turns)).flatMap((turn) =>
        writeTurn(turn, request, log),
      ),
    ],
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...(parallelToolCalls === null ? {} : { parallel_tool_calls: parallelToolCalls }),
    ...writeFormat(request, log),
    ...(effort === null ? {} : { reasoning_effort: effort }),
    ...writeLogprobs(logprobs),
    ...writeSettings(request, 'chat', log),
  };
};

const writeLogprobs = (logprobs: number | null): JsonObject =>
  logprobs === null
    ? {}
    : { logprobs: true, ...(logprobs === 0 ? {} : { top_logprobs: logprobs }) };

const writeSystem = ({ place, name, parts }: SystemPrompt): readonly JsonObject[] =>
  parts.length === 0
    ? []
    : [
        {
          role: place === 'instructions' ? 'system' : place,
          ...(name === null ? {} : { name }),
          content: writeTexts(parts),
        },
      ];

/** One text is a string, as most requests have it; several stay apart. */
const writeTexts = (parts: readonly TextPart[]): JsonValue => {
  const [first, ...others] = parts;
  if (first === undefined) return '';
  return others.length === 0 ? first.text : parts.map(({ text }) => ({ type: 'text', text }));
};

/**
 * Joins turns of the assistant after calls, because results must follow the message with the calls. Elsewhere
 * the order of text and calls in one turn is free.
 */
const withCallsTogether = (turns: readonly Turn[]): readonly Turn[] => {
  const joined: Turn[] = [];
  for (const turn of turns) {
    const before = joined.at(-1);
    const joins =
      before?.role === 'assistant' &&
      turn.role === 'assistant' &&
      before.parts.some(({ kind }) => kind === 'call');
    if (joins) joined[joined.length - 1] = { ...before, parts: [...before.parts, ...turn.parts] };
    else joined.push(turn);
  }
  return joined;
};

const writeTurn = (
  turn: Turn,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const { role, name, parts } = turn;
  logTurnLosses(turn, request, 'chat', log);
  if (role === 'tool') {
    const results = parts.filter((part) => part.kind === 'result');
    const images = results.flatMap(({ content }) => content.filter(isMedia));
    return [
      ...results.map((part) => writeResult(part, request, log)),
      ...writeResultMedia(images, request, log),
    ];
  }
  const named = name === null ? {} : { name };
  if (role === 'assistant') return writeAssistant(turn, named, request, log);
  const texts = parts.filter((part) => part.kind === 'text');
  const written =
    texts.length === parts.length
      ? writeTexts(texts)
      : parts.flatMap((part) => writePart(part, request, log));
  return [{ role, ...named, content: written }];
};

const writeAssistant = (
  { parts }: Turn,
  named: JsonObject,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const texts = parts.filter((part) => part.kind === 'text');
  const calls = parts.filter((part) => part.kind === 'call');
  const refusal = parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : [])).join('');
  const reasoning = parts.filter((part) => part.kind === 'reasoning');
  const media = parts.filter(isMedia);
  for (const part of media) {
    log.dropped(
      requestPath(request.dialect, part.kind),
      part.kind,
      'an assistant says only text in chat completions',
      'lossy',
    );
  }
  const kept =
    request.dialect === 'chat' ? reasoning.flatMap(({ raw }) => [raw].filter(isJsonObject)) : [];
  // Mistral has what it thought as a part of the content, others as a member of the message.
  const thinking = kept.filter(({ type }) => type === 'thinking');
  const members = kept.filter(({ type }) => type !== 'thinking');
  if (texts.length === 0 && calls.length === 0 && refusal === '' && kept.length === 0) return [];
  return [
    {
      role: 'assistant',
      ...named,
      content:
        thinking.length > 0
          ? [...thinking, ...texts.map(({ text }) => ({ type: 'text', text }))]
          : texts.length === 0
            ? null
            : writeTexts(texts),
      ...(refusal === '' ? {} : { refusal }),
      ...Object.assign({}, ...members),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeCall) }),
    },
  ];
};

const writeCall = ({ id, name, arguments: given, takes }: CallPart): JsonObject => ({
  ...(id === null ? {} : { id }),
  ...(takes === 'text'
    ? { type: 'custom', custom: { name, input: given } }
    : { type: 'function', function: { name, arguments: given } }),
});

const writeResult = (
  { id, content, isError }: ResultPart,
  request: NeutralRequest,
  log: AdaptationLog,
): JsonObject => {
  const texts = content.filter((part) => part.kind === 'text');
  const said = texts.map(({ text }) => text).join('\n');
  return {
    role: 'tool',
    ...(id === null ? {} : { tool_call_id: id }),
    content: isError ? failedCallText(said, request, log) : writeTexts(texts),
  };
};

/** Results hold only text in chat completions, so that their images follow as a user's. */
const writeResultMedia = (
  media: readonly MediaPart[],
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const content = media.flatMap((part) => writePart(part, request, log));
  if (content.length === 0) return [];
  log.approximated(
    requestPath(request.dialect, 'result'),
    { from: 'in the result', to: 'in a message of the user after it' },
    'the result of a tool holds only text in chat completions',
    'lossy',
  );
  return [{ role: 'user', content }];
};

const writePart = (
  part: TurnPart,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  if (part.kind === 'text') return [{ type: 'text', text: part.text }];
  if (part.kind === 'foreign') {
    return request.dialect === 'chat' && isJsonObject(part.raw) ? [part.raw] : [];
  }
  if (!isMedia(part)) return [];
  const text = textOfMedia(part);
  if (text !== null) return [{ type: 'text', text }];
  // Servers of open models read videos; OpenAI does not.
  const isRead = part.kind !== 'video' || request.dialect === 'chat';
  const written = isRead ? writeMedia(part) : null;
  if (written !== null) return [written];
  const path = requestPath(request.dialect, part.kind);
  log.dropped(path, part.kind, 'chat completions have no such part', 'lossy');
  return [];
};

const writeMedia = ({ kind, source, name, detail }: MediaPart): JsonObject | null => {
  const url = urlOfSource(source);
  switch (kind) {
    case 'image':
    case 'video': {
      if (url === null) return null;
      const type = kind === 'image' ? 'image_url' : 'video_url';
      return { type, [type]: { url, ...(detail === null ? {} : { detail }) } };
    }
    case 'audio': {
      if (source.kind !== 'base64') return null;
      const format = source.mediaType.replace(/^audio\/(?:x-)?/, '').replace(/^mpeg$/, 'mp3');
      return { type: 'input_audio', input_audio: { data: source.data, format } };
    }
    case 'document': {
      const named = name === null ? {} : { filename: name };
      if (source.kind === 'uploaded')
        return { type: 'file', file: { ...named, file_id: source.id } };
      // The API reads files from data URLs only.
      return url === null || source.kind === 'url'
        ? null
        : { type: 'file', file: { ...named, file_data: url } };
    }
  }
};

const writeTool = (
  tool: ToolDefinition,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  switch (tool.kind) {
    case 'provider':
      return writtenProviderTool(tool, dialect, 'chat', log);
    case 'custom': {
      const { name, description, format } = tool;
      const custom = {
        name,
        ...(description === null ? {} : { description }),
        ...(format === null ? {} : { format: nestedGrammar(format) }),
      };
      return [{ type: 'custom', custom }];
    }
    case 'function': {
      const { name, description, parameters } = tool;
      const strict = writtenStrict(tool, dialect);
      const definition = {
        name,
        ...(description === null ? {} : { description }),
        ...(parameters === null ? {} : { parameters }),
        ...(strict === null ? {} : { strict }),
      };
      return [{ type: 'function', function: definition }];
    }
  }
};

const nestedGrammar = (format: JsonValue): JsonValue => {
  if (!isJsonObject(format) || format['type'] !== 'grammar') return format;
  const { type, ...grammar } = format;
  return { type, grammar };
};

/** Responses keeps arguments to a schema unless it is told not to; it relaxes schemas that it cannot enforce. */
const writtenStrict = (
  { strict, parameters }: Extract<ToolDefinition, { kind: 'function' }>,
  dialect: NeutralRequest['dialect'],
): boolean | null => {
  if (dialect !== 'responses') return strict;
  if (strict === null) return isStrictSchema(parameters ?? {}) ? true : null;
  return strict ? true : null;
};

const writeChoice = ({ toolChoice, tools }: NeutralRequest): JsonValue => {
  if (toolChoice === null) return null;
  const named = (name: string, takes: 'json' | 'text'): JsonObject =>
    takes === 'text'
      ? { type: 'custom', custom: { name } }
      : { type: 'function', function: { name } };
  switch (toolChoice.kind) {
    case 'tool':
      return named(toolChoice.name, toolChoice.takes);
    case 'allowed': {
      const { mode, names } = toolChoice;
      const custom = new Set(tools.flatMap((tool) => (tool.kind === 'custom' ? [tool.name] : [])));
      const allowed = names.map((name) => named(name, custom.has(name) ? 'text' : 'json'));
      return { type: 'allowed_tools', allowed_tools: { mode, tools: allowed } };
    }
    default:
      return toolChoice.kind;
  }
};

const writeFormat = ({ outputFormat, dialect }: NeutralRequest, log: AdaptationLog): JsonObject => {
  if (outputFormat === null) return {};
  log.renamed(
    requestPath(dialect, 'outputFormat'),
    'response_format',
    'its name in chat completions',
  );
  if (outputFormat.kind === 'json') return { response_format: { type: 'json_object' } };
  const { name, description, schema } = outputFormat;
  const strict = enforcedStrict(outputFormat, dialect, log);
  const json_schema = {
    name: name ?? 'response',
    ...(description === null ? {} : { description }),
    schema,
    ...(strict === null ? {} : { strict }),
  };
  return { response_format: { type: 'json_schema', json_schema } };
};
