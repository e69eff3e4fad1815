// The fields of each dialect with an example of each, and the tables of docs/dialects.md, which say what the
// program makes of these examples. Nothing in the tables is written by hand.
import { nativeRequest } from '../source/traffic/dialects/native-request.ts';
import { bridgeRequest, readRequest } from '../source/traffic/dialects/translate-request.ts';
import { type Dialect, dialectTitles } from '../source/traffic/dialects/dialect.ts';
import type { JsonObject, JsonValue } from '../source/text/json.ts';

const dialects: readonly Dialect[] = ['chat', 'responses', 'messages', 'gemini'];

/** One field of a dialect: its path, and a part of a body in which it is used. */
export type DialectField = { readonly field: string; readonly example: JsonObject };

const field = (name: string, example: JsonObject): DialectField => ({ field: name, example });

/** A field at the top of a body. */
const top = (name: string, value: JsonValue): DialectField => field(name, { [name]: value });

const strictSchema: JsonObject = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const looseSchema: JsonObject = {
  type: 'object',
  properties: { age: { type: 'integer', minimum: 1 } },
};
const png = 'iVBORw0KGgo=';
const pdf = 'JVBERi0=';

/** A request without anything else. */
const plain: Readonly<Record<Dialect, JsonObject>> = {
  chat: {
    model: 'm',
    messages: [{ role: 'user', content: 'Hello?' }],
    max_completion_tokens: 9000,
  },
  responses: { model: 'm', input: 'Hello?', max_output_tokens: 9000 },
  messages: { model: 'm', messages: [{ role: 'user', content: 'Hello?' }], max_tokens: 9000 },
  gemini: {
    contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }],
    generationConfig: { maxOutputTokens: 9000 },
  },
};

const chatUser = (name: string, part: JsonObject): DialectField =>
  field(name, { messages: [{ role: 'user', content: [part] }] });

const chatTurns = (name: string, ...turns: readonly JsonObject[]): DialectField =>
  field(name, { messages: [{ role: 'user', content: 'Hello?' }, ...turns] });

const chatCall: JsonObject = {
  role: 'assistant',
  content: null,
  tool_calls: [
    { id: 'a', type: 'function', function: { name: 'f', arguments: '{"city":"Bern"}' } },
  ],
};
const chatTool: JsonObject = {
  type: 'function',
  function: { name: 'f', parameters: strictSchema },
};

const chatFields: readonly DialectField[] = [
  field('messages[*].role: system, developer', {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
    ],
  }),
  field('messages: a system prompt alone', { messages: [{ role: 'system', content: 'Go on.' }] }),
  chatTurns('messages[*].role: system, among the turns', { role: 'system', content: 'Be brief.' }),
  field('messages[*].name', { messages: [{ role: 'user', name: 'ann', content: 'Hello?' }] }),
  chatUser('messages[*].content[*].text', { type: 'text', text: 'Hello?' }),
  chatUser('messages[*].content[*].image_url: data URL', {
    type: 'image_url',
    image_url: { url: `data:image/png;base64,${png}` },
  }),
  chatUser('messages[*].content[*].image_url: web', {
    type: 'image_url',
    image_url: { url: 'https://example.com/a.png' },
  }),
  chatUser('messages[*].content[*].image_url.detail', {
    type: 'image_url',
    image_url: { url: 'https://example.com/a.png', detail: 'low' },
  }),
  chatUser('messages[*].content[*].input_audio', {
    type: 'input_audio',
    input_audio: { data: 'UklGRg==', format: 'wav' },
  }),
  chatUser('messages[*].content[*].file.file_data', {
    type: 'file',
    file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` },
  }),
  chatUser('messages[*].content[*].file.file_id', { type: 'file', file: { file_id: 'file-1' } }),
  chatTurns('messages[*].tool_calls, messages[*].tool_call_id', chatCall, {
    role: 'tool',
    tool_call_id: 'a',
    content: 'sunny',
  }),
  chatTurns('messages[*].refusal', { role: 'assistant', content: null, refusal: 'No.' }),
  chatTurns('messages[*].reasoning_content (vendors)', {
    role: 'assistant',
    content: 'Hi.',
    reasoning_content: 'Hm.',
  }),
  chatTurns('messages[*].audio.id', { role: 'assistant', audio: { id: 'audio_1' } }),
  top('tools', [chatTool]),
  field('functions, function_call', {
    functions: [{ name: 'f', parameters: strictSchema }],
    function_call: { name: 'f' },
  }),
  top('tools[*].function.strict', [
    { type: 'function', function: { name: 'f', parameters: strictSchema, strict: true } },
  ]),
  top('tools[*].custom', [{ type: 'custom', custom: { name: 'f' } }]),
  field('tool_choice: none, auto, required, a function', {
    tools: [chatTool],
    tool_choice: 'required',
  }),
  field('tool_choice: allowed_tools', {
    tools: [chatTool, { type: 'function', function: { name: 'g' } }],
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
    },
  }),
  field('parallel_tool_calls: false', { tools: [chatTool], parallel_tool_calls: false }),
  field('response_format: json_schema', {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'a', schema: strictSchema, strict: true },
    },
  }),
  field('response_format: json_schema with limits', {
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: looseSchema } },
  }),
  field('response_format: json_object', { response_format: { type: 'json_object' } }),
  top('temperature', 0.5),
  field('temperature above 1', { temperature: 1.5 }),
  top('top_p', 0.5),
  top('top_k', 5),
  top('presence_penalty', 0.5),
  top('frequency_penalty', 0.5),
  top('seed', 7),
  top('stop', ['END']),
  top('logit_bias', { 1: 5 }),
  field('logprobs, top_logprobs', { logprobs: true, top_logprobs: 2 }),
  top('n', 2),
  top('max_completion_tokens', 100),
  field('max_tokens', { max_completion_tokens: null, max_tokens: 100 }),
  field('max_completion_tokens: missing', { max_completion_tokens: null }),
  top('reasoning_effort', 'high'),
  top('verbosity', 'low'),
  top('modalities', ['text', 'audio']),
  top('audio', { voice: 'alloy', format: 'wav' }),
  top('prediction', { type: 'content', content: 'Hi.' }),
  top('web_search_options', {}),
  top('moderation', { model: 'omni-moderation-latest' }),
  top('prompt_cache_key', 'a'),
  top('prompt_cache_options', {}),
  top('prompt_cache_retention', '24h'),
  top('service_tier', 'flex'),
  top('store', true),
  top('metadata', { a: 'b' }),
  top('user', 'u'),
  top('safety_identifier', 'u'),
  top('stream', true),
  top('stream_options', { include_usage: true }),
];

const item = (name: string, ...items: readonly JsonObject[]): DialectField =>
  field(name, { input: [{ role: 'user', content: 'Hello?' }, ...items] });

const inputPart = (name: string, part: JsonObject): DialectField =>
  field(name, { input: [{ role: 'user', content: [part] }] });

const responsesTool: JsonObject = {
  type: 'function',
  name: 'f',
  parameters: strictSchema,
  strict: true,
};

const responsesFields: readonly DialectField[] = [
  top('instructions', 'Be brief.'),
  field('input[*].role: system, developer', {
    input: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
    ],
  }),
  top('input: a text', 'Hello?'),
  inputPart('input[*].content[*].input_text', { type: 'input_text', text: 'Hello?' }),
  inputPart('input[*].content[*].input_image.image_url', {
    type: 'input_image',
    image_url: 'https://example.com/a.png',
  }),
  inputPart('input[*].content[*].input_image.detail', {
    type: 'input_image',
    image_url: 'https://example.com/a.png',
    detail: 'low',
  }),
  inputPart('input[*].content[*].input_file.file_data', {
    type: 'input_file',
    filename: 'a.pdf',
    file_data: `data:application/pdf;base64,${pdf}`,
  }),
  inputPart('input[*].content[*].input_file.file_url', {
    type: 'input_file',
    file_url: 'https://example.com/a.pdf',
  }),
  inputPart('input[*].content[*].file_id', { type: 'input_image', file_id: 'file-1' }),
  item('input[*]: message of the assistant', {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hi.', annotations: [] }],
  }),
  item(
    'input[*]: function_call, function_call_output',
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'a', output: 'sunny' },
  ),
  item(
    'input[*].output: an image',
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    {
      type: 'function_call_output',
      call_id: 'a',
      output: [{ type: 'input_image', image_url: 'https://example.com/a.png' }],
    },
  ),
  item(
    'input[*]: custom_tool_call, custom_tool_call_output',
    { type: 'custom_tool_call', call_id: 'a', name: 'f', input: 'x' },
    { type: 'custom_tool_call_output', call_id: 'a', output: 'y' },
  ),
  item('input[*]: reasoning', {
    type: 'reasoning',
    id: 'rs_1',
    summary: [],
    encrypted_content: 'gAAA',
  }),
  item('input[*]: item_reference', { type: 'item_reference', id: 'msg_1' }),
  item('input[*]: compaction', { type: 'compaction', encrypted_content: 'gAAA' }),
  item('input[*]: web_search_call and other hosted calls', {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
  }),
  item('input[*]: shell_call and other calls of the client', {
    type: 'shell_call',
    call_id: 'a',
    action: { commands: ['ls'] },
  }),
  top('tools', [responsesTool]),
  field('tools[*].type: custom', { tools: [{ type: 'custom', name: 'f' }] }),
  field('tools[*].type: web_search and other hosted tools', { tools: [{ type: 'web_search' }] }),
  field('tools[*].type: shell and other tools of the client', { tools: [{ type: 'shell' }] }),
  field('tool_choice: none, auto, required, a function', {
    tools: [responsesTool],
    tool_choice: { type: 'function', name: 'f' },
  }),
  field('tool_choice: allowed_tools', {
    tools: [responsesTool, { ...responsesTool, name: 'g' }],
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
  }),
  field('parallel_tool_calls: false', { tools: [responsesTool], parallel_tool_calls: false }),
  field('text.format: json_schema', {
    text: { format: { type: 'json_schema', name: 'a', schema: strictSchema, strict: true } },
  }),
  field('text.format: json_object', { text: { format: { type: 'json_object' } } }),
  field('text.verbosity', { text: { verbosity: 'low' } }),
  top('temperature', 0.5),
  top('top_p', 0.5),
  top('max_output_tokens', 100),
  top('max_tool_calls', 3),
  top('top_logprobs', 2),
  field('reasoning.effort', { reasoning: { effort: 'high' } }),
  field('reasoning.summary', { reasoning: { summary: 'auto' } }),
  field('reasoning.context', { reasoning: { context: 'all_turns' } }),
  field('reasoning.mode', { reasoning: { mode: 'pro' } }),
  top('previous_response_id', 'resp_1'),
  top('conversation', 'conv_1'),
  top('prompt', { id: 'pmpt_1' }),
  top('truncation', 'auto'),
  top('context_management', [{ type: 'compaction' }]),
  top('image', { context_compression: 'enabled' }),
  top('include', ['reasoning.encrypted_content']),
  top('background', true),
  top('access_programs', {}),
  top('moderation', { model: 'omni-moderation-latest' }),
  top('prompt_cache_key', 'a'),
  top('prompt_cache_options', {}),
  top('prompt_cache_retention', '24h'),
  top('service_tier', 'flex'),
  top('store', true),
  top('metadata', { a: 'b' }),
  top('user', 'u'),
  top('safety_identifier', 'u'),
  top('stream', true),
  top('stream_options', { include_obfuscation: false }),
];

const block = (name: string, one: JsonObject): DialectField =>
  field(name, { messages: [{ role: 'user', content: [one] }] });

const blockTurns = (name: string, ...turns: readonly JsonObject[]): DialectField =>
  field(name, { messages: [{ role: 'user', content: 'Hello?' }, ...turns] });

const answered = (name: string, ...blocks: readonly JsonObject[]): DialectField =>
  blockTurns(name, { role: 'assistant', content: blocks });

const toolUse: JsonObject = {
  role: 'assistant',
  content: [{ type: 'tool_use', id: 'a', name: 'f', input: { city: 'Bern' } }],
};
const messagesTool: JsonObject = { name: 'f', input_schema: strictSchema };

const messagesFields: readonly DialectField[] = [
  top('system', [{ type: 'text', text: 'Be brief.' }]),
  blockTurns('messages[*].role: system', { role: 'system', content: 'Be brief.' }),
  block('messages[*].content[*]: text', { type: 'text', text: 'Hello?' }),
  block('messages[*].content[*]: image, base64', {
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data: png },
  }),
  block('messages[*].content[*]: image, url', {
    type: 'image',
    source: { type: 'url', url: 'https://example.com/a.png' },
  }),
  block('messages[*].content[*]: image, file', {
    type: 'image',
    source: { type: 'file', file_id: 'file_1' },
  }),
  block('messages[*].content[*]: document, base64', {
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: pdf },
    title: 'a.pdf',
  }),
  block('messages[*].content[*]: document, text', {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: 'Hello.' },
  }),
  block('messages[*].content[*]: document, url', {
    type: 'document',
    source: { type: 'url', url: 'https://example.com/a.pdf' },
  }),
  block('messages[*].content[*].citations', {
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: pdf },
    citations: { enabled: true },
  }),
  block('messages[*].content[*]: search_result', {
    type: 'search_result',
    source: 'a',
    title: 'b',
    content: [{ type: 'text', text: 'c' }],
  }),
  block('messages[*].content[*]: container_upload', {
    type: 'container_upload',
    file_id: 'file_1',
  }),
  blockTurns('messages[*].content[*]: tool_use, tool_result', toolUse, {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'a', content: 'sunny' }],
  }),
  blockTurns('messages[*].content[*].is_error', toolUse, {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'a', content: 'no such city', is_error: true }],
  }),
  blockTurns('messages[*].content[*]: tool_result with an image', toolUse, {
    role: 'user',
    content: [
      {
        type: 'tool_result',
        tool_use_id: 'a',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
        ],
      },
    ],
  }),
  answered(
    'messages[*].content[*]: thinking, redacted_thinking',
    { type: 'thinking', thinking: 'Hm.', signature: 's' },
    { type: 'text', text: 'Hi.' },
  ),
  answered('messages[*].content[*]: server_tool_use, …_tool_result', {
    type: 'server_tool_use',
    id: 'a',
    name: 'web_search',
    input: {},
  }),
  block('messages[*].content[*].cache_control', {
    type: 'text',
    text: 'Hello?',
    cache_control: { type: 'ephemeral' },
  }),
  top('tools', [messagesTool]),
  field('tools[*].strict', { tools: [{ ...messagesTool, strict: true }] }),
  field('tools[*].input_examples', {
    tools: [{ ...messagesTool, input_examples: [{ city: 'Ulm' }] }],
  }),
  field('tools[*].type: web_search_… and other hosted tools', {
    tools: [{ type: 'web_search_20260209', name: 'web_search' }],
  }),
  field('tools[*].type: bash_… and other tools of the client', {
    tools: [{ type: 'bash_20250124', name: 'bash' }],
  }),
  field('tool_choice: none, auto, any, tool', {
    tools: [messagesTool],
    tool_choice: { type: 'any' },
  }),
  field('tool_choice.disable_parallel_tool_use', {
    tools: [messagesTool],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  }),
  field('output_config.format', {
    output_config: { format: { type: 'json_schema', schema: strictSchema } },
  }),
  field('output_config.format, not all properties required', {
    output_config: {
      format: { type: 'json_schema', schema: { ...strictSchema, required: [] } },
    },
  }),
  field('output_config.effort', { output_config: { effort: 'high' } }),
  field('thinking: enabled, with a budget', { thinking: { type: 'enabled', budget_tokens: 2048 } }),
  field('thinking: adaptive', { thinking: { type: 'adaptive' } }),
  field('thinking: between_tools', { thinking: { type: 'between_tools' } }),
  field('thinking: disabled', { thinking: { type: 'disabled' } }),
  field('thinking.display', { thinking: { type: 'adaptive', display: 'omitted' } }),
  top('max_tokens', 100),
  top('temperature', 0.5),
  top('top_p', 0.5),
  top('top_k', 5),
  top('stop_sequences', ['END']),
  top('cache_control', { type: 'ephemeral' }),
  top('container', 'container_1'),
  top('mcp_servers', [{ type: 'url', url: 'https://example.com', name: 'a' }]),
  top('context_management', { edits: [] }),
  top('service_tier', 'auto'),
  top('speed', 'fast'),
  top('inference_geo', 'us'),
  top('metadata', { user_id: 'u' }),
  top('user_profile_id', 'u'),
  top('workspace_id', 'w'),
  top('diagnostics', { previous_message_id: 'm' }),
  top('stream', true),
];

const part = (name: string, ...parts: readonly JsonObject[]): DialectField =>
  field(name, { contents: [{ role: 'user', parts }] });

const modelPart = (name: string, ...parts: readonly JsonObject[]): DialectField =>
  field(name, {
    contents: [
      { role: 'user', parts: [{ text: 'Hello?' }] },
      { role: 'model', parts },
    ],
  });

const results = (name: string, response: JsonObject, more: JsonObject = {}): DialectField =>
  field(name, {
    contents: [
      { role: 'user', parts: [{ text: 'Hello?' }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response, ...more } }] },
    ],
  });

/** A field of `generationConfig`. */
const setting = (
  name: string,
  value: JsonValue,
  title = `generationConfig.${name}`,
): DialectField => field(title, { generationConfig: { maxOutputTokens: 9000, [name]: value } });

const declared: JsonObject = {
  functionDeclarations: [
    { name: 'f', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } },
  ],
};
const calling = (config: JsonObject): JsonObject => ({
  tools: [
    {
      functionDeclarations: [
        { name: 'f', parametersJsonSchema: strictSchema },
        { name: 'g' },
        { name: 'h' },
      ],
    },
  ],
  toolConfig: { functionCallingConfig: config },
});

const geminiFields: readonly DialectField[] = [
  top('systemInstruction', { parts: [{ text: 'Be brief.' }] }),
  part('contents[*].parts[*].text', { text: 'Hello?' }),
  part('contents[*].parts[*].inlineData: image', {
    inlineData: { mimeType: 'image/png', data: png },
  }),
  part('contents[*].parts[*].inlineData: PDF', {
    inlineData: { mimeType: 'application/pdf', data: pdf },
  }),
  part('contents[*].parts[*].inlineData: audio', {
    inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' },
  }),
  part('contents[*].parts[*].inlineData: video', {
    inlineData: { mimeType: 'video/mp4', data: 'AAAA' },
  }),
  part('contents[*].parts[*].fileData: web', {
    fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' },
  }),
  part('contents[*].parts[*].fileData: uploaded', {
    fileData: { mimeType: 'image/png', fileUri: 'gs://bucket/a.png' },
  }),
  part('contents[*].parts[*].mediaResolution', {
    inlineData: { mimeType: 'image/png', data: png },
    mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' },
  }),
  part('contents[*].parts[*].videoMetadata', {
    inlineData: { mimeType: 'video/mp4', data: 'AAAA' },
    videoMetadata: { fps: 1 },
  }),
  modelPart('contents[*].parts[*].functionCall', { functionCall: { name: 'f', args: {} } }),
  modelPart('contents[*].parts[*].thought', { text: 'Hm.', thought: true }, { text: 'Hi.' }),
  modelPart('contents[*].parts[*].thoughtSignature', {
    functionCall: { name: 'f', args: {} },
    thoughtSignature: 'c2ln',
  }),
  results('contents[*].parts[*].functionResponse', { output: 'sunny' }),
  results('contents[*].parts[*].functionResponse.response.error', { error: 'no such city' }),
  results(
    'contents[*].parts[*].functionResponse.parts',
    { output: 'see' },
    { parts: [{ inlineData: { mimeType: 'image/png', data: png } }] },
  ),
  modelPart('contents[*].parts[*]: executableCode, codeExecutionResult, toolCall, toolResponse', {
    executableCode: { language: 'PYTHON', code: '1' },
  }),
  top('tools', [declared]),
  field('tools[*].googleSearch and other hosted tools', { tools: [{ googleSearch: {} }] }),
  field('toolConfig.functionCallingConfig: NONE, AUTO, ANY', calling({ mode: 'ANY' })),
  field('toolConfig.functionCallingConfig: VALIDATED', calling({ mode: 'VALIDATED' })),
  field(
    'toolConfig.functionCallingConfig.allowedFunctionNames',
    calling({ mode: 'ANY', allowedFunctionNames: ['f', 'g'] }),
  ),
  field('generationConfig.responseJsonSchema', {
    generationConfig: {
      maxOutputTokens: 9000,
      responseMimeType: 'application/json',
      responseJsonSchema: strictSchema,
    },
  }),
  field('generationConfig.responseSchema, not all properties required', {
    generationConfig: {
      maxOutputTokens: 9000,
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { city: { type: 'STRING' } } },
    },
  }),
  setting('responseMimeType', 'application/json', 'generationConfig.responseMimeType: JSON alone'),
  setting('responseMimeType', 'text/x.enum', 'generationConfig.responseMimeType: text/x.enum'),
  setting(
    'thinkingConfig',
    { thinkingLevel: 'HIGH' },
    'generationConfig.thinkingConfig.thinkingLevel',
  ),
  setting(
    'thinkingConfig',
    { thinkingBudget: 2048 },
    'generationConfig.thinkingConfig.thinkingBudget',
  ),
  setting(
    'thinkingConfig',
    { thinkingBudget: 0 },
    'generationConfig.thinkingConfig.thinkingBudget: 0',
  ),
  setting(
    'thinkingConfig',
    { thinkingBudget: -1 },
    'generationConfig.thinkingConfig.thinkingBudget: -1',
  ),
  setting(
    'thinkingConfig',
    { includeThoughts: true },
    'generationConfig.thinkingConfig.includeThoughts',
  ),
  setting('temperature', 0.5),
  setting('topP', 0.5),
  setting('topK', 5),
  setting('presencePenalty', 0.5),
  setting('frequencyPenalty', 0.5),
  setting('seed', 7),
  setting('stopSequences', ['END']),
  setting('candidateCount', 2),
  setting('maxOutputTokens', 100),
  field('generationConfig.responseLogprobs, generationConfig.logprobs', {
    generationConfig: { maxOutputTokens: 9000, responseLogprobs: true, logprobs: 2 },
  }),
  setting('responseModalities', ['TEXT', 'IMAGE']),
  setting('mediaResolution', 'MEDIA_RESOLUTION_LOW'),
  setting('speechConfig', {}),
  setting('imageConfig', {}),
  setting('audioTimestamp', true),
  setting('audioTranscriptionConfig', {}),
  setting('translationConfig', {}),
  setting('routingConfig', {}),
  setting('modelSelectionConfig', {}),
  setting('responseFormat', []),
  setting('enableEnhancedCivicAnswers', true),
  setting('enableAffectiveDialog', true),
  top('safetySettings', [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]),
  top('modelArmorConfig', {}),
  top('cachedContent', 'cachedContents/1'),
  top('serviceTier', 'flex'),
  top('labels', { a: 'b' }),
  top('store', true),
];

/** Every field of each dialect. */
export const dialectFields: Readonly<Record<Dialect, readonly DialectField[]>> = {
  chat: chatFields,
  responses: responsesFields,
  messages: messagesFields,
  gemini: geminiFields,
};

/** The body of an example: a plain request with the field in it. */
const bodyOf = (dialect: Dialect, { field: name, example }: DialectField): JsonObject => {
  const [root = ''] = name.split(/[.[:,]/);
  // A row such as tools[*].function.strict has the whole list as its example.
  const whole = example[name] !== undefined && name !== root ? { [root]: example[name] } : example;
  return { ...plain[dialect], ...whole };
};

/** What becomes of a field on its way from one dialect to another, in a word or two. */
export const fieldFate = (from: Dialect, to: Dialect, one: DialectField): string => {
  const body = bodyOf(from, one);
  return from === to ? nativeFate(from, body) : bridgedFate(from, to, body);
};

const nativeFate = (dialect: Dialect, body: JsonObject): string => {
  if (readRequest(dialect, body, null).problem !== null) return 'refused';
  const asked = { model: 'm', asked: 'm' };
  const usual = new Set(nativeRequest(dialect, plain[dialect], asked).adaptations.map(keyOf));
  const own = nativeRequest(dialect, body, asked).adaptations.find(
    (adaptation) => !usual.has(keyOf(adaptation)),
  );
  if (own === undefined) return 'native';
  return own.action === 'dropped' ? 'dropped' : `set to ${JSON.stringify(own.to ?? null)}`;
};

const keyOf = (adaptation: object): string => JSON.stringify(adaptation);

const bridgedFate = (from: Dialect, to: Dialect, body: JsonObject): string => {
  const bridged = bridgeRequest(from, body, to);
  if (bridged.problem !== null) return 'refused';
  const usual = new Set(bridgeRequest(from, plain[from], to).adaptations.map(keyOf));
  const own = bridged.adaptations.filter((adaptation) => !usual.has(keyOf(adaptation)));
  const [first] = own;
  if (first === undefined) return 'bridged';
  const worst = own.find(({ lossy }) => lossy === true) ?? first;
  if (worst.action === 'renamed') return 'bridged';
  return worst.lossy === true ? `**${worst.action}**` : worst.action;
};

/** The table of a dialect's fields: natively and bridged into each other dialect. */
export const dialectTable = (from: Dialect): readonly (readonly string[])[] =>
  dialectFields[from].map((one) => [
    `\`${one.field}\``,
    fieldFate(from, from, one),
    ...dialects.filter((to) => to !== from).map((to) => fieldFate(from, to, one)),
  ]);

/** The heads of that table. */
export const dialectTableHeads = (from: Dialect): readonly string[] => [
  `field of ${dialectTitles[from]}`,
  'natively',
  ...dialects.filter((to) => to !== from).map((to) => `to ${dialectTitles[to]}`),
];
