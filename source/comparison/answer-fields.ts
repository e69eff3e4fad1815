import type { Answer, ToolCall } from '../models/answer.ts';
import type { JsonObject } from '../text/json.ts';
import type { ForSides } from './alignment/alignment.ts';
import { isContainer, parseJsonAnswer } from './json/json-answer.ts';
import { jsonDifferences, shownPath, type JsonDifference } from './json/json-differences.ts';
import { fieldTable, type FieldRow, type FieldTable } from './json/json-fields.ts';
import type { LosslessJson } from './json/lossless-json.ts';
import { answerSchema, isRequired, schemaProblems, toolSchemas } from './schema-problems.ts';
import { matchedCalls, parseArguments } from './tool-call-differences.ts';

/** The fields of one part of two answers: of their JSON text, or of a tool call and its match. */
export type FieldSection = {
  /** The call that the section is about, or null for the text. `number` counts from 1. */
  readonly call: { readonly name: string; readonly number: number; readonly total: number } | null;
  /** The side that alone has the call; null if both have it. */
  readonly only: 'baseline' | 'candidate' | null;
  readonly table: FieldTable;
  /** The differences as `jsonDifferences` lists them; empty if the arguments of a call are no JSON object. */
  readonly differences: readonly JsonDifference[];
  /** The violations of the request's schema, per side; null if it was not checked. Raw text. */
  readonly problems: ForSides<readonly string[]>;
};

const emptyObject: LosslessJson = { kind: 'object', members: [] };

/**
 * Returns the fields of two answers: of the texts if both are JSON and one is an object or array, then of each tool call, checked
 * against the schemas that the request names. Null if there is neither.
 */
export const answerFields = (
  baseline: Answer,
  candidate: Answer,
  request: JsonObject,
): readonly FieldSection[] | null => {
  const text = textSection(baseline.text, candidate.text, answerSchema(request));
  const calls = callSections(baseline.toolCalls, candidate.toolCalls, request);
  const sections = [...(text === null ? [] : [text]), ...calls];
  return sections.length === 0 ? null : sections;
};

const textSection = (
  baseline: string,
  candidate: string,
  schema: JsonObject | null,
): FieldSection | null => {
  const first = parseJsonAnswer(baseline);
  const second = first === null ? null : parseJsonAnswer(candidate);
  if (first === null || second === null) return null;
  // Two bare numbers or strings have no fields: what differs is their text.
  if (!isContainer(first) && !isContainer(second)) return null;
  const check = (text: string): readonly string[] | null =>
    schema === null ? null : schemaProblems(text, schema);
  return {
    call: null,
    only: null,
    table: fieldTable(first.value, second.value),
    differences: jsonDifferences(first.value, second.value),
    problems: { baseline: check(baseline), candidate: check(candidate) },
  };
};

const callSections = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
  request: JsonObject,
): readonly FieldSection[] => {
  const schemas = toolSchemas(request);
  const matches = matchedCalls(baseline, candidate);
  return matches.flatMap((match, index) => {
    const first = match.baseline === null ? undefined : baseline[match.baseline];
    const second = match.candidate === null ? undefined : candidate[match.candidate];
    const name = (first ?? second)?.name;
    if (name === undefined) return [];
    const taken = schemas.get(name);
    const schema = taken === 'text' ? null : (taken ?? null);
    const check = (call: ToolCall | undefined): readonly string[] | null => {
      if (call === undefined) return null;
      if (taken === 'text') return null;
      if (parseArguments(call) === null) return ['the arguments are no JSON object'];
      if (schemas.size > 0 && !schemas.has(name)) return ['the request offers no such tool'];
      const text = call.arguments.trim() === '' ? '{}' : call.arguments;
      return schema === null ? null : schemaProblems(text, schema);
    };
    return [
      {
        call: { name, number: index + 1, total: matches.length },
        only: first === undefined ? 'candidate' : second === undefined ? 'baseline' : null,
        ...withNotes(callTable(first, second), schema),
        problems: { baseline: check(first), candidate: check(second) },
      },
    ];
  });
};

type CallTable = Pick<FieldSection, 'table' | 'differences'>;

const callTable = (first: ToolCall | undefined, second: ToolCall | undefined): CallTable => {
  const a = first === undefined ? emptyObject : parseArguments(first);
  const b = second === undefined ? emptyObject : parseArguments(second);
  if (a !== null && b !== null) {
    const table = fieldTable(a, b);
    // No arguments are no field.
    const rows = table.rows.filter(({ kind, path }) => path !== '$' || kind !== 'same');
    return { table: { ...table, rows }, differences: jsonDifferences(a, b) };
  }
  const row: FieldRow = {
    path: '$',
    baseline: first?.arguments ?? null,
    candidate: second?.arguments ?? null,
    kind:
      first === undefined
        ? 'extra'
        : second === undefined
          ? 'missing'
          : first.arguments === second.arguments
            ? 'same'
            : 'value',
  };
  return { table: { rows: [row], omitted: 0 }, differences: [] };
};

/** Says of an argument that one side lacks whether the schema requires it. */
const withNotes = (call: CallTable, schema: JsonObject | null): CallTable => {
  if (schema === null) return call;
  const rows = call.table.rows.map((row) => {
    if (row.baseline !== null && row.candidate !== null) return row;
    const required = isRequired(schema, shownPath(row.path));
    if (required === null) return row;
    return { ...row, note: required ? ('required' as const) : ('optional' as const) };
  });
  return { ...call, table: { ...call.table, rows } };
};
