import type { Answer, ToolCall } from '../../models/answer.ts';
import { alignBlocks } from './align-blocks.ts';
import { alignLines, loneLine, matchLines, sameLine } from './align-lines.ts';
import type { Alignment } from './alignment.ts';
import { parseJsonAnswer } from '../json/json-answer.ts';
import type { JsonAnswer } from '../json/json-answer.ts';
import { prettyJson } from '../json/json-text.ts';
import type { Matches } from './match-sequences.ts';
import { parseSpelledJson } from '../json/lossless-json.ts';
import type { SpelledJson } from '../json/lossless-json.ts';
import { matchToolCalls } from '../tool-call-differences.ts';
import { createVocabulary } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

const maximumLineEdits = 800;
const wordBudget = 150_000;
const likenessCharacters = 20_000;
const similarEnough = 0.6;
/** Up to so many characters, a text is a label or a sentence: its difference is shown, however unlike. */
const shortText = 160;
const maximumPrettyCharacters = 4_000_000;

/**
 * Sets two raw texts beside each other. Each side's lines, joined by line feeds, give its text back
 * exactly, and texts that differ always have a difference. Texts that share at least 0.6 of their
 * words are aligned by lines with the words marked; longer ones that do not, by paragraphs without
 * marks. Every step is bounded by counts, never by time: the result is the same on every machine, and
 * `coarse` says when a bound was met.
 */
export const alignTexts = (baseline: string, candidate: string): Alignment =>
  align(baseline, candidate, false);

/**
 * Sets two answers beside each other as a reviewer wants to read them: JSON on both sides is
 * pretty-printed, the candidate's keys in the baseline's order and numbers as they were spelled; a
 * code fence around it stays. Tool calls follow the text as `tool name({…})`. Refusal and reasoning
 * are not included. Empty answers have no lines.
 */
export const alignAnswers = (baseline: Answer, candidate: Answer): Alignment => {
  const json = prettyAnswers(baseline.text, candidate.text);
  const texts =
    json === null
      ? alignPart(baseline.text, candidate.text, false)
      : alignPart(json.baseline, json.candidate, true);
  const [first, second] = toolTexts(baseline.toolCalls, candidate.toolCalls);
  const tools = alignPart(first, second, true);
  if (tools.lines.length === 0) return texts;
  if (texts.lines.length === 0) return tools;
  const lines = [...texts.lines, sameLine(''), ...tools.lines];
  const offset = texts.lines.length + 1;
  return {
    lines,
    differences: [...texts.differences, ...tools.differences.map((index) => index + offset)],
    granularity: texts.granularity,
    coarse: texts.coarse ?? tools.coarse,
  };
};

/** Like `align`, but an empty text has no lines instead of one that is empty. */
const alignPart = (baseline: string, candidate: string, json: boolean): Alignment => {
  if (baseline !== '' && candidate !== '') return align(baseline, candidate, json);
  const change = baseline === '' ? 'added' : 'removed';
  const text = baseline + candidate;
  const lines = text === '' ? [] : text.split('\n').map((line) => loneLine(line, change, json));
  return { lines, differences: lines.length > 0 ? [0] : [], granularity: 'words', coarse: null };
};

const align = (baseline: string, candidate: string, json: boolean): Alignment => {
  if (baseline === candidate) {
    const lines = baseline.split('\n').map(sameLine);
    return { lines, differences: [], granularity: 'words', coarse: null };
  }
  const a = baseline.split('\n');
  const b = candidate.split('\n');
  const matches = matchLines(a, b, maximumLineEdits);
  const vocabulary = createVocabulary(wordBudget);
  const short = Math.max(baseline.length, candidate.length) <= shortText;
  return json || short || likeness(a, b, matches, vocabulary) >= similarEnough
    ? alignLines(a, b, matches, vocabulary, json)
    : alignBlocks(a, b, vocabulary);
};

/**
 * 0 to 1: the share of characters in equal lines and, between those, in words that both texts have.
 * Of what stands between equal lines, the first 20,000 characters of each side speak for the rest.
 */
const likeness = (
  a: readonly string[],
  b: readonly string[],
  matches: Matches,
  vocabulary: Vocabulary,
): number => {
  const taken = new Set(matches.partners);
  const first = a.filter((_, index) => matches.partners[index] === -1);
  const second = b.filter((_, index) => !taken.has(index));
  const length = (lines: readonly string[]): number =>
    lines.reduce((sum, line) => sum + line.length, 0);
  const between = Math.max(length(first), length(second));
  const equal = length(a) - length(first);
  if (between === 0) return 1;
  const one = vocabulary.bagOf(sample(first));
  const two = vocabulary.bagOf(sample(second));
  const inside = one === null || two === null ? 0 : vocabulary.similarity(one, two);
  return (equal + inside * between) / (equal + between);
};

const sample = (lines: readonly string[]): readonly string[] => {
  const taken: string[] = [];
  let left = likenessCharacters;
  for (const line of lines) {
    if (left <= 0) break;
    taken.push(line.slice(0, left));
    left -= line.length;
  }
  return taken;
};

const prettyAnswers = (
  baseline: string,
  candidate: string,
): { readonly baseline: string; readonly candidate: string } | null => {
  const first = containerOf(baseline);
  const second = first === null ? null : containerOf(candidate);
  if (first === null || second === null) return null;
  const one = prettyAnswer(first, null);
  const two = prettyAnswer(second, first.value);
  return one === null || two === null ? null : { baseline: one, candidate: two };
};

const containerOf = (text: string): JsonAnswer | null => {
  const answer = parseJsonAnswer(text);
  return answer?.value.kind === 'object' || answer?.value.kind === 'array' ? answer : null;
};

const prettyAnswer = ({ value, fence }: JsonAnswer, like: SpelledJson | null): string | null => {
  const text = prettyJson(value, like, maximumPrettyCharacters);
  if (text === null || fence === null) return text;
  return `${fence}\n${text}\n${/^`+/.exec(fence)?.[0] ?? ''}`;
};

const toolTexts = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
): readonly [string, string] => {
  const likes = new Map<number, SpelledJson | null>();
  for (const [index, partner] of matchToolCalls(baseline, candidate).entries()) {
    if (partner !== null) likes.set(partner, parseSpelledJson(baseline[index]?.arguments ?? ''));
  }
  return [
    baseline.map((call) => toolText(call, null)).join('\n'),
    candidate.map((call, index) => toolText(call, likes.get(index) ?? null)).join('\n'),
  ];
};

const toolText = (call: ToolCall, like: SpelledJson | null): string => {
  const value = parseSpelledJson(call.arguments);
  const pretty = value === null ? null : prettyJson(value, like, maximumPrettyCharacters);
  return `tool ${call.name}(${pretty ?? call.arguments})`;
};
