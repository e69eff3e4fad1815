import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { recogniseAnswerBody } from '../dialects/recognise-answer.ts';
import { unwrapJson } from '../formats/parts/embedded-json.ts';
import { readMessageList, readWholeBody } from '../formats/plain.ts';
import { listPaths, parseJsonPath, valueAtPath } from './json-path.ts';
import type { MappedField } from './mapping.ts';

/** Common names of a request, the clearest first. Each may be the end of a longer name. */
const requestWords = [
  'request',
  'messages',
  'prompt',
  'question',
  'input',
  'query',
  'user',
  'text',
  'content',
] as const;

/** Common names of the other fields. */
const usualNames: Readonly<Partial<Record<MappedField, RegExp>>> = {
  response: /(?:^|[\s_.-])(?:response|completion|output|answer|reply|result)$/i,
  id: /^(?:id|request_?id|uuid)$/i,
  timestamp: /^(?:timestamp|time|created_?at|start_?time|date)$/i,
  endpoint: /^(?:endpoint|feature)$/i,
  model: /^model(?:_?name)?$/i,
  latencyMs: /^(?:latency|duration)_?ms$/i,
};

/**
 * Writes the command line that imports a file with fields that nobody knows: the flags `--map` for the
 * fields of its first records whose names or contents say what they are. Where none does, the first text is
 * the request. Null if the records have nothing that could be one.
 */
export const exampleImport = (file: string, records: readonly JsonObject[]): string | null => {
  const all = records.flatMap(places);
  const isOther = ({ name }: Place): boolean =>
    Object.values(usualNames).some((names) => names.test(name));
  const texts = all.filter((place) => isText(place.value) && !isOther(place));
  const asked = requestWords
    .map((word) => texts.find(({ name }) => endsWith(name, word)))
    .find((place) => place !== undefined);
  const request = all.find(({ value }) => isWholeRequest(value)) ?? asked ?? texts[0];
  if (request === undefined) return null;
  // What a request itself holds belongs to it.
  const beside = all.filter(({ path }) => !path.startsWith(request.path));
  const answer = beside.find(({ value }) => isAnswer(value));
  const others = Object.entries(usualNames).flatMap(([field, names]) => {
    const named = beside.find(({ name }) => names.test(name));
    const place = field === 'response' ? (answer ?? named) : named;
    return place === undefined ? [] : [`${field}=${place.path}`];
  });
  const flags = [`request=${request.path}`, ...others].map((text) => `--map ${quoted(text)}`);
  return `understudy import ${quoted(file)} ${flags.join(' ')}`;
};

const endsWith = (name: string, word: string): boolean =>
  new RegExp(`(?:^|[\\s_.-])${word}$`, 'i').test(name);

type Place = { readonly name: string; readonly path: string; readonly value: JsonValue };

const places = (record: JsonObject): readonly Place[] =>
  listPaths(record).flatMap((path): readonly Place[] => {
    const parsed = parseJsonPath(path);
    const value = parsed === null ? undefined : valueAtPath(record, parsed);
    const name = String(parsed?.steps.at(-1) ?? '');
    return value === undefined ? [] : [{ name, path, value }];
  });

const isWholeRequest = (value: JsonValue): boolean => {
  const given = unwrapJson(value);
  return readWholeBody(given) !== null || readMessageList(given) !== null;
};

const isAnswer = (value: JsonValue): boolean => {
  const given = unwrapJson(value);
  return isJsonObject(given) && recogniseAnswerBody(given) !== null;
};

const isText = (value: JsonValue): boolean => typeof value === 'string' && value.trim() !== '';

/** An argument as a shell takes it. */
const quoted = (text: string): string =>
  /^[\w./=$:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
