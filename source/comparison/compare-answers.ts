import type { Answer } from '../models/answer.ts';
import { canonicalFinishReason } from '../models/finish-reasons.ts';
import { printableLine } from '../text/printable.ts';
import { parseJson, type JsonObject } from '../text/json.ts';
import { truncateCells } from '../text/width.ts';
import { asksForJson, isContainer, parseJsonAnswer, type JsonAnswer } from './json/json-answer.ts';
import { compactJson } from './json/lossless-json.ts';
import {
  jsonDifferences,
  maximumJsonDifferences,
  shownPath,
  type JsonDifference,
} from './json/json-differences.ts';
import { callChanges, callPath, fieldChanges, keptChanges } from './difference-pattern.ts';
import { codeFence } from './open-changes.ts';
import { fieldDivergences, maximumDivergences, textDivergence, united } from './divergences.ts';
import { inOneLineEnding, withoutOuterSpace } from './white-space.ts';
import { languageDiffers } from './language.ts';
import { lookAlikeReason } from './look-alikes.ts';
import {
  sides,
  type Badge,
  type CallAgreement,
  type Change,
  type Divergence,
  type PairComparison,
  type Side,
} from './outcome.ts';
import { isSameChoice, otherChoicesDiffer } from './same-choice.ts';
import { toolCallDifferences, type ToolCallDifference } from './tool-call-differences.ts';
import { Vocabulary } from './alignment/vocabulary.ts';

/** The version of the rules below. Outcomes stored under another version are computed again. */
export const comparisonRules = 6;

/**
 * What the machine says about a pair of answers to one request, with a short reason that is safe to
 * print. `identical`: text, refusal, tool calls and finish reason are equal byte for byte.
 * `equivalent`: they differ in nothing that a program or a reader would notice; the reason names the
 * rule that applied. `different`: everything else, and every answer with a part that cannot be compared,
 * such as an image or sound. A missing finish reason does not differ from `stop` or `tool_calls`, and these
 * two do not differ under the same calls. Choices after the first are equal only byte for byte. Reasoning,
 * usage and log probabilities are not compared.
 */
export const compareAnswers = (
  request: JsonObject,
  baseline: Answer,
  candidate: Answer,
): PairComparison => {
  const jsonRequested = asksForJson(request);
  const badges = {
    baseline: badgesFor(baseline, jsonRequested),
    candidate: badgesFor(candidate, jsonRequested),
  };
  const tools = toolCallDifferences(baseline.toolCalls, candidate.toolCalls);
  const differs = {
    toolCalls: tools.some(({ kind }) => kind !== 'order'),
    language: languageDiffers(baseline.text, candidate.text),
    finishReason: finishReasonsDiffer(baseline, candidate),
  };
  const calls = callAgreement(baseline, candidate, tools);
  const common = { badges, differs, ...(calls === null ? {} : { calls }) };
  if (isIdentical(baseline, candidate)) {
    return { outcome: 'identical', reason: 'identical byte for byte', ...common };
  }
  const text = compareTexts(baseline.text, candidate.text, jsonRequested ? 'asked' : 'not asked');
  const found = { tools, text, badges, differs };
  const reasons = differenceReasons(baseline, candidate, found);
  return reasons.length > 0
    ? {
        outcome: 'different',
        reason: reasons.slice(0, 2).join(', '),
        ...common,
        likeness: likeness(baseline, candidate),
        ...keptChanges(changesOf(baseline, candidate, found)),
        divergences: divergencesOf(baseline, candidate, found),
      }
    : {
        outcome: 'equivalent',
        reason: equivalenceReason(baseline, candidate, { text, tools }),
        ...common,
      };
};

/** Returns how far the tool calls agree; null if neither side has any. */
const callAgreement = (
  baseline: Answer,
  candidate: Answer,
  differences: readonly ToolCallDifference[],
): CallAgreement | null => {
  if (baseline.toolCalls.length + candidate.toolCalls.length === 0) return null;
  const kinds = new Set(differences.map(({ kind }) => kind));
  if (kinds.has('added') || kinds.has('removed')) return 'names';
  if (kinds.has('arguments')) return 'arguments';
  return kinds.has('order') ? 'order' : 'same';
};

/**
 * Returns the badges of one answer. If the request asked for JSON, a text that does not parse
 * exactly as it is counts as invalid, even JSON in a code fence: the program that asked for it
 * would fail.
 */
const badgesFor = (answer: Answer, jsonRequested: boolean): readonly Badge[] => {
  const finish = answer.finishReason === null ? null : canonicalFinishReason(answer.finishReason);
  const refused = answer.refusal !== '' || finish === 'refusal';
  const hasText = answer.text.trim() !== '';
  const badges: Badge[] = [];
  const isInvalid = jsonRequested && hasText && parseJson(answer.text) === undefined;
  if (isInvalid) badges.push('json_invalid');
  if (finish === 'length') badges.push('truncated');
  if (refused) badges.push('refusal');
  const parts = answer.otherParts ?? [];
  if (!hasText && answer.toolCalls.length === 0 && parts.length === 0 && !refused) {
    badges.push('empty');
  }
  if (finish === 'content_filter') badges.push('content_filter');
  return badges;
};

const isIdentical = (a: Answer, b: Answer): boolean =>
  isSameChoice(a, b) && !otherChoicesDiffer(a, b);

/** Servers end an answer that calls tools with either word. */
const regularEndings = new Set(['stop', 'tool_calls']);

const finishReasonsDiffer = (baseline: Answer, candidate: Answer): boolean => {
  const [a, b] = [baseline, candidate].map(({ finishReason }) =>
    finishReason === null ? null : canonicalFinishReason(finishReason),
  );
  if (a === b) return false;
  const bothCall = baseline.toolCalls.length > 0 && candidate.toolCalls.length > 0;
  const isRegular = (ending: string | null | undefined): boolean =>
    typeof ending !== 'string' || regularEndings.has(ending);
  return !(isRegular(a) && isRegular(b) && (bothCall || a === null || b === null));
};

type Found = Pick<PairComparison, 'badges' | 'differs'> & {
  readonly tools: readonly ToolCallDifference[];
  readonly text: TextComparison;
};

/** Returns what changed from the baseline to the candidate. */
const changesOf = (
  baseline: Answer,
  candidate: Answer,
  { badges, differs, text, tools }: Found,
): readonly Change[] => {
  const changes: Change[] = [];
  const add = (path: string, a: string | null, b: string | null): void => {
    const json = (value: string | null): string | null =>
      value === null ? null : JSON.stringify(shortened(value));
    changes.push({ kind: 'value', path, baseline: json(a), candidate: json(b) });
  };
  const answers = (refusal: string): string => (refusal === '' ? 'answers' : 'refuses');
  const parses = (side: Side): string =>
    badges[side].includes('json_invalid') ? 'invalid' : 'valid';
  if (baseline.refusal !== candidate.refusal) {
    add('refusal', answers(baseline.refusal), answers(candidate.refusal));
  }
  changes.push(...callChanges(tools));
  const validityDiffers = parses('baseline') !== parses('candidate');
  if (validityDiffers) add('JSON', parses('baseline'), parses('candidate'));
  else if (text.fences !== null) {
    add(codeFence, text.fences.baseline ?? 'none', text.fences.candidate ?? 'none');
  }
  if (!text.equal && text.hasFields) changes.push(...fieldChanges(text.differences));
  else if (!text.equal && !validityDiffers) {
    changes.push({ kind: 'text', path: 'text', baseline: null, candidate: null });
  }
  for (const kind of new Set([...(baseline.otherParts ?? []), ...(candidate.otherParts ?? [])])) {
    changes.push({ kind: 'text', path: shortened(kind), baseline: null, candidate: null });
  }
  if (otherChoicesDiffer(baseline, candidate)) {
    changes.push({ kind: 'text', path: 'other choices', baseline: null, candidate: null });
  }
  if (differs.finishReason) add('finish reason', baseline.finishReason, candidate.finishReason);
  return changes;
};

/**
 * Returns the divergences of two answers; null if no rule can cover one of the differences, if an answer
 * is unusable, or if there are too many.
 */
const divergencesOf = (
  baseline: Answer,
  candidate: Answer,
  { badges, differs, text, tools }: Found,
): readonly Divergence[] | null => {
  const isBeyondRules =
    sides.some((side) => badges[side].length > 0) ||
    baseline.refusal !== candidate.refusal ||
    baseline.otherParts !== undefined ||
    candidate.otherParts !== undefined ||
    otherChoicesDiffer(baseline, candidate) ||
    text.fences !== null ||
    differs.finishReason;
  if (isBeyondRules) return null;
  const all: Divergence[] = [];
  for (const tool of tools) {
    if (tool.kind === 'order') continue;
    if (tool.kind !== 'arguments' || tool.differences.length === 0) return null;
    if (tool.differences.length >= maximumJsonDifferences) return null;
    all.push(...fieldDivergences(tool.differences, callPath(tool.name)));
  }
  if (!text.equal && text.hasFields) {
    if (text.differences.length >= maximumJsonDifferences) return null;
    all.push(...fieldDivergences(text.differences));
  } else if (!text.equal) {
    const whole = textDivergence(baseline.text, candidate.text);
    if (whole === null) return null;
    all.push(whole);
  }
  const kinds = united(all);
  return kinds.length === 0 || kinds.length > maximumDivergences ? null : kinds;
};

/** Returns why two answers are `different`, most important reason first; empty if they are not. */
const differenceReasons = (
  baseline: Answer,
  candidate: Answer,
  found: Found,
): readonly string[] => {
  const { badges, differs, text, tools } = found;
  const baselineInvalid = badges.baseline.includes('json_invalid');
  const validityDiffers = baselineInvalid !== badges.candidate.includes('json_invalid');
  const reasons: string[] = [];
  if (baseline.refusal !== candidate.refusal) {
    reasons.push(
      baseline.refusal !== '' && candidate.refusal !== ''
        ? 'refusals differ'
        : `only the ${baseline.refusal === '' ? 'candidate' : 'baseline'} refuses`,
    );
  }
  if (differs.toolCalls) reasons.push(toolReason(tools));
  if (validityDiffers) {
    const json = `the ${baselineInvalid ? 'baseline' : 'candidate'}'s JSON`;
    reasons.push(text.equal ? `${json} is in a code fence` : `${json} does not parse`);
  } else if (text.fences !== null) reasons.push(fenceReason(text.fences));
  if (differs.language) reasons.push('language differs');
  // Language and validity already explain a different text; fields say more than they do.
  if (!text.equal && (text.hasFields || !(differs.language || validityDiffers))) {
    reasons.push(text.reason);
  }
  const parts = partsReason(baseline.otherParts ?? [], candidate.otherParts ?? []);
  if (parts !== null) reasons.push(parts);
  if (otherChoicesDiffer(baseline, candidate)) reasons.push('choices after the first differ');
  if (differs.finishReason) {
    reasons.push(
      `finish reason ${shortened(baseline.finishReason)} vs ${shortened(candidate.finishReason)}`,
    );
  }
  return reasons;
};

/**
 * `hasFields`: both texts are JSON and at least one is an object or array; the reason then
 * describes its fields.
 */
type TextComparison = {
  readonly equal: boolean;
  /** Of the fields of two JSON texts; empty for all other texts. */
  readonly differences: readonly JsonDifference[];
  readonly reason: string;
  readonly hasFields: boolean;
  /** The opening lines of the code fences around two JSON texts, null for none; null if they are the same. */
  readonly fences: JsonFences | null;
};

type JsonFences = Readonly<Record<Side, string | null>>;

const compareTexts = (
  baseline: string,
  candidate: string,
  json: 'asked' | 'not asked',
): TextComparison => {
  if (baseline === candidate) {
    return { equal: true, reason: '', hasFields: false, differences: [], fences: null };
  }
  const first = parseJsonAnswer(baseline);
  const second = first === null ? null : parseJsonAnswer(candidate);
  // A bare number or string is JSON only to a program that asked for it: `3.10` is not `3.1`.
  const isJson =
    json === 'asked' ||
    (first !== null && second !== null && (isContainer(first) || isContainer(second)));
  if (isJson && first !== null && second !== null) {
    const differences = jsonDifferences(first.value, second.value);
    // A program that takes the one may fail on the other.
    const fences =
      first.fence === second.fence ? null : { baseline: first.fence, candidate: second.fence };
    const found = { hasFields: true, differences, fences };
    if (differences.length === 0) {
      return { ...found, equal: true, reason: equalJsonReason(first, second) };
    }
    if (isContainer(first) || isContainer(second)) {
      return { ...found, equal: false, reason: fieldsReason(differences) };
    }
  }
  const rule = equalTextRule(baseline, candidate);
  const found = { hasFields: false, differences: [], fences: null };
  return rule === null
    ? { ...found, equal: false, reason: textReason(baseline, candidate) }
    : { ...found, equal: true, reason: rule };
};

const equalJsonReason = (a: JsonAnswer, b: JsonAnswer): string =>
  inOneForm(a) === inOneForm(b)
    ? 'same JSON, written differently'
    : 'same JSON in a different Unicode form';

const fenceReason = ({ baseline, candidate }: JsonFences): string => {
  if (baseline !== null && candidate !== null) return 'the code fences of the JSON differ';
  return `the ${baseline === null ? "candidate's" : "baseline's"} JSON is in a code fence`;
};

const inOneForm = ({ value }: JsonAnswer): boolean => {
  const text = compactJson(value);
  return text === text.normalize('NFC');
};

const equalTextRule = (a: string, b: string): string | null => {
  if (withoutOuterSpace(a) === withoutOuterSpace(b)) {
    return 'same text except for surrounding white space';
  }
  const first = withoutOuterSpace(inOneLineEnding(a));
  const second = withoutOuterSpace(inOneLineEnding(b));
  if (first === second) return 'same text except for line endings';
  return first.normalize('NFC') === second.normalize('NFC')
    ? 'same text in a different Unicode form'
    : null;
};

const fieldsReason = (differences: readonly JsonDifference[]): string => {
  const [first] = differences;
  if (first === undefined) return '';
  if (differences.length >= maximumJsonDifferences) {
    return `${maximumJsonDifferences.toLocaleString('en')} or more fields differ`;
  }
  if (differences.length > 1) return `${differences.length} fields differ`;
  const path = truncateCells(shownPath(first.path), 40);
  const { baseline, candidate, kind } = first;
  const alike =
    kind !== 'value' || baseline === null || candidate === null
      ? null
      : lookAlikeReason(baseline, candidate);
  if (path === '') return alike === null ? `JSON ${kind} differs` : `JSON looks the same: ${alike}`;
  if (alike !== null) return `1 field looks the same: ${path}, ${alike}`;
  switch (first.kind) {
    case 'missing':
      return `1 missing field: ${path}`;
    case 'extra':
      return `1 extra field: ${path}`;
    case 'type':
      return `1 field of a different type: ${path}`;
    case 'order':
      return `1 field in a different order: ${path}`;
    case 'value':
      return `1 field differs: ${path}`;
  }
};

const textReason = (baseline: string, candidate: string): string => {
  if (baseline.trim() === '') return 'only the candidate has text';
  if (candidate.trim() === '') return 'only the baseline has text';
  const alike = lookAlikeReason(baseline, candidate);
  return alike === null ? 'text differs' : `text looks the same: ${alike}`;
};

/** Names the parts that cannot be compared; null if there is only text and tool calls. */
const partsReason = (a: readonly string[], b: readonly string[]): string | null => {
  const kinds = [...new Set([...a, ...b])].map(shortened);
  if (kinds.length === 0) return null;
  const who = a.length === 0 ? ' of the candidate' : b.length === 0 ? ' of the baseline' : '';
  return `cannot compare ${kinds.slice(0, 2).join(' and ')}${who}`;
};

const toolReason = (differences: readonly ToolCallDifference[]): string => {
  const [first] = differences;
  if (first === undefined) return '';
  if (differences.length > 1) return `${differences.length} tool calls differ`;
  switch (first.kind) {
    case 'added':
      return `1 extra tool call: ${shortened(first.name)}`;
    case 'removed':
      return `1 missing tool call: ${shortened(first.name)}`;
    case 'arguments':
      return `tool call arguments differ: ${shortened(first.name)}`;
    case 'order':
      return '';
  }
};

const equivalenceReason = (
  a: Answer,
  b: Answer,
  { text, tools }: { readonly text: TextComparison; readonly tools: readonly ToolCallDifference[] },
): string => {
  const reasons = text.reason === '' ? [] : [text.reason];
  if (tools.length > 0) reasons.push('same tool calls in a different order');
  else if (a.toolCalls.some((call, index) => call.arguments !== b.toolCalls[index]?.arguments)) {
    reasons.push('same tool calls, arguments written differently');
  }
  if (reasons.length > 0) return reasons.join(', ');
  if (a.toolCalls.length > 0 && a.finishReason !== null && b.finishReason !== null) {
    return `same tool calls, finish reason ${shortened(a.finishReason)} vs ${shortened(b.finishReason)}`;
  }
  return a.finishReason === null || b.finishReason === null
    ? 'same answer, finish reason unknown on one side'
    : 'same answer, finish reason written differently';
};

const shortened = (text: string | null): string =>
  text === null ? '—' : truncateCells(printableLine(text), 40);

/** The number of characters compared, from the beginning of each answer. */
const sampledCharacters = 4000;

/**
 * Returns the likeness of two answers, from 0 to 1, rounded to hundredths: the share of characters in words
 * that both contain, in any order. It covers texts, refusals and tool calls.
 */
export const likeness = (baseline: Answer, candidate: Answer): number => {
  const vocabulary = new Vocabulary(Number.POSITIVE_INFINITY);
  const [one, other] = [baseline, candidate].map((answer) =>
    vocabulary.bagOfWords([wordsOf(answer).slice(0, sampledCharacters)]),
  );
  // A sample is never too long to split.
  if (!one || !other) return 0;
  return Math.round(vocabulary.similarity(one, other) * 100) / 100;
};

const wordsOf = ({ refusal, text, toolCalls }: Answer): string =>
  [text, refusal, ...toolCalls.flatMap((call) => [call.name, call.arguments])].join('\n');
