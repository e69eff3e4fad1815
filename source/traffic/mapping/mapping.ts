import { harmlessLine } from '../../text/harmless.ts';
import type { JsonObject } from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import { type JsonPath, parseJsonPath, pathsIn, valueAtPath } from './json-path.ts';

/** What a record of another format can be told to hold. */
export const mappedFields = [
  'request',
  'response',
  'id',
  'timestamp',
  'endpoint',
  'model',
  'latencyMs',
  'conversation',
  'user',
] as const;

export type MappedField = (typeof mappedFields)[number];

/** Where the parts of a call stand in the records of a file. */
export type Mapping = ReadonlyMap<MappedField, JsonPath>;

const isField = (name: string): name is MappedField =>
  (mappedFields as readonly string[]).includes(name);

/**
 * Reads `request=$.payload.req` and the like; null when there is none. Throws UserError for a field that
 * cannot be mapped or is mapped twice, for a path that is none, and when `request` is missing.
 */
export const readMapping = (texts: readonly string[]): Mapping | null => {
  if (texts.length === 0) return null;
  const mapping = new Map<MappedField, JsonPath>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals)).trim();
    const given = harmlessLine(text);
    if (!isField(name)) {
      throw new UserError(
        `--map ${given} names no field that can be mapped: write --map request=$.path.in.a.record. The fields are ${mappedFields.join(', ')}.`,
      );
    }
    if (mapping.has(name)) throw new UserError(`--map ${name}=… is given twice. Name it once.`);
    const path = parseJsonPath(text.slice(equals + 1));
    if (path === null) {
      throw new UserError(
        `--map ${given} has no path that can be read: it may look like $.a.b[0]["c d"], or a.b.`,
      );
    }
    mapping.set(name, path);
  }
  if (!mapping.has('request')) {
    throw new UserError('--map needs to know where the request is: add --map request=$.path.');
  }
  return mapping;
};

/**
 * Throws UserError for a path that leads nowhere in all of these records, and says what there is.
 * `file` is named to the user.
 */
export const checkMapping = (
  mapping: Mapping,
  records: readonly JsonObject[],
  file: string,
): void => {
  for (const [field, path] of mapping) {
    if (records.some((record) => valueAtPath(record, path) !== undefined)) continue;
    const [first] = records;
    const fields = first === undefined ? [] : pathsIn(first);
    const looked = records.length === 1 ? 'its record' : `its first ${records.length} records`;
    throw new UserError(
      `--map ${field}=${harmlessLine(path.text)} leads to nothing in ${file}, in none of ${looked}. The first one has ${harmlessLine(fields.join(', ')) || 'no fields'}.`,
    );
  }
};
