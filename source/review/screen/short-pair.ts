import { answerFields } from '../../comparison/answer-fields.ts';
import { coveredPaths, placeIn, visibleDivergences } from '../../comparison/covered-paths.ts';
import { parseJsonAnswer } from '../../comparison/json/json-answer.ts';
import { shownPath } from '../../comparison/json/json-differences.ts';
import { compactJson } from '../../comparison/json/lossless-json.ts';
import type { Badge, PairComparison, Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { Pair } from '../../store/comparisons/pairs.ts';
import { printableLine } from '../../text/printable.ts';
import { chatRequestOf } from '../../traffic/chat-request.ts';
import type { ShortAnswer, ShortPair } from '../session/modes.ts';
import { askedMessage } from '../view/question.ts';
import { shortAnswerWidth } from '../view/list-rows.ts';

/**
 * Returns a pair as a row if both answers fit into a line of `cells`; otherwise null. JSON is one line
 * without its white space and without a code fence, or only the fields that count if it does not fit or rules
 * cover others. What makes an answer useless stands before it. A pair with tool calls, with parts that are not
 * compared or with finish reasons that say something else is not short.
 */
export const shortPair = (comparisonId: string, pair: Pair, cells: number): ShortPair | null => {
  const { capture, comparison, sides } = pair;
  if (comparison === null) return null;
  if (sides.baseline.kind !== 'answered' || sides.candidate.kind !== 'answered') return null;
  const answers = { baseline: sides.baseline.answer, candidate: sides.candidate.answer };
  if (!isText(answers.baseline) || !isText(answers.candidate)) return null;
  const { badges, differs } = comparison;
  if (differs.finishReason && badges.baseline.length + badges.candidate.length === 0) return null;
  const form = (side: Side): Form => formOf(answers[side], comparison, side);
  const forms = { baseline: form('baseline'), candidate: form('candidate') };
  const lines = fittingLines(pair, answers, forms, cells);
  if (lines === null) return null;
  const shown = { baseline: lines[0], candidate: lines[1] };
  // Answers that differ in their form only would look the same.
  const isSame =
    shown.baseline.text === shown.candidate.text &&
    shown.baseline.remark === shown.candidate.remark;
  if (isSame) return null;
  const question = printableLine(
    askedMessage(chatRequestOf(capture)).text.replaceAll(/\s+/g, ' ').trim(),
  );
  return { comparisonId, captureId: capture.id, question, ...shown };
};

const isText = ({ otherParts = [], toolCalls }: Answer): boolean =>
  toolCalls.length === 0 && otherParts.length === 0;

/** An answer as a row shows it: a remark, and its text or null if that is more than a line. */
type Form = { readonly remark: string | null; readonly line: string | null };

const remarks: Readonly<Record<Badge, string>> = {
  json_invalid: 'does not parse',
  truncated: 'cut off',
  refusal: 'refuses',
  empty: 'empty',
  content_filter: 'filtered',
};

const formOf = (answer: Answer, { badges }: PairComparison, side: Side): Form => {
  const { refusal } = answer;
  const text = answer.text.trim();
  const json = parseJsonAnswer(text);
  const isFenced = json !== null && json.fence !== null;
  const words = badges[side]
    .filter((badge) => badge !== 'json_invalid' || !isFenced)
    .map((badge) => remarks[badge]);
  const all = isFenced ? ['fenced', ...words] : words;
  const remark = all.length === 0 ? null : all.join(', ');
  if (json !== null) return { remark, line: printableLine(compactJson(json.value)) };
  const said = text === '' ? refusal.trim() : text;
  // White space says nothing in JSON that does not parse.
  const line = badges[side].includes('json_invalid') ? said.replaceAll(/\s+/g, ' ') : said;
  const isShown = !/[\r\n]/.test(line) && (line !== '' || remark !== null);
  return { remark, line: isShown ? printableLine(line) : null };
};

/** Returns both answers as lines that fit; null if there are none. */
const fittingLines = (
  pair: Pair,
  answers: Readonly<Record<Side, Answer>>,
  forms: Readonly<Record<Side, Form>>,
  cells: number,
): readonly [ShortAnswer, ShortAnswer] | null => {
  const fitting = (lines: Readonly<Record<Side, string | null>> | null) => {
    if (lines === null || lines.baseline === null || lines.candidate === null) return null;
    const shown = [
      { remark: forms.baseline.remark, text: lines.baseline },
      { remark: forms.candidate.remark, text: lines.candidate },
    ] as const;
    return shown.every((answer) => shortAnswerWidth(answer) <= cells) ? shown : null;
  };
  const fields = fieldLines(answers, pair.rules);
  const whole = { baseline: forms.baseline.line, candidate: forms.candidate.line };
  return fields?.areCovered === true ? fitting(fields) : (fitting(whole) ?? fitting(fields));
};

/** The longest answer of which the fields are read for a row. */
const longestFields = 4096;

/**
 * Returns the fields of two JSON answers in which they differ, as lines: `priority "low", …`. Equal fields, and
 * what rules cover, are the `…`. `areCovered`: rules cover some of them. Null if the answers are anything else,
 * or longer than a row may be.
 */
const fieldLines = (
  { baseline, candidate }: Readonly<Record<Side, Answer>>,
  rules: Pair['rules'],
): (Readonly<Record<Side, string>> & { readonly areCovered: boolean }) | null => {
  const isReadable = [baseline, candidate].every(({ text }) => text.length <= longestFields);
  const fields = isReadable ? answerFields(baseline, candidate, {}) : null;
  if (fields === null) return null;
  const texts = { baseline: baseline.text, candidate: candidate.text };
  const covered = coveredPaths(visibleDivergences(fields, texts), rules);
  const rows = fields.flatMap((section) => section.table.rows);
  const open = rows.filter(
    ({ kind, path }) => kind !== 'same' && !covered.has(placeIn({ call: null }, path)),
  );
  const line = (side: Side): string =>
    printableLine(
      [
        ...open.map((row) => `${shownPath(row.path)} ${row[side] ?? '(none)'}`),
        ...(open.length < rows.length ? ['…'] : []),
      ].join(', '),
    );
  return { baseline: line('baseline'), candidate: line('candidate'), areCovered: covered.size > 0 };
};
