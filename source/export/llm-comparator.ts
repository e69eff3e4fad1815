import type { Verdict } from '../comparison/outcome.ts';
import type { VerdictRow } from '../intake/verdict-row.ts';
import { jsonDocument } from '../text/json-document.ts';
import { verdictWords } from '../review/session/blind.ts';
import { jsonArray } from './export-format.ts';
import type { ExportedPair, ExportedSide } from './exported-pair.ts';
import { preferredSide, questionText, sideWords } from './pair-texts.ts';

/** The fields beyond those of the format, with the kinds in which its viewer shows them. */
const customFields = [
  { name: 'capture', type: 'string' },
  { name: 'outcome', type: 'category' },
  { name: 'reason', type: 'string' },
  { name: 'verdict', type: 'category' },
  { name: 'total time in ms', type: 'per_model_number' },
  { name: 'output tokens', type: 'per_model_number' },
  { name: 'finish reason', type: 'per_model_category' },
] as const;

/**
 * The JSON document that PAIR's LLM Comparator opens: A is the baseline, B the candidate. The score is 1 if A
 * is better, −1 if B is, 0 if neither, the mean where reviewers disagree, and null without a verdict.
 */
export const llmComparator = jsonArray(
  (pair) => [
    {
      input_text: questionText(pair),
      tags: [pair.endpoint],
      output_text_a: sideWords(pair.baseline),
      output_text_b: sideWords(pair.candidate),
      score: scoreOfPair(pair),
      individual_rater_scores: pair.verdicts.flatMap(rating),
      custom_fields: {
        capture: pair.capture,
        outcome: pair.outcome ?? 'none',
        reason: pair.reason ?? '',
        verdict: pair.commonVerdict === null ? 'none' : verdictWords(pair.commonVerdict),
        'total time in ms': bothSides(pair, (side) => side.totalMs),
        'output tokens': bothSides(pair, (side) => side.usage?.output ?? null),
        'finish reason': bothSides(pair, (side) => side.finishReason),
      },
    },
  ],
  {
    begin: ({ baseline, candidate, id, name }) =>
      `{"metadata":${oneLine({
        source_path: `understudy ${id} (${name})`,
        custom_fields_schema: customFields,
      })},\n"models":${oneLine([{ name: baseline }, { name: candidate }])},\n"examples":[\n`,
    end: '\n]}\n',
  },
);

const oneLine = (value: object): string => jsonDocument(value, 'one line').trimEnd();

const scoreOf = (verdict: Verdict): number => {
  const side = preferredSide(verdict);
  if (side === null) return 0;
  return side === 'baseline' ? 1 : -1;
};

const scoreOfPair = ({ commonVerdict, verdicts }: ExportedPair): number | null => {
  if (commonVerdict === null) return null;
  if (commonVerdict !== 'conflict') return scoreOf(commonVerdict);
  const scores = verdicts.flatMap(({ verdict }) => (verdict === null ? [] : [scoreOf(verdict)]));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
};

const rating = ({ comment, left, reviewer, tags, verdict }: VerdictRow): readonly object[] =>
  verdict === null
    ? []
    : [
        {
          score: scoreOf(verdict),
          rating_label: `${reviewer}: ${verdictWords(verdict)}`,
          is_flipped: left === 'candidate',
          rationale: [comment ?? '', tags.join(', ')].filter((text) => text !== '').join(' · '),
        },
      ];

const bothSides = <Value>(
  { baseline, candidate }: ExportedPair,
  value: (side: Extract<ExportedSide, { state: 'answered' }>) => Value | null,
): readonly (Value | null)[] =>
  [baseline, candidate].map((side) => (side.state === 'answered' ? value(side) : null));
