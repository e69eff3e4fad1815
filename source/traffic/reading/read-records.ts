import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { type Line, readLines } from './read-lines.ts';

/**
 * One record of a JSON Lines file: an object, or what could not be read with the reason, a short
 * stable phrase. `id()` is a hash of the line as it stands in the file.
 */
export type SourceRecord = {
  readonly line: number;
  readonly bytes: number;
  /** False: bytes that are no UTF-8 were replaced. */
  readonly validUtf8: boolean;
  readonly id: () => string;
} & (
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'unreadable'; readonly reason: string }
);

/** Deeper values would overflow the stack of whoever walks them. */
export const maximumDepth = 500;

/** The records of a JSON Lines file, plain or gzip, in bounded memory. */
export async function* readRecords(
  file: string,
  maximumBytes?: number,
): AsyncGenerator<SourceRecord, void, undefined> {
  for await (const line of readLines(file, maximumBytes)) yield toRecord(line);
}

const toRecord = (line: Line): SourceRecord => {
  if (line.kind === 'skipped') {
    const { id, reason } = line;
    return {
      kind: 'unreadable',
      line: line.line,
      bytes: 0,
      validUtf8: true,
      id: () => id,
      reason,
    };
  }
  const { text } = line;
  const common = {
    line: line.line,
    bytes: line.bytes,
    validUtf8: line.validUtf8,
    id: () => sha256(text),
  };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    const reason = line.complete ? 'not JSON' : 'cut off at the end of the file';
    return { ...common, kind: 'unreadable', reason };
  }
  if (!isJsonObject(value)) return { ...common, kind: 'unreadable', reason: 'not a JSON object' };
  if (isTooDeep(value)) {
    return { ...common, kind: 'unreadable', reason: `nested deeper than ${maximumDepth} levels` };
  }
  return { ...common, kind: 'object', object: value };
};

/** Walks without recursion: what it guards against would end that. */
const isTooDeep = (value: JsonValue): boolean => {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maximumDepth) return true;
    const next: JsonValue[] = [];
    for (const parent of level) {
      if (parent === null || typeof parent !== 'object') continue;
      for (const child of Object.values(parent) as JsonValue[]) {
        if (child !== null && typeof child === 'object') next.push(child);
      }
    }
    level = next;
  }
  return false;
};
