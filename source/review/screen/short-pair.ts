import { chatRequestOf } from '../../traffic/chat-request.ts';
import { compactJson } from '../../comparison/json/lossless-json.ts';
import { parseJsonAnswer } from '../../comparison/json/json-answer.ts';
import type { PairComparison } from '../../comparison/outcome.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth } from '../../text/width.ts';
import type { Pair, SideRecord } from '../../store/comparisons/pairs.ts';
import type { ShortPair } from '../session/modes.ts';
import { askedMessage } from '../view/question.ts';

/**
 * Returns a pair as a row if both answers fit into a line of `cells`; otherwise null. JSON is one line
 * without its white space. A pair with tool calls, or with an answer that is cut off, refused, empty or
 * does not parse, is not short: such news needs a screen of its own.
 */
export const shortPair = (
  comparisonId: string,
  { capture, comparison, sides }: Pair,
  cells: number,
): ShortPair | null => {
  if (comparison === null || hasBadNews(comparison)) return null;
  const baseline = answerLine(sides.baseline);
  const candidate = answerLine(sides.candidate);
  // Answers that differ in their form only would look the same.
  if (baseline === null || candidate === null || baseline === candidate) return null;
  if (cellWidth(baseline) > cells || cellWidth(candidate) > cells) return null;
  const question = printableLine(
    askedMessage(chatRequestOf(capture)).text.replaceAll(/\s+/g, ' ').trim(),
  );
  return { comparisonId, captureId: capture.id, question, baseline, candidate };
};

const hasBadNews = ({ badges, differs }: PairComparison): boolean =>
  badges.baseline.length > 0 || badges.candidate.length > 0 || differs.finishReason;

const answerLine = (record: SideRecord): string | null => {
  if (record.kind !== 'answered') return null;
  const { otherParts = [], text, toolCalls } = record.answer;
  if (toolCalls.length > 0 || otherParts.length > 0) return null;
  const json = parseJsonAnswer(text);
  const line = json === null || json.fence !== null ? text.trim() : compactJson(json.value);
  return line === '' || /[\r\n]/.test(line) ? null : printableLine(line);
};
