import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from '../../text/json.ts';
import { BodyFields, ReadingNotes } from './body-fields.ts';
import { isMedia, sourceOfUrl } from './media-source.ts';
import { readFunctionTool, readSchemaFormat } from './read-definitions.ts';
import { readSettings } from './shared-settings.ts';
import type {
  MediaPart,
  NeutralRequest,
  OutputFormat,
  ReadRequest,
  ResultPart,
  SystemPrompt,
  ToolChoice,
  ToolDefinition,
  Turn,
  TurnPart,
} from './turn.ts';

/** Reads the body of a chat completion. */
export const readChatRequest = (body: JsonObject): ReadRequest => {
  const notes = new ReadingNotes();
  const fields = new BodyFields(body, '', notes);
  const messages = objectsIn(fields.array('messages') ?? []).map((message) =>
    readMessage(message, notes),
  );
  const firstTurn = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const leading = firstTurn === -1 ? messages : messages.slice(0, firstTurn);
  const legacyLimit = fields.number('max_tokens');
  const mistralSeed = fields.number('random_seed');
  const settings = readSettings('chat', fields);
  const request: NeutralRequest = {
    dialect: 'chat',
    model: fields.string('model'),
    system: leading.map(systemPrompt),
    turns: messages.slice(leading.length),
    tools: [
      ...objectsIn(fields.array('tools') ?? []).map((tool) => readTool(tool, notes)),
      ...objectsIn(fields.array('functions') ?? []).map((entry) => readFunction(entry, notes)),
    ],
    toolChoice: fields.read('tool_choice', readChoice) ?? fields.read('function_call', readChoice),
    parallelToolCalls: fields.flag('parallel_tool_calls'),
    outputFormat: readFormat(fields, notes),
    reasoning: readReasoning(fields),
    logprobs: readLogprobs(fields),
    ...settings,
    seed: settings.seed ?? mistralSeed,
    outputLimit: settings.outputLimit ?? legacyLimit,
  };
  if (isJsonObject(body['web_search_options'])) notes.hostedTools.add('web_search');
  fields.ignore('web_search_options');
  fields.leave();
  return { request, ...notes.result() };
};

const systemPrompt = ({ role, name, parts }: Turn): SystemPrompt => ({
  place: role === 'developer' ? 'developer' : 'system',
  name,
  parts: parts.filter((part) => part.kind === 'text'),
});

const roles: Readonly<Record<string, Turn['role']>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

const readMessage = (message: JsonObject, notes: ReadingNotes): Turn => {
  const fields = new BodyFields(message, 'messages[*]', notes);
  const given = fields.string('role') ?? 'user';
  const role = Object.hasOwn(roles, given) ? (roles[given] ?? 'user') : 'user';
  const content = readContent(fields, notes);
  const name = fields.string('name');
  const turn = ((): Turn => {
    if (role === 'tool') {
      const result: ResultPart = {
        kind: 'result',
        id: fields.string('tool_call_id'),
        name,
        content: content.filter((part) => part.kind === 'text' || isMedia(part)),
        isError: false,
        takes: 'json',
      };
      return { role, name: null, parts: [result] };
    }
    if (role !== 'assistant') return { role, name, parts: content };
    const refusal = fields.string('refusal');
    const spoken = fields.object('audio');
    if (spoken !== null) notes.serverState.add('messages[*].audio.id');
    return {
      role,
      name,
      parts: [
        ...readReasoningMembers(fields),
        ...content,
        ...(refusal === null || refusal === ''
          ? []
          : [{ kind: 'refusal', text: refusal } as const]),
        ...objectsIn(fields.array('tool_calls') ?? []).map((call) => readCall(call, notes)),
        ...readFunctionCall(fields.object('function_call')),
      ],
    };
  })();
  fields.leave();
  return turn;
};

/** Where servers of open models put what the model thought. OpenAI has no such member. */
const reasoningMembers = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

const readReasoningMembers = (fields: BodyFields): readonly TurnPart[] => {
  const raw: Record<string, JsonValue> = {};
  for (const name of reasoningMembers) {
    const value = fields.value(name);
    if (value !== null && value !== '') raw[name] = value;
  }
  if (Object.keys(raw).length === 0) return [];
  const text = [raw['reasoning_content'], raw['reasoning']].find((one) => typeof one === 'string');
  return [{ kind: 'reasoning', raw, text: typeof text === 'string' ? text : '' }];
};

const readContent = (fields: BodyFields, notes: ReadingNotes): readonly TurnPart[] => {
  const text = fields.string('content');
  if (text !== null) return text === '' ? [] : [{ kind: 'text', text }];
  return objectsIn(fields.array('content') ?? []).map((part) => readPart(part, notes));
};

const readPart = (part: JsonObject, notes: ReadingNotes): TurnPart => {
  const fields = new BodyFields(part, 'messages[*].content[*]', notes);
  const type = fields.string('type') ?? '';
  const read = readTypedPart(type, part, fields, notes) ?? { kind: 'foreign', type, raw: part };
  if (read.kind !== 'foreign') fields.leave();
  return read;
};

const readTypedPart = (
  type: string,
  part: JsonObject,
  fields: BodyFields,
  notes: ReadingNotes,
): TurnPart | null => {
  switch (type) {
    case 'text':
      return { kind: 'text', text: fields.string('text') ?? '' };
    case 'thinking': {
      const texts = objectsIn(fields.array('thinking') ?? []).map(({ text }) => text);
      fields.ignore('thinking', 'closed', 'signature');
      const text = texts.filter((one) => typeof one === 'string').join('');
      return { kind: 'reasoning', raw: part, text };
    }
    case 'refusal':
      return { kind: 'refusal', text: fields.string('refusal') ?? '' };
    case 'image_url':
    case 'video_url': {
      const kind = type === 'image_url' ? 'image' : 'video';
      const plain = fields.string(type);
      const inner = fields.fields(type);
      const url = plain ?? inner.string('url');
      const detail = inner.string('detail');
      inner.leave();
      return url === null ? null : { kind, source: sourceOfUrl(url), name: null, detail };
    }
    case 'input_audio': {
      const inner = fields.fields(type);
      const data = inner.string('data');
      const format = inner.string('format') ?? 'wav';
      inner.leave();
      const mediaType = `audio/${format === 'mp3' ? 'mpeg' : format}`;
      return data === null
        ? null
        : { kind: 'audio', source: { kind: 'base64', mediaType, data }, name: null, detail: null };
    }
    case 'file': {
      const inner = fields.fields(type);
      const name = inner.string('filename');
      const data = inner.string('file_data');
      const id = inner.string('file_id');
      inner.leave();
      if (id !== null && data === null) {
        notes.serverState.add('messages[*].content[*].file.file_id');
        return {
          kind: 'document',
          source: { kind: 'uploaded', id, mediaType: null },
          name,
          detail: null,
        };
      }
      return data === null
        ? null
        : { kind: 'document', source: fileSource(data), name, detail: null };
    }
    default:
      return null;
  }
};

/** `file_data` is a data URL, or base64 alone, which is that of a PDF. */
const fileSource = (data: string): MediaPart['source'] =>
  /^(?:data|https?):/.test(data)
    ? sourceOfUrl(data)
    : { kind: 'base64', mediaType: 'application/pdf', data };

const readCall = (call: JsonObject, notes: ReadingNotes): TurnPart => {
  const fields = new BodyFields(call, 'messages[*].tool_calls[*]', notes);
  const isCustom = fields.string('type') === 'custom';
  const inner = fields.fields(isCustom ? 'custom' : 'function');
  const id = fields.string('id');
  const part: TurnPart = {
    kind: 'call',
    id: id === '' ? null : id,
    name: inner.string('name') ?? '',
    arguments: inner.string(isCustom ? 'input' : 'arguments') ?? '',
    takes: isCustom ? 'text' : 'json',
    signature: null,
  };
  fields.ignore('index');
  inner.leave();
  fields.leave();
  return part;
};

const readFunctionCall = (call: JsonObject | null): readonly TurnPart[] => {
  if (call === null) return [];
  const { name, arguments: given } = call;
  const text = typeof given === 'string' ? given : '';
  return typeof name === 'string'
    ? [{ kind: 'call', id: null, name, arguments: text, takes: 'json', signature: null }]
    : [];
};

const readTool = (tool: JsonObject, notes: ReadingNotes): ToolDefinition => {
  const fields = new BodyFields(tool, 'tools[*]', notes);
  const type = fields.string('type') ?? 'function';
  const named = fields.object('function');
  if (type === 'function' && named !== null) {
    fields.leave();
    return readFunction(named, notes);
  }
  const custom = fields.object('custom');
  if (type === 'custom' && custom !== null) {
    const inner = new BodyFields(custom, 'tools[*].custom', notes);
    const read: ToolDefinition = {
      kind: 'custom',
      name: inner.string('name') ?? '',
      description: inner.string('description'),
      format: inner.read('format', flatGrammar),
    };
    inner.leave();
    return read;
  }
  notes.hostedTools.add(type);
  return { kind: 'provider', type, raw: tool };
};

/** A grammar stands one level deeper in chat completions than in Responses. */
const flatGrammar = (format: JsonValue): JsonValue => {
  if (!isJsonObject(format)) return format;
  const { grammar, ...rest } = format;
  return isJsonObject(grammar) ? { ...rest, ...grammar } : format;
};

const readFunction = (definition: JsonObject, notes: ReadingNotes): ToolDefinition => {
  return readFunctionTool(new BodyFields(definition, 'tools[*].function', notes), 'parameters');
};

const readChoice = (value: JsonValue): ToolChoice | undefined => {
  if (value === 'none' || value === 'auto' || value === 'required') return { kind: value };
  if (value === 'any') return { kind: 'required' };
  if (!isJsonObject(value)) return undefined;
  const { type, function: named, custom, allowed_tools: allowed, name } = value;
  if (type === 'allowed_tools' && isJsonObject(allowed)) {
    const names = objectsIn(allowed['tools']).flatMap((tool) => {
      const inner = [tool['function'], tool['custom'], tool].find(isJsonObject);
      return typeof inner?.['name'] === 'string' ? [inner['name']] : [];
    });
    const mode = allowed['mode'] === 'required' ? 'required' : 'auto';
    return { kind: 'allowed', mode, names };
  }
  const chosen = isJsonObject(named) ? named['name'] : isJsonObject(custom) ? custom['name'] : name;
  return typeof chosen === 'string'
    ? { kind: 'tool', name: chosen, takes: isJsonObject(custom) ? 'text' : 'json' }
    : undefined;
};

const readFormat = (fields: BodyFields, notes: ReadingNotes): OutputFormat | null => {
  const { type, json_schema: given } = fields.peek('response_format');
  if (type === 'text' || type === 'json_object') {
    fields.ignore('response_format');
    return type === 'text' ? null : { kind: 'json' };
  }
  if (type !== 'json_schema' || !isJsonObject(given)) return null;
  fields.ignore('response_format');
  const inner = new BodyFields(given, 'response_format.json_schema', notes);
  return readSchemaFormat(inner);
};

const readReasoning = (fields: BodyFields): NeutralRequest['reasoning'] => {
  const effort = fields.string('reasoning_effort');
  return effort === null ? null : { effort, budget: null, mode: null };
};

const readLogprobs = (fields: BodyFields): number | null => {
  const asked = fields.flag('logprobs');
  const top = fields.number('top_logprobs');
  return asked === true ? (top ?? 0) : null;
};
