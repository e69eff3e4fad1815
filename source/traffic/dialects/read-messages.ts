import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from '../../text/json.ts';
import { BodyFields, ReadingNotes } from './body-fields.ts';
import { isMedia, mediaTypeOfUrl } from './media-source.ts';
import { readFunctionTool } from './read-definitions.ts';
import { readSettings } from './shared-settings.ts';
import { splitResults } from './tool-results.ts';
import type {
  MediaPart,
  MediaSource,
  NeutralRequest,
  OutputFormat,
  ReadRequest,
  TextPart,
  ToolChoice,
  ToolDefinition,
  Turn,
  TurnPart,
} from './turn.ts';

/** Reads the body of a request to Anthropic's Messages API. */
export const readMessagesRequest = (body: JsonObject): ReadRequest => {
  const notes = new ReadingNotes();
  const fields = new BodyFields(body, '', notes);
  if (fields.value('container') !== null) notes.serverState.add('container');
  if ((fields.array('mcp_servers') ?? []).length > 0) notes.hostedTools.add('mcp');
  const system = readContent(fields, 'system', 'system[*]', notes).filter(
    (part) => part.kind === 'text',
  );
  const choice = fields.fields('tool_choice');
  const output = fields.fields('output_config');
  const thinking = readThinking(fields);
  const effort = output.string('effort');
  const request: NeutralRequest = {
    dialect: 'messages',
    model: fields.string('model'),
    system: system.length === 0 ? [] : [{ place: 'instructions', name: null, parts: system }],
    turns: objectsIn(fields.array('messages') ?? []).flatMap((message) =>
      readMessage(message, notes),
    ),
    tools: objectsIn(fields.array('tools') ?? []).map((tool) => readTool(tool, notes)),
    toolChoice: readChoice(choice),
    parallelToolCalls: negated(choice.flag('disable_parallel_tool_use')),
    outputFormat: readFormat(output) ?? readFormat(fields, 'output_format'),
    reasoning: thinking === null && effort === null ? null : { ...noThinking, ...thinking, effort },
    logprobs: null,
    ...readSettings('messages', fields),
  };
  choice.leave();
  output.leave();
  fields.leave();
  return { request, ...notes.result() };
};

const negated = (flag: boolean | null): boolean | null => (flag === null ? null : !flag);

const noThinking = { budget: null, mode: null };

const readThinking = (
  fields: BodyFields,
): { readonly budget: number | null; readonly mode: string | null } | null => {
  const inner = fields.fields('thinking');
  const type = inner.string('type');
  const budget = inner.number('budget_tokens');
  inner.leave();
  switch (type) {
    case null:
      return null;
    case 'disabled':
      return { budget: 0, mode: null };
    case 'enabled':
      return { budget: budget ?? 1024, mode: null };
    default:
      return { budget: null, mode: type };
  }
};

const readMessage = (message: JsonObject, notes: ReadingNotes): readonly Turn[] => {
  const fields = new BodyFields(message, 'messages[*]', notes);
  const given = fields.string('role');
  const role = given === 'assistant' || given === 'system' ? given : 'user';
  const parts = readContent(fields, 'content', 'messages[*].content[*]', notes);
  fields.leave();
  return splitResults(role, parts);
};

const readContent = (
  fields: BodyFields,
  name: string,
  path: string,
  notes: ReadingNotes,
): readonly TurnPart[] => {
  const text = fields.string(name);
  if (text !== null) return text === '' ? [] : [{ kind: 'text', text }];
  return objectsIn(fields.array(name) ?? []).map((block) => readBlock(block, path, notes));
};

const readBlock = (block: JsonObject, path: string, notes: ReadingNotes): TurnPart => {
  const fields = new BodyFields(block, path, notes);
  const type = fields.string('type') ?? '';
  const read = readTypedBlock(type, block, fields, notes);
  if (read === null) {
    if (isHostedBlock(type)) notes.hostedTools.add(type);
    if (type === 'container_upload') notes.serverState.add(type);
    return { kind: 'foreign', type, raw: block };
  }
  fields.leave();
  return read;
};

/** Calls that Anthropic's servers made, and what these gave. */
const isHostedBlock = (type: string): boolean =>
  /^(?:server_tool_use|mcp_tool_use|.+_tool_result)$/.test(type);

const readTypedBlock = (
  type: string,
  block: JsonObject,
  fields: BodyFields,
  notes: ReadingNotes,
): TurnPart | null => {
  switch (type) {
    case 'text':
      return { kind: 'text', text: fields.string('text') ?? '' };
    case 'image':
    case 'document': {
      const source = readSource(fields, notes);
      const name = fields.string('title');
      return source === null ? null : { kind: type, source, name, detail: null };
    }
    case 'tool_use':
      return {
        kind: 'call',
        id: fields.string('id'),
        name: fields.string('name') ?? '',
        arguments: JSON.stringify(fields.value('input') ?? {}),
        takes: 'json',
        signature: null,
      };
    case 'tool_result':
      return {
        kind: 'result',
        id: fields.string('tool_use_id'),
        name: null,
        content: readResultContent(fields, notes),
        isError: fields.flag('is_error') ?? false,
        takes: 'json',
      };
    case 'thinking':
      fields.ignore('signature');
      return { kind: 'reasoning', raw: block, text: fields.string('thinking') ?? '' };
    case 'redacted_thinking':
      fields.ignore('data');
      return { kind: 'reasoning', raw: block, text: '' };
    default:
      return null;
  }
};

const readResultContent = (
  fields: BodyFields,
  notes: ReadingNotes,
): readonly (TextPart | MediaPart)[] => {
  const path = 'messages[*].content[*].content[*]';
  const parts = readContent(fields, 'content', path, notes);
  for (const part of parts) {
    if (part.kind === 'foreign') notes.unread.push({ path, value: part.raw });
  }
  return parts.filter((part) => part.kind === 'text' || isMedia(part));
};

const readSource = (fields: BodyFields, notes: ReadingNotes): MediaSource | null => {
  const { type, data, media_type: mediaType, url, file_id: id } = fields.peek('source');
  const source = ((): MediaSource | null => {
    if (type === 'base64' && typeof data === 'string' && typeof mediaType === 'string') {
      return { kind: 'base64', mediaType, data };
    }
    if (type === 'url' && typeof url === 'string') {
      return { kind: 'url', url, mediaType: mediaTypeOfUrl(url) };
    }
    if (type === 'text' && typeof data === 'string') return { kind: 'text', text: data };
    if (type === 'file' && typeof id === 'string') {
      notes.serverState.add('messages[*].content[*].source.file_id');
      return { kind: 'uploaded', id, mediaType: null };
    }
    return null;
  })();
  if (source !== null) fields.ignore('source');
  return source;
};

/** Tools that Anthropic defines and the client runs. */
const clientTool = /^(?:bash|text_editor|computer|memory|browser_toolset|computer_toolset)_\d+$/;

const readTool = (tool: JsonObject, notes: ReadingNotes): ToolDefinition => {
  const fields = new BodyFields(tool, 'tools[*]', notes);
  const type = fields.string('type') ?? 'custom';
  if (type !== 'custom') {
    if (!clientTool.test(type)) notes.hostedTools.add(type);
    return { kind: 'provider', type, raw: tool };
  }
  return readFunctionTool(fields, 'input_schema');
};

const readChoice = (fields: BodyFields): ToolChoice | null => {
  const type = fields.string('type');
  const name = fields.string('name');
  switch (type) {
    case 'none':
    case 'auto':
      return { kind: type };
    case 'any':
      return { kind: 'required' };
    case 'tool':
      return name === null ? null : { kind: 'tool', name, takes: 'json' };
    default:
      return null;
  }
};

const readFormat = (fields: BodyFields, member = 'format'): OutputFormat | null => {
  const read = (value: JsonValue): OutputFormat | undefined => {
    if (!isJsonObject(value) || !isJsonObject(value['schema'])) return undefined;
    const { schema } = value;
    return { kind: 'schema', name: null, description: null, schema, strict: null };
  };
  return fields.read(member, read);
};
