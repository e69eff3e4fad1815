// Every field that the SDKs' own types know has its row in docs/dialects.md, so that a new version of an SDK
// shows what the program does not know yet.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dialectFields } from '../../../scripts/dialect-fields.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';

const types = (path: string): string =>
  readFileSync(
    fileURLToPath(new URL(`../../../node_modules/${path}`, import.meta.url)),
    'utf8',
  ).replaceAll(/\/\*[^]*?\*\//g, '');

/** The names of the members of an interface, without those of the objects inside it. */
const members = (text: string, name: string): readonly string[] => {
  const found = new RegExp(`^export (?:declare )?interface ${name} \\{$([^]*?)^\\}`, 'm').exec(
    text,
  );
  return [...(found?.[1] ?? '').matchAll(/^ {4}(\w+)\??:/gm)].map(([, member = '']) => member);
};

/** Whether a row of the table is about a name. */
const isInTable = (dialect: Dialect, name: string): boolean =>
  dialectFields[dialect].some(({ field }) => new RegExp(`(?<![\\w])${name}(?![\\w])`).test(field));

/** Set by whoever sends the request, or by the SDK alone. */
const notInTable: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'contents',
  'httpOptions',
  'abortSignal',
  'automaticFunctionCalling',
  // Of Vertex alone, and not of generateContent.
  'continuationToken',
  'automaticContinuation',
  'generationOutputConfig',
]);

const openai = 'openai/resources';
const google = '@google/genai/dist/genai.d.ts';
const anthropic = '@anthropic-ai/sdk/resources/messages/messages.d.ts';

const sources: readonly {
  readonly dialect: Dialect;
  readonly path: string;
  readonly type: string;
  readonly least: number;
}[] = [
  {
    dialect: 'chat',
    path: `${openai}/chat/completions/completions.d.ts`,
    type: 'ChatCompletionCreateParamsBase',
    least: 30,
  },
  {
    dialect: 'responses',
    path: `${openai}/responses/responses.d.ts`,
    type: 'ResponseCreateParamsBase',
    least: 25,
  },
  { dialect: 'messages', path: anthropic, type: 'MessageCreateParamsBase', least: 15 },
  { dialect: 'gemini', path: google, type: 'GenerateContentConfig', least: 25 },
  { dialect: 'gemini', path: google, type: 'GenerationConfig', least: 20 },
];

describe('every field of the SDK', () => {
  it.each(sources)('$type is in the table of $dialect', ({ dialect, path, type, least }) => {
    const names = members(types(path), type);
    expect(names.length).toBeGreaterThanOrEqual(least);
    expect(names.filter((name) => !notInTable.has(name) && !isInTable(dialect, name))).toEqual([]);
  });
});
