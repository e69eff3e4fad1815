import {
  canonicalJson,
  isJsonArray,
  isJsonObject,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';
import { jsonArray, type NoRow } from './export-format.ts';
import type { ExportedPair, ExportedSide } from './exported-pair.ts';
import { messagesOf } from './pair-texts.ts';

type AnsweredSide = Extract<ExportedSide, { state: 'answered' }>;

/** The longest answer of one line, in characters, that a test compares word by word. */
const longestLabel = 80;

/**
 * Tests for promptfoo: the messages of the request as the variable `messages`, and the answers that people or
 * the machine found good as assertions. What promptfoo would run as a template is escaped.
 */
export const promptfooTests = jsonArray((pair) => {
  const good = goodAnswers(pair);
  if ('leftOut' in good) return good;
  const [first, ...others] = good.map(assertion);
  if (first === undefined) return { leftOut: 'no verdict' };
  const isSame = others.every((other) => canonicalJson(other) === canonicalJson(first));
  const { capture, comparison, commonVerdict, endpoint, outcome, verdicts } = pair;
  return [
    {
      description: `${endpoint} ${capture}`,
      vars: { messages: messagesOf(pair).map(escaped) },
      assert: isSame
        ? [first]
        : [{ type: 'assert-set', threshold: 1 / (others.length + 1), assert: [first, ...others] }],
      metadata: {
        comparison: comparison.id,
        capture,
        endpoint,
        outcome,
        verdict: commonVerdict,
        tags: [...new Set(verdicts.flatMap(({ tags }) => tags))],
      },
    },
  ];
});

/** The answers of a pair that are good, the baseline's first. */
const goodAnswers = ({
  baseline,
  candidate,
  commonVerdict,
  outcome,
}: ExportedPair): readonly AnsweredSide[] | NoRow => {
  if (baseline.state !== 'answered' || candidate.state !== 'answered') {
    return { leftOut: 'a side without an answer' };
  }
  const isSettled = outcome === 'identical' || outcome === 'equivalent';
  const good = {
    agree: [baseline, candidate],
    worse: [baseline],
    better: [candidate],
    both_bad: { leftOut: 'both bad' },
    conflict: { leftOut: 'reviewers disagree' },
    none: isSettled ? [baseline, candidate] : { leftOut: 'no verdict' },
  }[commonVerdict ?? 'none'];
  if ('leftOut' in good) return good;
  if (good.some(({ toolCalls }) => toolCalls.length > 0)) {
    return { leftOut: 'an answer that calls tools' };
  }
  const isEmpty = good.some(({ refusal, text }) => `${text}${refusal}`.trim() === '');
  return isEmpty ? { leftOut: 'an empty answer' } : good;
};

/** Returns the assertion that accepts answers as good as this one. */
const assertion = ({ refusal, text }: AnsweredSide): JsonObject => {
  if (text === '' && refusal !== '') return { type: 'is-refusal' };
  const value = parseJson(text);
  // Of an object promptfoo renders nothing, of an array the texts in it.
  if (isJsonObject(value)) return { type: 'equals', value };
  if (isJsonArray(value)) return value.some(isReference) ? rubric(text) : equalsArray(value);
  const words = text.trim();
  const isLabel = words.length <= longestLabel && !words.includes('\n') && !isReference(words);
  return isLabel ? { type: 'equals', value: withoutTemplates(words) } : rubric(text);
};

const equalsArray = (value: readonly JsonValue[]): JsonObject => ({
  type: 'equals',
  value: value.map((item) => (typeof item === 'string' ? withoutTemplates(item) : item)),
});

const rubric = (text: string): JsonObject => ({
  type: 'llm-rubric',
  value: `Says what this answer says, in whatever words:\n\n${withoutTemplates(text)}`,
});

/** Whether promptfoo would load a file for a value. */
const isReference = (value: JsonValue): boolean =>
  typeof value === 'string' && /^(?:file|package):/.test(value);

/** Escapes every text in a value. */
const escaped = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return withoutTemplates(value);
  if (isJsonArray(value)) return value.map(escaped);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, escaped(member)]));
};

/** Writes the marks with which Nunjucks begins a template as templates of themselves. */
const withoutTemplates = (text: string): string =>
  text.replaceAll(/\{[{%#]/g, (mark) => `{{ '${mark}' }}`);
