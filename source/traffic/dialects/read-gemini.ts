import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../text/json.ts';
import { BodyFields, ReadingNotes } from './body-fields.ts';
import { jsonSchemaOf } from './gemini-schema.ts';
import { mediaKind, mediaTypeOfUrl } from './media-source.ts';
import { readSettings } from './shared-settings.ts';
import { splitResults } from './tool-results.ts';
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

/** Reads the body of Gemini's `generateContent`, in camel or snake case. The model stands in the path. */
export const readGeminiBody = (body: JsonObject): ReadRequest => {
  const notes = new ReadingNotes();
  const fields = geminiFields(body, '', notes);
  if (fields.string('cachedContent') !== null) notes.serverState.add('cachedContent');
  const config = fields.fields('generationConfig');
  const calling = fields.fields('toolConfig');
  const { choice, isValidated } = readCalling(calling.fields('functionCallingConfig'));
  calling.leave();
  const oneTool = fields.object('tools');
  const listed = oneTool === null ? objectsIn(fields.array('tools') ?? []) : [oneTool];
  const tools = listed.flatMap((tool) => readTools(tool, notes));
  const model = fields.string('model');
  const request: NeutralRequest = {
    dialect: 'gemini',
    model: model === null ? null : model.replace(/^models\//, ''),
    system: readSystem(fields, notes),
    turns: readContents(fields, notes),
    tools: isValidated ? tools.map(strictTool) : tools,
    toolChoice: choice,
    parallelToolCalls: null,
    outputFormat: readFormat(config),
    reasoning: readThinking(config),
    logprobs: readLogprobs(config),
    ...readSettings('gemini', config),
  };
  config.leave();
  fields.leave();
  return { request, ...notes.result() };
};

const geminiFields = (object: JsonObject, path: string, notes: ReadingNotes): BodyFields =>
  new BodyFields(object, path, notes, 'camel or snake');

/** A system instruction is a content with parts, or, in SDKs, a text. */
const readSystem = (fields: BodyFields, notes: ReadingNotes): readonly SystemPrompt[] => {
  const text = fields.string('systemInstruction');
  const object = text === null ? fields.object('systemInstruction') : { parts: [{ text }] };
  if (object === null) return [];
  const parts = readParts(object['parts'], 'systemInstruction.parts[*]', notes).filter(
    (part): part is TextPart => part.kind === 'text',
  );
  return parts.length === 0 ? [] : [{ place: 'instructions', name: null, parts }];
};

const readContents = (fields: BodyFields, notes: ReadingNotes): readonly Turn[] => {
  const text = fields.string('contents');
  if (text !== null) return [{ role: 'user', name: null, parts: [{ kind: 'text', text }] }];
  const one = fields.object('contents');
  const list = one === null ? objectsIn(fields.array('contents') ?? []) : [one];
  return list.flatMap((content) => readContent(content, notes));
};

const readContent = (content: JsonObject, notes: ReadingNotes): readonly Turn[] => {
  const fields = geminiFields(content, 'contents[*]', notes);
  const role = fields.string('role') === 'model' ? 'assistant' : 'user';
  const given = fields.value('parts');
  const parts = readParts(given ?? undefined, 'contents[*].parts[*]', notes);
  fields.leave();
  return splitResults(role, parts);
};

const readParts = (
  value: JsonValue | undefined,
  path: string,
  notes: ReadingNotes,
): readonly TurnPart[] => {
  const list = isJsonObject(value) ? [value] : isJsonArray(value) ? value : [];
  return list.flatMap((part): readonly TurnPart[] => {
    if (typeof part === 'string') return [{ kind: 'text', text: part }];
    return isJsonObject(part) ? [readPart(part, path, notes)] : [];
  });
};

/** Members of parts that are what Google's servers ran. */
const hostedParts = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'] as const;

const readPart = (part: JsonObject, path: string, notes: ReadingNotes): TurnPart => {
  const fields = geminiFields(part, path, notes);
  const read = readKnownPart(part, fields, notes);
  if (read === null) {
    const hosted = hostedParts.find((name) => fields.object(name) !== null);
    if (hosted !== undefined) notes.hostedTools.add(hosted);
    const type = hosted ?? Object.keys(part)[0] ?? 'part';
    return { kind: 'foreign', type, raw: part };
  }
  fields.leave();
  return read;
};

const readKnownPart = (
  part: JsonObject,
  fields: BodyFields,
  notes: ReadingNotes,
): TurnPart | null => {
  const text = fields.string('text');
  if (fields.flag('thought') === true) {
    fields.ignore('thoughtSignature');
    return { kind: 'reasoning', raw: part, text: text ?? '' };
  }
  const call = fields.object('functionCall');
  if (call !== null) return readCall(call, fields.string('thoughtSignature'), notes);
  if (text !== null) {
    return text === '' && fields.string('thoughtSignature') !== null
      ? { kind: 'reasoning', raw: part, text: '' }
      : { kind: 'text', text };
  }
  const result = fields.object('functionResponse');
  if (result !== null) return readResult(result, notes);
  const inline = fields.object('inlineData');
  if (inline !== null) return readInline(inline, notes);
  const file = fields.object('fileData');
  return file === null ? null : readFile(file, notes);
};

const readCall = (call: JsonObject, signature: string | null, notes: ReadingNotes): TurnPart => {
  const fields = geminiFields(call, 'contents[*].parts[*].functionCall', notes);
  const id = fields.string('id');
  const read: TurnPart = {
    kind: 'call',
    id: id === '' ? null : id,
    name: fields.string('name') ?? '',
    arguments: JSON.stringify(fields.value('args') ?? {}),
    takes: 'json',
    signature,
  };
  fields.leave();
  return read;
};

const readResult = (result: JsonObject, notes: ReadingNotes): TurnPart => {
  const path = 'contents[*].parts[*].functionResponse';
  const fields = geminiFields(result, path, notes);
  const id = fields.string('id');
  const response = fields.value('response') ?? {};
  const media = objectsIn(fields.array('parts') ?? []).flatMap((part) => {
    const inline = part['inlineData'] ?? part['inline_data'];
    if (isJsonObject(inline)) return [readInline(inline, notes)];
    const file = part['fileData'] ?? part['file_data'];
    if (isJsonObject(file)) return [readFile(file, notes)];
    notes.unread.push({ path: `${path}.parts[*]`, value: part });
    return [];
  });
  const { text, isError } = responseText(response);
  const read: TurnPart = {
    kind: 'result',
    id: id === '' ? null : id,
    name: fields.string('name'),
    content: [{ kind: 'text', text }, ...media],
    isError,
    takes: 'json',
  };
  fields.leave();
  return read;
};

/**
 * The text of a response. Google names `output` and `error` for a text alone; one that would be read as another
 * object stays inside of its own.
 */
const responseText = (
  response: JsonValue,
): { readonly text: string; readonly isError: boolean } => {
  if (isJsonObject(response) && Object.keys(response).length === 1) {
    const { output, error } = response;
    const text = output ?? error;
    if (typeof text === 'string' && !/^\s*\{/.test(text)) {
      return { text, isError: error !== undefined };
    }
  }
  return { text: JSON.stringify(response), isError: false };
};

const readInline = (inline: JsonObject, notes: ReadingNotes): MediaPart => {
  const fields = geminiFields(inline, 'contents[*].parts[*].inlineData', notes);
  const mediaType = fields.string('mimeType') ?? 'application/octet-stream';
  const data = fields.string('data') ?? '';
  const name = fields.string('displayName');
  fields.leave();
  return {
    kind: mediaKind(mediaType),
    source: { kind: 'base64', mediaType, data },
    name,
    detail: null,
  };
};

/** Files of Google: those uploaded to Gemini, and those in a bucket. */
const uploadedFile = /^(?:gs:\/\/|files\/|https:\/\/generativelanguage\.googleapis\.com\/)/;

const readFile = (file: JsonObject, notes: ReadingNotes): MediaPart => {
  const fields = geminiFields(file, 'contents[*].parts[*].fileData', notes);
  const url = fields.string('fileUri') ?? '';
  const named = fields.string('mimeType');
  const name = fields.string('displayName');
  fields.leave();
  const mediaType = named ?? mediaTypeOfUrl(url);
  const isVideo = /^https:\/\/(?:www\.)?(?:youtube\.com|youtu\.be)\//.test(url);
  const kind = isVideo ? 'video' : mediaKind(mediaType ?? 'application/octet-stream');
  if (uploadedFile.test(url)) {
    notes.serverState.add('contents[*].parts[*].fileData.fileUri');
    return { kind, source: { kind: 'uploaded', id: url, mediaType }, name, detail: null };
  }
  return { kind, source: { kind: 'url', url, mediaType }, name, detail: null };
};

const readTools = (tool: JsonObject, notes: ReadingNotes): readonly ToolDefinition[] => {
  const fields = geminiFields(tool, 'tools[*]', notes);
  const declared = objectsIn(fields.array('functionDeclarations') ?? []);
  const spelled = new Set(['functionDeclarations', 'function_declarations']);
  const others = Object.entries(tool).filter(([key, value]) => !spelled.has(key) && value !== null);
  return [
    ...declared.map((declaration) => readDeclaration(declaration, notes)),
    ...others.map(([type, value]): ToolDefinition => {
      notes.hostedTools.add(type);
      return { kind: 'provider', type, raw: { [type]: value } };
    }),
  ];
};

const readDeclaration = (declaration: JsonObject, notes: ReadingNotes): ToolDefinition => {
  const fields = geminiFields(declaration, 'tools[*].functionDeclarations[*]', notes);
  const json = fields.object('parametersJsonSchema');
  const own = fields.object('parameters');
  const converted = own === null ? null : jsonSchemaOf(own);
  const read: ToolDefinition = {
    kind: 'function',
    name: fields.string('name') ?? '',
    description: fields.string('description'),
    parameters: json ?? (isJsonObject(converted) ? converted : null),
    strict: null,
  };
  fields.leave();
  return read;
};

const strictTool = (tool: ToolDefinition): ToolDefinition =>
  tool.kind === 'function' ? { ...tool, strict: true } : tool;

const readCalling = (
  fields: BodyFields,
): { readonly choice: ToolChoice | null; readonly isValidated: boolean } => {
  const mode = (fields.string('mode') ?? '').toUpperCase();
  const names = fields.strings('allowedFunctionNames') ?? [];
  fields.leave();
  const [only, ...others] = names;
  switch (mode) {
    case 'NONE':
      return { choice: { kind: 'none' }, isValidated: false };
    case 'AUTO':
      return { choice: { kind: 'auto' }, isValidated: false };
    case 'ANY':
      if (only === undefined) return { choice: { kind: 'required' }, isValidated: false };
      return {
        choice:
          others.length === 0
            ? { kind: 'tool', name: only, takes: 'json' }
            : { kind: 'allowed', mode: 'required', names },
        isValidated: false,
      };
    case 'VALIDATED':
      return {
        choice: only === undefined ? null : { kind: 'allowed', mode: 'auto', names },
        isValidated: true,
      };
    default:
      return { choice: null, isValidated: false };
  }
};

const readFormat = (config: BodyFields): OutputFormat | null => {
  const json = config.object('responseJsonSchema');
  const own = config.object('responseSchema');
  const type = config.read('responseMimeType', (value) =>
    value === 'application/json' || value === 'text/plain' ? value : undefined,
  );
  if (type !== 'application/json') return null;
  const schema = json ?? (own === null ? null : jsonSchemaOf(own));
  return isJsonObject(schema)
    ? { kind: 'schema', name: null, description: null, schema, strict: null }
    : { kind: 'json' };
};

const readThinking = (config: BodyFields): NeutralRequest['reasoning'] => {
  const inner = config.fields('thinkingConfig');
  const level = inner.string('thinkingLevel');
  const budget = inner.number('thinkingBudget');
  inner.leave();
  const effort =
    level === null || level === 'THINKING_LEVEL_UNSPECIFIED' ? null : level.toLowerCase();
  return effort === null && budget === null ? null : { effort, budget, mode: null };
};

const readLogprobs = (config: BodyFields): number | null => {
  const asked = config.flag('responseLogprobs');
  const top = config.number('logprobs');
  return asked === true ? (top ?? 0) : null;
};
