import { printableLine } from '../../text/printable.ts';
import type { JsonObject } from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import { type JsonPath, listPaths, parseJsonPath, valueAtPath } from './json-path.ts';

/** The parts of a call that `--map` can locate. */
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

/** Where each record of a file holds the parts of a call. */
export type Mapping = ReadonlyMap<MappedField, JsonPath>;

const isField = (name: string): name is MappedField => mappedFields.some((field) => field === name);

/**
 * Reads mappings such as `request=$.payload.req`; null if there are none. Throws UserError for a field that
 * cannot be mapped or is mapped twice, for an invalid path, and if `request` is missing.
 */
export const readMapping = (texts: readonly string[]): Mapping | null => {
  if (texts.length === 0) return null;
  const mapping = new Map<MappedField, JsonPath>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals)).trim();
    const given = printableLine(text);
    if (!isField(name)) {
      throw new UserError(
        `--map ${given} does not name a field. Write --map request=$.path.in.a.record. The fields are ${mappedFields.join(', ')}.`,
      );
    }
    if (mapping.has(name)) throw new UserError(`--map ${name}=… is given twice. Give it once.`);
    const path = parseJsonPath(text.slice(equals + 1));
    if (path === null) {
      throw new UserError(
        `--map ${given} has no valid path. Write a path such as $.a.b[0]["c d"] or a.b.`,
      );
    }
    mapping.set(name, path);
  }
  if (!mapping.has('request')) {
    throw new UserError('--map does not say where the request is. Add --map request=$.path.');
  }
  return mapping;
};

/**
 * Throws UserError for a path that exists in none of the records, and lists the paths that do. `file` is
 * the name to show.
 */
export const checkMapping = (
  mapping: Mapping,
  records: readonly JsonObject[],
  file: string,
): void => {
  for (const [field, path] of mapping) {
    if (records.some((record) => valueAtPath(record, path) !== undefined)) continue;
    const [first] = records;
    const fields = first === undefined ? [] : listPaths(first);
    const looked = records.length === 1 ? 'the record' : `the first ${records.length} records`;
    throw new UserError(
      `--map ${field}=${printableLine(path.text)} leads nowhere in ${looked} of ${file}. The first one has ${printableLine(fields.join(', ')) || 'no fields'}.`,
    );
  }
};
