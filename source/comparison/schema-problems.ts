import { Validator } from '@cfworker/json-schema';
import {
  isJsonObject,
  objectOrEmpty,
  objectsIn,
  parseJson,
  stringOrEmpty,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';

/** Longer texts are not checked: a pattern of a schema may take long on them. */
const maximumCharacters = 100_000;
const maximumProblems = 20;

/**
 * Returns what is wrong with a JSON text by a JSON Schema, as phrases with paths (`cabin is not one
 * of "economy"`), at most 20; empty if the text is valid. Null if it was not checked: the text is
 * not JSON or longer than 100,000 characters, or the schema cannot be used. Raw text of the answer
 * and of the schema.
 */
export const schemaProblems = (text: string, schema: JsonObject): readonly string[] | null => {
  const value = text.length > maximumCharacters ? undefined : parseJson(text);
  if (value === undefined) return null;
  try {
    // Without the short cut, all problems are found. A valid instance costs 0.03 ms.
    const { errors } = new Validator(schema, draftOf(schema), false).validate(value);
    const unmet = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
    const isInside = (location: string): boolean =>
      unmet.some(({ keywordLocation }) => location.startsWith(`${keywordLocation}/`));
    const problems = errors
      .filter(({ keywordLocation }) => !isInside(keywordLocation))
      .filter(({ keyword }) => !containers.has(keyword))
      .map(({ error, instanceLocation, keyword }) => problem(keyword, instanceLocation, error));
    return [...new Set(problems)].slice(0, maximumProblems);
  } catch {
    // A reference that leads nowhere, or a pattern that is no regular expression.
    return null;
  }
};

const draftOf = (schema: JsonObject): '4' | '7' | '2019-09' | '2020-12' => {
  const named = stringOrEmpty(schema['$schema']);
  if (named.includes('draft-04')) return '4';
  if (named.includes('draft-07') || named.includes('draft-06')) return '7';
  return named.includes('2019-09') ? '2019-09' : '2020-12';
};

/** Keywords whose problem is told by another one inside them. */
const containers = new Set([
  'properties',
  'patternProperties',
  'items',
  'prefixItems',
  'allOf',
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  'if',
  'dependentSchemas',
  'false',
]);

const problem = (keyword: string, location: string, error: string): string => {
  const path = location
    .replace(/^#\/?/, '')
    .split('/')
    .map((part) => decoded(part))
    .reduce((joined, part) => joinPath(joined, part), '');
  const named = /"(.*?)"/.exec(error)?.[1] ?? '';
  const subject = path === '' ? 'the answer' : path;
  switch (keyword) {
    case 'required':
      return `${joinPath(path, named)} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${joinPath(path, named)} is not in the schema`;
    case 'type':
      return `${subject} is ${named}, not ${(/Expected (.*)\.$/.exec(error)?.[1] ?? 'as expected').replaceAll('"', '').replaceAll(', ', ' or ')}`;
    case 'enum':
      return `${subject} is not one of ${(/\[(.*)\]/.exec(error)?.[1] ?? 'its values').replaceAll(',', ', ')}`;
    case 'anyOf':
    case 'oneOf':
      return `${subject} fits no alternative of the schema`;
    default:
      return `${subject}: ${error.replace(/\.$/, '')}`;
  }
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
};

const joinPath = (path: string, part: string): string => {
  if (part === '') return path;
  if (/^\d+$/.test(part)) return `${path}[${part}]`;
  return path === '' ? part : `${path}.${part}`;
};

/**
 * Returns the schema of each tool that a request offers, by name; null for a tool without one, and `text` for a
 * custom tool, which takes a text.
 */
export const toolSchemas = (
  request: JsonObject,
): ReadonlyMap<string, JsonObject | 'text' | null> => {
  const tools = objectsIn(request['tools']);
  const functions = [
    ...tools.map((tool) => objectOrEmpty(tool['function'])),
    ...objectsIn(request['functions']),
  ];
  const schemas = new Map<string, JsonObject | 'text' | null>();
  for (const { name } of tools.map((tool) => objectOrEmpty(tool['custom']))) {
    if (typeof name === 'string') schemas.set(name, 'text');
  }
  for (const { name, parameters } of functions) {
    if (typeof name === 'string') schemas.set(name, objectOrNull(parameters));
  }
  return schemas;
};

/** Returns the JSON Schema that a request asks its answer to follow; null if it names none. */
export const answerSchema = (request: JsonObject): JsonObject | null => {
  const format = objectOrEmpty(request['response_format']);
  return format['type'] === 'json_schema'
    ? objectOrNull(objectOrEmpty(format['json_schema'])['schema'])
    : null;
};

/**
 * Returns whether a schema requires the member at a path of plain keys (`passengers.children`); null
 * if the schema does not know it.
 */
export const isRequired = (schema: JsonObject, path: string): boolean | null => {
  let current = schema;
  let required: boolean | null = null;
  for (const key of path.split('.')) {
    const member = objectOrEmpty(current['properties'])[key];
    if (!isJsonObject(member)) return null;
    const names = current['required'];
    required = Array.isArray(names) && names.includes(key);
    current = member;
  }
  return required;
};

const objectOrNull = (value: JsonValue | undefined): JsonObject | null =>
  isJsonObject(value) ? value : null;
