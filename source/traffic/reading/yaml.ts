import { type Document, isMap, isSeq, LineCounter, type Pair, parse, parseDocument } from 'yaml';
import { isJsonObject, type JsonValue } from '../../text/json.ts';
import { isTooDeep } from './depth.ts';

/** An interaction of a cassette, and the line on which it begins, from 1. */
export type CassetteEntry = { readonly line: number; readonly value: JsonValue };

/** A text that is no YAML from a line on. */
export class NotYaml extends Error {
  readonly line: number;
  constructor(line: number) {
    super('not YAML');
    this.line = line;
  }
}

/**
 * The interactions of a cassette in YAML; bytes (`!!binary`) become objects `{base64_string}`. Throws
 * NotYaml.
 */
export const readCassette = (text: string): readonly CassetteEntry[] => {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    customTags: ['binary'],
    lineCounter: lines,
    logLevel: 'silent',
    uniqueKeys: false,
  });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new NotYaml(problem.linePos?.[0].line ?? 1);
  }
  return entriesOf(document).map((node) => ({
    line: node.range === null ? 1 : lines.linePos(node.range[0]).line,
    value: toJson(node.value),
  }));
};

type Node = { readonly range: readonly [number, number, number] | null; readonly value: unknown };

const entriesOf = (document: Document): readonly Node[] => {
  const { contents } = document;
  const list = isMap(contents)
    ? (contents.items as readonly Pair[]).find(({ key }) =>
        /^(?:http_)?interactions$/.test(String(key)),
      )?.value
    : contents;
  if (!isSeq(list)) return [];
  return list.items.map((item) =>
    isMap(item)
      ? { range: item.range ?? null, value: item.toJS(document) as unknown }
      : { range: null, value: null },
  );
};

const toJson = (value: unknown): JsonValue => {
  if (value instanceof Uint8Array) {
    return { base64_string: Buffer.from(value).toString('base64') };
  }
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return value.toISOString();
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' || isFiniteNumber(value)
    ? value
    : null;
};

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** A list of messages that was written in YAML, as JSON has it; null where the text is no such list. */
export const readYamlList = (text: string): readonly JsonValue[] | null => {
  try {
    const value: unknown = parse(text, { logLevel: 'silent', merge: true });
    // Dates and the like become what JSON makes of them.
    const list = JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
    return Array.isArray(list) && !isTooDeep(list) ? (list as readonly JsonValue[]) : null;
  } catch {
    return null;
  }
};
