import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { isMedia, textOfMedia, urlOfSource } from './media-source.ts';
import { writeEffort } from './reasoning-settings.ts';
import { requestPath } from './request-paths.ts';
import { writeSettings } from './shared-settings.ts';
import { enforcedStrict } from './strict-schema.ts';
import { withToolIds } from './tool-results.ts';
import { failedCallText, logTurnLosses, writtenProviderTool } from './written-turns.ts';
import type {
  MediaPart,
  NeutralRequest,
  ResultPart,
  TextPart,
  ToolDefinition,
  Turn,
  TurnPart,
} from './turn.ts';

/**
 * Writes the body of a request to OpenAI's Responses API, and logs what has no place in it. `store` is false,
 * because that API keeps what it is asked unless it is told not to.
 */
export const writeResponsesRequest = (request: NeutralRequest, log: AdaptationLog): JsonObject => {
  const { model, parallelToolCalls, logprobs } = request;
  const [first, ...others] = request.system;
  const hasInstructions = first?.place === 'instructions';
  const prompts = hasInstructions ? others : request.system;
  const tools = request.tools.flatMap((tool) => writeTool(tool, request, log));
  const choice = writeChoice(request);
  const effort = writeEffort(request, 'responses', log);
  const { text, ...settings } = writeSettings(request, 'responses', log);
  const format = writeFormat(request, log);
  const textConfig = { ...(isJsonObject(text) ? text : {}), ...format };
  return {
    ...(model === null ? {} : { model }),
    ...(hasInstructions ? { instructions: first.parts.map((part) => part.text).join('\n\n') } : {}),
    input: [
      ...prompts.flatMap(({ place, parts }) =>
        writeMessage(place === 'instructions' ? 'developer' : place, parts),
      ),
      ...withToolIds(request.turns).flatMap((turn) => writeTurn(turn, request, log)),
    ],
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...(parallelToolCalls === null ? {} : { parallel_tool_calls: parallelToolCalls }),
    ...(Object.keys(textConfig).length === 0 ? {} : { text: textConfig }),
    ...(effort === null ? {} : { reasoning: { effort } }),
    ...(logprobs === null
      ? {}
      : { top_logprobs: logprobs, include: ['message.output_text.logprobs'] }),
    ...settings,
    store: false,
  };
};

/** A system prompt of one text is a string there, as in chat completions. */
const writeMessage = (role: string, parts: readonly TextPart[]): readonly JsonObject[] => {
  const [first, ...others] = parts;
  if (first === undefined) return [];
  const content =
    others.length === 0 ? first.text : parts.map(({ text }) => ({ type: 'input_text', text }));
  return [{ role, content }];
};

const writeTurn = (
  turn: Turn,
  request: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const { role, parts } = turn;
  logTurnLosses(turn, request, 'responses', log);
  if (role === 'tool') {
    return parts.flatMap((part) =>
      part.kind === 'result' ? [writeResult(part, request, log)] : [],
    );
  }
  if (role === 'assistant') return writeAssistant(parts, request, log);
  const content = parts.filter((part) => part.kind === 'text' || isMedia(part));
  if (role !== 'user')
    return writeMessage(
      role,
      content.filter((part) => part.kind === 'text'),
    );
  return [{ role, content: content.flatMap((part) => writePart(part, request, log)) }];
};

/** One text is a string, as most clients send it. */
const simplified = (content: readonly JsonObject[]): JsonValue => {
  const [only, ...others] = content;
  return others.length === 0 && typeof only?.['text'] === 'string' ? only['text'] : content;
};

/** The items of an assistant's turn: each run of texts is one message. */
const writeAssistant = (
  parts: readonly TurnPart[],
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  const items: JsonObject[] = [];
  let content: JsonObject[] = [];
  const close = (): void => {
    if (content.length > 0) items.push({ role: 'assistant', content: simplified(content) });
    content = [];
  };
  for (const part of parts) {
    if (part.kind === 'text') content.push({ type: 'output_text', text: part.text });
    else if (part.kind === 'refusal') content.push({ type: 'refusal', refusal: part.text });
    else if (part.kind === 'call') {
      close();
      const { id, name, arguments: given, takes } = part;
      const called = { ...(id === null ? {} : { call_id: id }), name };
      items.push(
        takes === 'text'
          ? { type: 'custom_tool_call', ...called, input: given }
          : { type: 'function_call', ...called, arguments: given },
      );
    } else if (part.kind === 'reasoning') {
      if (dialect === 'responses' && isJsonObject(part.raw)) {
        close();
        items.push(part.raw);
      }
    } else if (part.kind === 'foreign') {
      if (dialect === 'responses' && isJsonObject(part.raw)) {
        close();
        items.push(part.raw);
      }
    } else if (isMedia(part)) {
      const reason = 'an assistant says only text in OpenAI Responses';
      log.dropped(requestPath(dialect, part.kind), part.kind, reason, 'lossy');
    }
  }
  close();
  return items;
};

const writeResult = (
  { id, content, isError, takes }: ResultPart,
  request: NeutralRequest,
  log: AdaptationLog,
): JsonObject => {
  const [only = { kind: 'text', text: '' }, ...others] = content;
  return {
    type: takes === 'text' ? 'custom_tool_call_output' : 'function_call_output',
    ...(id === null ? {} : { call_id: id }),
    output:
      others.length === 0 && only.kind === 'text'
        ? isError
          ? failedCallText(only.text, request, log)
          : only.text
        : content.flatMap((part) => writePart(part, request, log)),
  };
};

const writePart = (
  part: TextPart | MediaPart,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  if (part.kind === 'text') return [{ type: 'input_text', text: part.text }];
  const text = textOfMedia(part);
  if (text !== null) return [{ type: 'input_text', text }];
  const written = writeMedia(part);
  if (written !== null) return [written];
  const reason = 'OpenAI Responses has no such part';
  log.dropped(requestPath(dialect, part.kind), part.kind, reason, 'lossy');
  return [];
};

const writeMedia = ({ kind, source, name, detail }: MediaPart): JsonObject | null => {
  const url = urlOfSource(source);
  const detailed = detail === null ? {} : { detail };
  const named = name === null ? {} : { filename: name };
  switch (kind) {
    case 'image':
      if (source.kind === 'uploaded') {
        return { type: 'input_image', file_id: source.id, ...detailed };
      }
      return { type: 'input_image', image_url: url, ...detailed };
    case 'document':
      if (source.kind === 'uploaded') return { type: 'input_file', ...named, file_id: source.id };
      if (source.kind === 'url') return { type: 'input_file', ...named, file_url: source.url };
      // The API wants a name beside the bytes.
      return { type: 'input_file', filename: name ?? 'document.pdf', file_data: url, ...detailed };
    case 'audio':
    case 'video':
      return null;
  }
};

const writeTool = (
  tool: ToolDefinition,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): readonly JsonObject[] => {
  switch (tool.kind) {
    case 'provider':
      return writtenProviderTool(tool, dialect, 'responses', log);
    case 'custom': {
      const { name, description, format } = tool;
      return [
        {
          type: 'custom',
          name,
          ...(description === null ? {} : { description }),
          ...(format === null ? {} : { format }),
        },
      ];
    }
    case 'function': {
      const { name, description, parameters, strict } = tool;
      return [
        {
          type: 'function',
          name,
          ...(description === null ? {} : { description }),
          parameters,
          // Left out, the API would keep arguments to the schema, which the other dialects do not.
          ...(strict === null && dialect === 'responses' ? {} : { strict: strict ?? false }),
        },
      ];
    }
  }
};

const writeChoice = ({ toolChoice, tools }: NeutralRequest): JsonValue => {
  if (toolChoice === null) return null;
  switch (toolChoice.kind) {
    case 'tool':
      return { type: toolChoice.takes === 'text' ? 'custom' : 'function', name: toolChoice.name };
    case 'allowed': {
      const { mode, names } = toolChoice;
      const custom = new Set(tools.flatMap((tool) => (tool.kind === 'custom' ? [tool.name] : [])));
      const allowed = names.map((name) => ({
        type: custom.has(name) ? 'custom' : 'function',
        name,
      }));
      return { type: 'allowed_tools', mode, tools: allowed };
    }
    default:
      return toolChoice.kind;
  }
};

const writeFormat = ({ outputFormat, dialect }: NeutralRequest, log: AdaptationLog): JsonObject => {
  if (outputFormat === null) return {};
  log.renamed(requestPath(dialect, 'outputFormat'), 'text.format', 'its name in OpenAI Responses');
  if (outputFormat.kind === 'json') return { format: { type: 'json_object' } };
  const { name, description, schema } = outputFormat;
  const strict = enforcedStrict(outputFormat, dialect, log);
  return {
    format: {
      type: 'json_schema',
      name: name ?? 'response',
      ...(description === null ? {} : { description }),
      schema,
      ...(strict === null ? {} : { strict }),
    },
  };
};
