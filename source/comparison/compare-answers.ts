import type { Answer } from '../models/answer.ts';
import { harmlessLine } from '../text/harmless.ts';
import type { JsonObject } from '../text/json.ts';
import { truncateCells } from '../text/width.ts';
import { badgesOf } from './badges.ts';
import { asksForJson, parseJsonAnswer } from './json/json-answer.ts';
import type { JsonAnswer } from './json/json-answer.ts';
import { jsonDifferences, maximumJsonDifferences } from './json/json-differences.ts';
import type { JsonDifference } from './json/json-differences.ts';
import { languageDiffers } from './language.ts';
import type { PairComparison } from './outcome.ts';
import { toolCallDifferences } from './tool-call-differences.ts';
import type { ToolCallDifference } from './tool-call-differences.ts';

/** The version of the rules below; stored outcomes of another version are computed anew. */
export const comparisonRules = 1;

/**
 * What the machine says of a pair of answers to one request, and why, in one short harmless sentence.
 * Identical: text, refusal, tool calls and finish reason are the same, byte for byte. Equivalent:
 * nothing that a program or a reader would notice; the rule that was used is the reason. Different:
 * all else. A finish reason that one side does not know is no difference beside `stop` or
 * `tool_calls`. Reasoning and usage are not compared.
 */
export const compareAnswers = (
  request: JsonObject,
  baseline: Answer,
  candidate: Answer,
): PairComparison => {
  const jsonAsked = asksForJson(request);
  const badges = {
    baseline: badgesOf(baseline, jsonAsked),
    candidate: badgesOf(candidate, jsonAsked),
  };
  const tools = toolCallDifferences(baseline.toolCalls, candidate.toolCalls);
  const finishReason = finishReasonsDiffer(baseline.finishReason, candidate.finishReason);
  const language = languageDiffers(baseline.text, candidate.text);
  const differs = { toolCalls: tools.length > 0, language, finishReason };

  if (isIdentical(baseline, candidate)) {
    return { outcome: 'identical', reason: 'the same byte for byte', badges, differs };
  }
  const text = compareTexts(baseline.text, candidate.text);
  const validity =
    badges.baseline.includes('json_invalid') !== badges.candidate.includes('json_invalid');
  const reasons: string[] = [];
  if (baseline.refusal !== candidate.refusal) {
    reasons.push(
      baseline.refusal !== '' && candidate.refusal !== ''
        ? 'refusals differ'
        : `only the ${baseline.refusal === '' ? 'candidate' : 'baseline'} refuses`,
    );
  }
  if (tools.length > 0) reasons.push(toolReason(tools));
  if (validity) {
    const invalid = badges.baseline.includes('json_invalid') ? 'baseline' : 'candidate';
    reasons.push(
      text.equal
        ? `JSON of the ${invalid} is in a code fence`
        : `JSON of the ${invalid} does not parse`,
    );
  }
  if (language) reasons.push('language differs');
  // What was just said explains a text that differs; fields say more.
  if (!text.equal && (text.fields || !(language || validity))) reasons.push(text.reason);
  if (finishReason) {
    reasons.push(
      `finish reason ${shown(baseline.finishReason)} against ${shown(candidate.finishReason)}`,
    );
  }
  if (reasons.length > 0) {
    return { outcome: 'different', reason: reasons.slice(0, 2).join(', '), badges, differs };
  }
  return {
    outcome: 'equivalent',
    reason: equivalenceReason(baseline, candidate, text),
    badges,
    differs,
  };
};

const isIdentical = (a: Answer, b: Answer): boolean =>
  a.text === b.text &&
  a.refusal === b.refusal &&
  a.finishReason === b.finishReason &&
  a.toolCalls.length === b.toolCalls.length &&
  a.toolCalls.every((call, index) => {
    const other = b.toolCalls[index];
    return other !== undefined && call.name === other.name && call.arguments === other.arguments;
  });

const finishReasonsDiffer = (a: string | null, b: string | null): boolean => {
  if (a === b) return false;
  const known = a ?? b;
  if (a === null || b === null) return known !== 'stop' && known !== 'tool_calls';
  return a.toLowerCase() !== b.toLowerCase();
};

/** `fields`: both are JSON objects or arrays, and the reason speaks of their fields. */
type TextComparison = {
  readonly equal: boolean;
  readonly reason: string;
  readonly fields: boolean;
};

const compareTexts = (baseline: string, candidate: string): TextComparison => {
  if (baseline === candidate) return { equal: true, reason: '', fields: false };
  const first = parseJsonAnswer(baseline);
  const second = first === null ? null : parseJsonAnswer(candidate);
  if (first !== null && second !== null) {
    const differences = jsonDifferences(first.value, second.value);
    if (differences.length === 0) {
      return { equal: true, reason: sameJsonReason(first, second), fields: true };
    }
    if (isContainer(first) || isContainer(second)) {
      return { equal: false, reason: fieldsReason(differences), fields: true };
    }
  }
  const rule = sameTextRule(baseline, candidate);
  return rule === null
    ? { equal: false, reason: textReason(baseline, candidate), fields: false }
    : { equal: true, reason: rule, fields: false };
};

const isContainer = ({ value }: JsonAnswer): boolean =>
  value.kind === 'object' || value.kind === 'array';

const sameJsonReason = (a: JsonAnswer, b: JsonAnswer): string =>
  (a.fence === null) === (b.fence === null)
    ? 'same JSON, spelled differently'
    : `same JSON, the ${a.fence === null ? "candidate's" : "baseline's"} in a code fence`;

const sameTextRule = (a: string, b: string): string | null => {
  if (a.trim() === b.trim()) return 'same text but for outer white space';
  const first = a.replaceAll(/\r\n?/g, '\n').trim();
  const second = b.replaceAll(/\r\n?/g, '\n').trim();
  if (first === second) return 'same text but for line ends';
  return first.normalize('NFC') === second.normalize('NFC')
    ? 'same text in another Unicode form'
    : null;
};

const fieldsReason = (differences: readonly JsonDifference[]): string => {
  const [first] = differences;
  if (first === undefined) return '';
  if (differences.length >= maximumJsonDifferences) {
    return `${maximumJsonDifferences.toLocaleString('en')} or more fields differ`;
  }
  if (differences.length > 1) return `${differences.length} fields differ`;
  const path = truncateCells(harmlessLine(first.path.replace(/^\$\.?/, '')), 40);
  if (path === '')
    return first.kind === 'type' ? 'JSON type differs' : `JSON ${first.kind} differs`;
  switch (first.kind) {
    case 'missing':
      return `1 field missing: ${path}`;
    case 'extra':
      return `1 field more: ${path}`;
    case 'type':
      return `1 field of another type: ${path}`;
    case 'order':
      return `1 field in another order: ${path}`;
    case 'length':
      return `1 field of another length: ${path}`;
    case 'value':
      return `1 field differs: ${path}`;
  }
};

const textReason = (baseline: string, candidate: string): string => {
  if (baseline.trim() === '') return 'only the candidate has text';
  if (candidate.trim() === '') return 'only the baseline has text';
  return 'text differs';
};

const toolReason = (differences: readonly ToolCallDifference[]): string => {
  const [first] = differences;
  if (first === undefined) return '';
  if (differences.length > 1) return `${differences.length} tool calls differ`;
  switch (first.kind) {
    case 'added':
      return `1 tool call more: ${shown(first.name)}`;
    case 'removed':
      return `1 tool call missing: ${shown(first.name)}`;
    case 'arguments':
      return `tool call arguments differ: ${shown(first.name)}`;
    case 'order':
      return 'tool calls in another order';
  }
};

const equivalenceReason = (a: Answer, b: Answer, text: TextComparison): string => {
  if (text.reason !== '') return text.reason;
  if (a.toolCalls.some((call, index) => call.arguments !== b.toolCalls[index]?.arguments)) {
    return 'same tool calls, arguments spelled differently';
  }
  return a.finishReason === null || b.finishReason === null
    ? 'same answer, finish reason not known on one side'
    : 'same answer, finish reason spelled differently';
};

const shown = (text: string | null): string =>
  text === null ? '—' : truncateCells(harmlessLine(text), 40);
