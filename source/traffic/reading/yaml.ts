import { type Document, isMap, isSeq, LineCounter, parse, parseDocument } from 'yaml';
import {
  exceedsDepth,
  isJsonArray,
  isJsonObject,
  type JsonValue,
  parseJson,
} from '../../text/json.ts';

/** An interaction of a cassette, and the line on which it begins, from 1. */
export type CassetteEntry = { readonly line: number; readonly value: JsonValue };

/** The text is not YAML from this line on. */
export class NotYaml extends Error {
  readonly line: number;
  constructor(line: number) {
    super('not YAML');
    this.line = line;
  }
}

/**
 * Parses the interactions of a cassette in YAML. Bytes (`!!binary`) become objects `{base64_string}`. Throws
 * NotYaml.
 */
export const parseCassette = (text: string): readonly CassetteEntry[] => {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    customTags: ['binary'],
    lineCounter: lines,
    logLevel: 'silent',
    uniqueKeys: false,
  });
  const [problem] = document.errors;
  if (problem !== undefined) throw new NotYaml(problem.linePos?.[0].line ?? 1);
  return interactions(document).map(({ start, value }) => ({
    line: start === null ? 1 : lines.linePos(start).line,
    value: toJson(value),
  }));
};

type Interaction = { readonly start: number | null; readonly value: unknown };

const interactions = (document: Document): readonly Interaction[] => {
  const { contents } = document;
  const list = isMap(contents)
    ? contents.items.find(({ key }) => /^(?:http_)?interactions$/.test(String(key)))?.value
    : contents;
  if (!isSeq(list)) return [];
  return list.items.map((item): Interaction =>
    isMap(item)
      ? { start: item.range?.[0] ?? null, value: item.toJS(document) }
      : { start: null, value: null },
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

/** Parses a list in YAML as JSON; null if the text is not one. */
export const parseYamlList = (text: string): readonly JsonValue[] | null => {
  try {
    const value: unknown = parse(text, { logLevel: 'silent', merge: true });
    // Dates and other types of YAML become what JSON makes of them.
    const list = parseJson(JSON.stringify(value ?? null)) ?? null;
    return isJsonArray(list) && !exceedsDepth(list) ? list : null;
  } catch {
    return null;
  }
};
