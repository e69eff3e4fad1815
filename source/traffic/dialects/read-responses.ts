import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from '../../text/json.ts';
import { BodyFields, ReadingNotes } from './body-fields.ts';
import { isMedia, mediaTypeOfUrl, sourceOfUrl } from './media-source.ts';
import { readFunctionTool, readSchemaFormat } from './read-definitions.ts';
import { readSettings } from './shared-settings.ts';
import type {
  MediaPart,
  NeutralRequest,
  OutputFormat,
  ReadRequest,
  SystemPrompt,
  TextPart,
  ToolChoice,
  ToolDefinition,
  Turn,
  TurnPart,
} from './turn.ts';

/** Reads the body of a request to OpenAI's Responses API. */
export const readResponsesRequest = (body: JsonObject): ReadRequest => {
  const notes = new ReadingNotes();
  const fields = new BodyFields(body, '', notes);
  noteServerState(fields, notes);
  const instructions = fields.string('instructions');
  const text = fields.string('input');
  const items = objectsIn(fields.array('input') ?? []);
  const turns =
    text === null
      ? groupItems(items.flatMap((item) => readItem(item, notes)))
      : [{ role: 'user' as const, name: null, parts: [{ kind: 'text' as const, text }] }];
  const firstTurn = turns.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const leading = firstTurn === -1 ? turns : turns.slice(0, firstTurn);
  const textFields = fields.fields('text');
  const settings = readSettings('responses', fields);
  const request: NeutralRequest = {
    dialect: 'responses',
    model: fields.string('model'),
    system: [
      ...(instructions === null || instructions === '' ? [] : [instructionsPrompt(instructions)]),
      ...leading.map(systemPrompt),
    ],
    turns: turns.slice(leading.length),
    tools: objectsIn(fields.array('tools') ?? []).map((tool) => readTool(tool, notes)),
    toolChoice: fields.read('tool_choice', (value) => readChoice(value, notes)),
    parallelToolCalls: fields.flag('parallel_tool_calls'),
    outputFormat: readFormat(textFields, notes),
    reasoning: readReasoning(fields),
    logprobs: fields.number('top_logprobs'),
    ...settings,
    verbosity: textFields.string('verbosity'),
  };
  textFields.leave();
  fields.leave();
  return { request, ...notes.result() };
};

/** Members that name something which only the provider's server has. */
const serverStateNames = ['previous_response_id', 'conversation'] as const;

const noteServerState = (fields: BodyFields, notes: ReadingNotes): void => {
  for (const name of serverStateNames) {
    if (fields.value(name) !== null) notes.serverState.add(name);
  }
  if (fields.object('prompt') !== null) notes.serverState.add('prompt.id');
};

const instructionsPrompt = (text: string): SystemPrompt => ({
  place: 'instructions',
  name: null,
  parts: [{ kind: 'text', text }],
});

const systemPrompt = ({ role, parts }: Turn): SystemPrompt => ({
  place: role === 'developer' ? 'developer' : 'system',
  name: null,
  parts: parts.filter((part) => part.kind === 'text'),
});

const roles: Readonly<Record<string, Turn['role']>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
};

const oneTurn = (role: Turn['role'], ...parts: readonly TurnPart[]): Turn => ({
  role,
  name: null,
  parts,
});

/** Calls that OpenAI's servers made, and what came of them. */
const hostedItem =
  /^(?:web_search|file_search|code_interpreter|image_generation|tool_search|mcp|program)(?:_|$)/;

/** Tools that OpenAI defines and the client runs. */
const clientTool = /^(?:computer.*|local_shell|shell|apply_patch|namespace)$/;

const readItem = (item: JsonObject, notes: ReadingNotes): readonly Turn[] => {
  const fields = new BodyFields(item, 'input[*]', notes);
  const type = fields.string('type') ?? 'message';
  const turn = readTypedItem(type, item, fields, notes);
  if (turn === null) {
    if (type === 'item_reference') notes.serverState.add('item_reference');
    else if (type === 'compaction') notes.serverState.add('compaction');
    else if (hostedItem.test(type)) notes.hostedTools.add(type);
    return [oneTurn('assistant', { kind: 'foreign', type, raw: item })];
  }
  fields.ignore('id', 'status');
  fields.leave();
  return [turn];
};

const readTypedItem = (
  type: string,
  item: JsonObject,
  fields: BodyFields,
  notes: ReadingNotes,
): Turn | null => {
  switch (type) {
    case 'message': {
      const role = fields.string('role') ?? 'user';
      const known = Object.hasOwn(roles, role) ? (roles[role] ?? 'user') : 'user';
      return oneTurn(known, ...readContent(fields, 'content', notes));
    }
    case 'function_call':
    case 'custom_tool_call':
      return oneTurn('assistant', {
        kind: 'call',
        id: fields.string('call_id'),
        name: fields.string('name') ?? '',
        arguments: fields.string(type === 'function_call' ? 'arguments' : 'input') ?? '',
        takes: type === 'function_call' ? 'json' : 'text',
        signature: null,
      });
    case 'function_call_output':
    case 'custom_tool_call_output':
      return oneTurn('tool', {
        kind: 'result',
        id: fields.string('call_id'),
        name: fields.string('name'),
        content: readContent(fields, 'output', notes).filter(
          (part): part is TextPart | MediaPart => part.kind === 'text' || isMedia(part),
        ),
        isError: false,
        takes: type === 'function_call_output' ? 'json' : 'text',
      });
    case 'reasoning': {
      const texts = [
        ...objectsIn(fields.array('summary') ?? []),
        ...objectsIn(fields.array('content') ?? []),
      ].flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
      fields.ignore('encrypted_content');
      return oneTurn('assistant', { kind: 'reasoning', raw: item, text: texts.join('\n') });
    }
    default:
      return null;
  }
};

const readContent = (
  fields: BodyFields,
  name: 'content' | 'output',
  notes: ReadingNotes,
): readonly TurnPart[] => {
  const text = fields.string(name);
  if (text !== null) return text === '' ? [] : [{ kind: 'text', text }];
  const path = fields.path(`${name}[*]`);
  return objectsIn(fields.array(name) ?? []).map((part) => readPart(part, path, notes));
};

const readPart = (part: JsonObject, path: string, notes: ReadingNotes): TurnPart => {
  const fields = new BodyFields(part, path, notes);
  const type = fields.string('type') ?? '';
  const read = readTypedPart(type, fields, path, notes);
  if (read === null) return { kind: 'foreign', type, raw: part };
  fields.leave();
  return read;
};

const readTypedPart = (
  type: string,
  fields: BodyFields,
  path: string,
  notes: ReadingNotes,
): TurnPart | null => {
  const uploaded = (kind: MediaPart['kind'], id: string, name: string | null): MediaPart => {
    notes.serverState.add(`${path}.file_id`);
    return { kind, source: { kind: 'uploaded', id, mediaType: null }, name, detail: null };
  };
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
      return { kind: 'text', text: fields.string('text') ?? '' };
    case 'refusal':
      return { kind: 'refusal', text: fields.string('refusal') ?? '' };
    case 'input_image': {
      const url = fields.string('image_url');
      const id = fields.string('file_id');
      const detail = fields.string('detail');
      if (url !== null) return { kind: 'image', source: sourceOfUrl(url), name: null, detail };
      return id === null ? null : uploaded('image', id, null);
    }
    case 'input_file': {
      const name = fields.string('filename');
      const data = fields.string('file_data');
      const url = fields.string('file_url');
      const id = fields.string('file_id');
      const detail = fields.string('detail');
      const given = data ?? url;
      if (given === null) return id === null ? null : uploaded('document', id, name);
      const isUrl = /^(?:data|https?):/.test(given);
      const source: MediaPart['source'] = isUrl
        ? sourceOfUrl(given, mediaTypeOfUrl(given))
        : { kind: 'base64', mediaType: 'application/pdf', data: given };
      return { kind: 'document', source, name, detail };
    }
    case 'input_audio': {
      const { data, format } = fields.peek('input_audio');
      if (typeof data !== 'string') return null;
      fields.ignore('input_audio');
      const mediaType = `audio/${format === 'wav' ? 'wav' : 'mpeg'}`;
      const source: MediaPart['source'] = { kind: 'base64', mediaType, data };
      return { kind: 'audio', source, name: null, detail: null };
    }
    default:
      return null;
  }
};

/**
 * Puts reasoning, a message and the calls after it into one turn, as the model gave them in one answer. Another
 * message begins another turn.
 */
const groupItems = (turns: readonly Turn[]): readonly Turn[] => {
  const grouped: Turn[] = [];
  for (const turn of turns) {
    const before = grouped.at(-1);
    const joins = before?.role === turn.role && (turn.role === 'tool' || continues(before, turn));
    if (joins) grouped[grouped.length - 1] = { ...before, parts: [...before.parts, ...turn.parts] };
    else grouped.push(turn);
  }
  return grouped;
};

const continues = (before: Turn, next: Turn): boolean => {
  if (next.role !== 'assistant') return false;
  const [first] = next.parts;
  if (first?.kind === 'call') return true;
  const last = before.parts.at(-1);
  return last?.kind === 'reasoning' && first?.kind !== 'foreign';
};

const readTool = (tool: JsonObject, notes: ReadingNotes): ToolDefinition => {
  const fields = new BodyFields(tool, 'tools[*]', notes);
  const type = fields.string('type') ?? 'function';
  if (type === 'function') {
    // Some clients send the nested form of chat completions.
    const nested = fields.object('function');
    const own = nested === null ? fields : new BodyFields(nested, 'tools[*].function', notes);
    return readFunctionTool(own, 'parameters');
  }
  if (type === 'custom') {
    const read: ToolDefinition = {
      kind: 'custom',
      name: fields.string('name') ?? '',
      description: fields.string('description'),
      format: fields.value('format'),
    };
    fields.leave();
    return read;
  }
  if (!clientTool.test(type)) notes.hostedTools.add(type);
  return { kind: 'provider', type, raw: tool };
};

const readChoice = (value: JsonValue, notes: ReadingNotes): ToolChoice | undefined => {
  if (value === 'none' || value === 'auto' || value === 'required') return { kind: value };
  if (!isJsonObject(value)) return undefined;
  const { type, name, mode, tools } = value;
  if (type === 'allowed_tools') {
    const names = objectsIn(tools).flatMap((tool) =>
      typeof tool['name'] === 'string' ? [tool['name']] : [],
    );
    return { kind: 'allowed', mode: mode === 'required' ? 'required' : 'auto', names };
  }
  if (typeof name === 'string' && (type === 'function' || type === 'custom')) {
    return { kind: 'tool', name, takes: type === 'custom' ? 'text' : 'json' };
  }
  if (typeof type === 'string' && !clientTool.test(type)) notes.hostedTools.add(type);
  return undefined;
};

const readFormat = (fields: BodyFields, notes: ReadingNotes): OutputFormat | null => {
  const given = fields.peek('format');
  const { type } = given;
  if (type === 'text' || type === 'json_object') {
    fields.ignore('format');
    return type === 'text' ? null : { kind: 'json' };
  }
  if (type !== 'json_schema') return null;
  fields.ignore('format');
  const inner = new BodyFields(given, 'text.format', notes);
  inner.ignore('type');
  return readSchemaFormat(inner);
};

const readReasoning = (fields: BodyFields): NeutralRequest['reasoning'] => {
  const inner = fields.fields('reasoning');
  const effort = inner.string('effort');
  inner.leave();
  return effort === null ? null : { effort, budget: null, mode: null };
};
