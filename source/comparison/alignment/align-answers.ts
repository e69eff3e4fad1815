import type { Answer, ToolCall } from '../../models/answer.ts';
import { parseJsonAnswer, type JsonAnswer } from '../json/json-answer.ts';
import { parseLosslessJson, prettyJson, type LosslessJson } from '../json/lossless-json.ts';
import { matchToolCalls } from '../tool-call-differences.ts';
import { alignBlocks } from './align-blocks.ts';
import {
  alignLines,
  loneLine,
  matchLines,
  sameLine,
  similarEnough,
  type PairLinesBy,
} from './align-lines.ts';
import type { Alignment } from './alignment.ts';
import type { Matches } from './match-sequences.ts';
import { Vocabulary } from './vocabulary.ts';

const maximumLineEdits = 800;
const wordBudget = 150_000;
const sampledCharacters = 20_000;
/**
 * The length in characters of a label or a sentence. In shorter texts, differences are always
 * marked.
 */
const shortText = 160;
const maximumPrettyCharacters = 4_000_000;

/**
 * Aligns two answers for a reviewer. If both are JSON objects or arrays, they are pretty-printed with
 * the candidate's keys in the baseline's order and all numbers as they were written; a code fence
 * around JSON stays. Tool calls follow the text as `tool name({…})`, and what is no text as `[image, not compared]`. Refusal and reasoning are left
 * out. Two empty answers have no lines.
 */
export const alignAnswers = (baseline: Answer, candidate: Answer): Alignment => {
  const json = prettyAnswers(baseline.text, candidate.text);
  const texts =
    json === null
      ? alignPart(baseline.text, candidate.text, 'words')
      : alignPart(json.baseline, json.candidate, 'keys');
  const [first, second] = toolTexts(baseline.toolCalls, candidate.toolCalls);
  const withParts = (calls: string, answer: Answer): string =>
    [calls, ...otherPartLines(answer)].filter((line) => line !== '').join('\n');
  const tools = alignPart(withParts(first, baseline), withParts(second, candidate), 'keys');
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

/** Aligns like `alignTexts`, but an empty text has no lines instead of one empty line. */
const alignPart = (baseline: string, candidate: string, pairBy: PairLinesBy): Alignment => {
  if (baseline !== '' && candidate !== '') return alignTexts(baseline, candidate, pairBy);
  const change = baseline === '' ? 'added' : 'removed';
  const isMarked = pairBy === 'keys';
  const text = baseline + candidate;
  const lines = text === '' ? [] : text.split('\n').map((line) => loneLine(line, change, isMarked));
  return { lines, differences: lines.length > 0 ? [0] : [], granularity: 'words', coarse: null };
};

/**
 * Aligns two raw texts. Each side's lines, joined by line feeds, yield its text again, and
 * different texts always have a difference. Texts with at least 60 % of their words in common,
 * short texts and pretty-printed JSON (`keys`) are aligned line by line with marked words; other
 * texts paragraph by paragraph without marks. All limits count steps, never time, so the result is
 * the same on every machine; `coarse` says if a limit was reached.
 */
export const alignTexts = (
  baseline: string,
  candidate: string,
  pairBy: PairLinesBy = 'words',
): Alignment => {
  if (baseline === candidate) {
    const lines = baseline.split('\n').map(sameLine);
    return { lines, differences: [], granularity: 'words', coarse: null };
  }
  const a = baseline.split('\n');
  const b = candidate.split('\n');
  const matches = matchLines(a, b, maximumLineEdits);
  const vocabulary = new Vocabulary(wordBudget);
  const isShort = Math.max(baseline.length, candidate.length) <= shortText;
  return pairBy === 'keys' || isShort || similarity(a, b, matches, vocabulary) >= similarEnough
    ? alignLines(a, b, matches, vocabulary, pairBy)
    : alignBlocks(a, b, vocabulary);
};

/**
 * Returns a similarity from 0 to 1: the share of characters in equal lines and, between those, in
 * words common to both texts. The first 20,000 characters between equal lines represent the rest.
 */
const similarity = (
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
  const one = vocabulary.bagOfWords(sample(first));
  const two = vocabulary.bagOfWords(sample(second));
  const inside = one === null || two === null ? 0 : vocabulary.similarity(one, two);
  return (equal + inside * between) / (equal + between);
};

const sample = (lines: readonly string[]): readonly string[] => {
  const taken: string[] = [];
  let left = sampledCharacters;
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
  const first = jsonContainer(baseline);
  const second = first === null ? null : jsonContainer(candidate);
  if (first === null || second === null) return null;
  const one = prettyAnswer(first, null);
  const two = prettyAnswer(second, first.value);
  return one === null || two === null ? null : { baseline: one, candidate: two };
};

const jsonContainer = (text: string): JsonAnswer | null => {
  const answer = parseJsonAnswer(text);
  return answer?.value.kind === 'object' || answer?.value.kind === 'array' ? answer : null;
};

const prettyAnswer = ({ value, fence }: JsonAnswer, model: LosslessJson | null): string | null => {
  const text = prettyJson(value, model, maximumPrettyCharacters);
  if (text === null || fence === null) return text;
  return `${fence}\n${text}\n${/^`+/.exec(fence)?.[0] ?? ''}`;
};

/** A line for each part of an answer that is neither text nor a tool call. */
export const otherPartLines = ({ otherParts = [] }: Answer): readonly string[] =>
  otherParts.map((part) => `[${part}, not compared]`);

const toolTexts = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
): readonly [string, string] => {
  const models = new Map<number, LosslessJson | null>();
  for (const [index, partner] of matchToolCalls(baseline, candidate).entries()) {
    if (partner !== null) models.set(partner, parseLosslessJson(baseline[index]?.arguments ?? ''));
  }
  return [
    baseline.map((call) => toolText(call, null)).join('\n'),
    candidate.map((call, index) => toolText(call, models.get(index) ?? null)).join('\n'),
  ];
};

const toolText = (call: ToolCall, model: LosslessJson | null): string => {
  const value = parseLosslessJson(call.arguments);
  const pretty = value === null ? null : prettyJson(value, model, maximumPrettyCharacters);
  return `tool ${call.name}(${pretty ?? call.arguments})`;
};
