import type { Answer, ToolCall } from '../../models/answer.ts';
import { callPath } from '../difference-pattern.ts';
import { parseJsonAnswer, type JsonAnswer } from '../json/json-answer.ts';
import type { ItemMatch } from '../json/match-items.ts';
import { matchedCalls, parseArguments } from '../tool-call-differences.ts';
import { JsonAligner, type Around } from './align-json.ts';
import { alignLines, differenceStarts, loneLine, matchLines, sameLine } from './align-lines.ts';
import { alignSentences } from './align-sentences.ts';
import type { AlignedLine, Alignment } from './alignment.ts';
import { commonEnds } from './mark.ts';
import type { Matches } from './match-sequences.ts';
import { inUsualForm, swappedAlignment } from './swapped-alignment.ts';
import { similarEnough, Vocabulary } from './vocabulary.ts';

const maximumLineEdits = 800;
const wordBudget = 150_000;
const sampledCharacters = 20_000;
/**
 * The length in characters of a label or a sentence. In shorter texts, differences are always
 * marked. A Han character or a syllable carries about as much as three letters.
 */
const shortText = 160;
const wideLetters = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

const isShort = (text: string): boolean =>
  text.length <= shortText && text.length + 2 * (text.match(wideLetters)?.length ?? 0) <= shortText;

/**
 * Aligns two answers for a reviewer. If both are JSON objects or arrays, they are aligned by
 * `JsonAligner`; a code fence around JSON stays. Tool calls follow the text as `tool name({…})`,
 * matched by name and arguments, and what is no text as `[image, not compared]`. Refusal and
 * reasoning are left out. Two empty answers have no lines.
 */
export const alignAnswers = (baseline: Answer, candidate: Answer): Alignment => {
  const texts =
    alignJson(baseline.text, candidate.text) ?? alignPart(baseline.text, candidate.text);
  const parts = alignPart(
    otherPartLines(baseline).join('\n'),
    otherPartLines(candidate).join('\n'),
  );
  const calls = alignCalls(baseline.toolCalls, candidate.toolCalls);
  const from = texts.lines.length === 0 ? 0 : texts.lines.length + gap;
  return {
    ...below(below(texts, calls), parts),
    ...(calls.lines.length === 0 ? {} : { calls: { from, to: from + calls.lines.length } }),
  };
};

/** The number of empty lines between the parts of an answer. */
const gap = 1;

/** Returns one alignment below another, after an empty line. */
const below = (first: Alignment, second: Alignment): Alignment => {
  if (second.lines.length === 0) return first;
  if (first.lines.length === 0) return second;
  const lines = [...first.lines, sameLine(''), ...second.lines];
  const offset = first.lines.length + gap;
  return {
    lines,
    differences: [...first.differences, ...second.differences.map((index) => index + offset)],
    granularity: first.granularity,
    coarse: first.coarse ?? second.coarse,
  };
};

/** Aligns like `alignTexts`, but an empty text has no lines instead of one empty line. */
const alignPart = (baseline: string, candidate: string): Alignment => {
  if (baseline !== '' && candidate !== '') return alignTexts(baseline, candidate);
  const change = baseline === '' ? 'added' : 'removed';
  const text = baseline + candidate;
  const lines = text === '' ? [] : text.split('\n').map((line) => loneLine(line, change, false));
  return { lines, differences: lines.length > 0 ? [0] : [], granularity: 'words', coarse: null };
};

/**
 * Aligns two raw texts. Each side's lines, joined by line feeds, yield its text again, and
 * different texts always have a difference. Short texts and texts with at least 60 % of their words
 * in common are aligned line by line with marked words; other texts sentence by sentence with
 * marked facts. All limits count steps, never time, so the result is the same on every machine;
 * `coarse` says if a limit was reached. The same texts in the other order correspond in the same way.
 */
export const alignTexts = (baseline: string, candidate: string): Alignment => {
  if (baseline === candidate) {
    const lines = baseline.split('\n').map(sameLine);
    return { lines, differences: [], granularity: 'words', coarse: null };
  }
  // Where several alignments are as good, the order of the sides does not decide.
  if (baseline > candidate) return inUsualForm(swappedAlignment(alignTexts(candidate, baseline)));
  const a = baseline.split('\n');
  const b = candidate.split('\n');
  const matches = matchLines(a, b, maximumLineEdits);
  const vocabulary = new Vocabulary(wordBudget);
  const areShort = isShort(baseline) && isShort(candidate);
  return areShort || similarity(a, b, matches, vocabulary) >= similarEnough
    ? alignLines(a, b, matches, vocabulary)
    : alignSentences(a, b, vocabulary);
};

/**
 * Returns a similarity from 0 to 1: the share of characters in equal lines and, between those, in
 * words common to both texts. Of long texts between equal lines, the common begin and end are equal
 * too, and the first 20,000 characters of what is left represent the rest.
 */
const similarity = (
  a: readonly string[],
  b: readonly string[],
  matches: Matches,
  vocabulary: Vocabulary,
): number => {
  const taken = new Set(matches.partners);
  let first = a.filter((_, index) => matches.partners[index] === -1).join('\n');
  let second = b.filter((_, index) => !taken.has(index)).join('\n');
  let equal = 0;
  for (const [index, line] of a.entries()) if (matches.partners[index] !== -1) equal += line.length;
  if (Math.max(first.length, second.length) > sampledCharacters) {
    const { front, back } = commonEnds(first, second);
    equal += front + back;
    first = first.slice(front, first.length - back);
    second = second.slice(front, second.length - back);
  }
  const between = Math.max(first.length, second.length);
  if (between === 0) return 1;
  const one = vocabulary.bagOfWords([first.slice(0, sampledCharacters)]);
  const two = vocabulary.bagOfWords([second.slice(0, sampledCharacters)]);
  const inside = one === null || two === null ? 0 : vocabulary.similarity(one, two);
  return (equal + inside * between) / (equal + between);
};

/** Aligns two JSON objects or arrays; null for anything else, or if they are too large. */
const alignJson = (baseline: string, candidate: string): Alignment | null => {
  const first = jsonContainer(baseline);
  const second = first === null ? null : jsonContainer(candidate);
  if (first === null || second === null) return null;
  const aligner = new JsonAligner(new Vocabulary(wordBudget));
  const bare = { before: '', after: '' };
  const inside = aligner.pair(first.value, second.value, { baseline: bare, candidate: bare });
  if (aligner.overflowed) return null;
  const lines = [
    ...fenceLines(first.fence, second.fence),
    ...inside,
    ...fenceLines(ticksOf(first.fence), ticksOf(second.fence)),
  ];
  return jsonAlignment(lines, aligner);
};

const jsonAlignment = (lines: readonly AlignedLine[], aligner: JsonAligner): Alignment => ({
  lines,
  differences: differenceStarts(lines),
  granularity: 'words',
  coarse: aligner.exact
    ? null
    : 'Too long or too different to mark single words: some marks cover more than what differs.',
});

const jsonContainer = (text: string): JsonAnswer | null => {
  const answer = parseJsonAnswer(text);
  return answer?.value.kind === 'object' || answer?.value.kind === 'array' ? answer : null;
};

/** Returns a line for each part of an answer that is neither text nor a tool call. */
export const otherPartLines = ({ otherParts = [] }: Answer): readonly string[] =>
  otherParts.map((part) => `[${part}, not compared]`);

const fenceLines = (first: string | null, second: string | null): readonly AlignedLine[] => {
  if (first !== null && first === second) return [sameLine(first)];
  return [
    ...(first === null ? [] : [loneLine(first, 'removed', true)]),
    ...(second === null ? [] : [loneLine(second, 'added', true)]),
  ];
};

const ticksOf = (fence: string | null): string | null =>
  fence === null ? null : (/^`+/.exec(fence)?.[0] ?? null);

/** Aligns two lists of tool calls, each call with the one that it corresponds to. */
const alignCalls = (baseline: readonly ToolCall[], candidate: readonly ToolCall[]): Alignment => {
  const vocabulary = new Vocabulary(wordBudget);
  const aligner = new JsonAligner(vocabulary);
  const lone = (
    call: ToolCall | undefined,
    change: 'removed' | 'added',
  ): readonly AlignedLine[] => {
    if (call === undefined) return [];
    const value = parseArguments(call);
    return value === null
      ? rawCall(call).map((line) => loneLine(line, change, true))
      : aligner.lone(value, change, aroundArguments(call));
  };
  const pair = (match: ItemMatch): readonly AlignedLine[] => {
    const first = baseline[match.baseline ?? 0];
    const second = candidate[match.candidate ?? 0];
    if (first === undefined || second === undefined) return [];
    const one = parseArguments(first);
    const two = one === null ? null : parseArguments(second);
    if (one === null || two === null) {
      const [a, b] = [rawCall(first), rawCall(second)];
      return alignLines(a, b, matchLines(a, b, maximumLineEdits), vocabulary).lines;
    }
    const around = { baseline: aroundArguments(first), candidate: aroundArguments(second) };
    return aligner.pair(one, two, around, { indent: '', path: callPath(first.name) });
  };
  const lines = aligner.items(matchedCalls(baseline, candidate), null, {
    pair,
    removed: (match) => lone(baseline[match.baseline ?? 0], 'removed'),
    added: (match) => lone(candidate[match.candidate ?? 0], 'added'),
  });
  if (!aligner.overflowed) return jsonAlignment(lines, aligner);
  const raw = (calls: readonly ToolCall[]): string => calls.flatMap(rawCall).join('\n');
  return alignPart(raw(baseline), raw(candidate));
};

const aroundArguments = ({ name }: ToolCall): Around => ({
  before: `tool ${name.replaceAll('\n', '␊')}(`,
  after: ')',
});

const rawCall = (call: ToolCall): readonly string[] =>
  `tool ${call.name}(${call.arguments})`.split('\n');
