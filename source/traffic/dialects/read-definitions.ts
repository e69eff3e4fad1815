import type { BodyFields } from './body-fields.ts';
import type { OutputFormat, ToolDefinition } from './turn.ts';

/** Reads the definition of a function, whose parameters have this name, and leaves its fields. */
export const readFunctionTool = (
  fields: BodyFields,
  parameters: 'parameters' | 'input_schema',
): ToolDefinition => {
  const read: ToolDefinition = {
    kind: 'function',
    name: fields.string('name') ?? '',
    description: fields.string('description'),
    parameters: fields.object(parameters),
    strict: fields.flag('strict'),
  };
  fields.leave();
  return read;
};

/** Reads the JSON schema that an answer must follow, as OpenAI names it, and leaves its fields. */
export const readSchemaFormat = (fields: BodyFields): OutputFormat => {
  const read: OutputFormat = {
    kind: 'schema',
    name: fields.string('name'),
    description: fields.string('description'),
    schema: fields.object('schema') ?? {},
    strict: fields.flag('strict'),
  };
  fields.leave();
  return read;
};
