import { swappedAlignment, swappedSides } from '../../comparison/alignment/swapped-alignment.ts';
import type { FieldSection } from '../../comparison/answer-fields.ts';
import type { JsonDifference } from '../../comparison/json/json-differences.ts';
import type { FieldRow } from '../../comparison/json/json-fields.ts';
import { differenceHeadline } from '../../comparison/difference-headline.ts';
import { sides, type PairComparison, type Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { SideRecord } from '../../store/comparisons/pairs.ts';
import type { LiveSide, PairView } from '../pair-view.ts';

/** The names of the two panes. */
export type SideNames = Readonly<Record<Side, string>>;

export const openNames: SideNames = { baseline: 'baseline', candidate: 'candidate' };
export const hiddenNames: SideNames = { baseline: 'left', candidate: 'right' };

/** The same names where models are hidden also after the verdict. */
export const lastingNames: SideNames = { ...hiddenNames };

/** The text of what is hidden until the verdict. */
const untilVerdict = 'hidden until the verdict';

/** Returns the text of what is hidden from a reviewer to whom the sides have these names. */
export const hiddenText = (names: SideNames): string =>
  names === lastingNames ? 'hidden until you leave this review' : untilVerdict;

/** Returns the title of a blind review, which names no model. */
export const hiddenTitle = <Title extends SideNames & { readonly remark: string | null }>(
  title: Title,
): Title => ({
  ...title,
  ...hiddenNames,
  remark: title.remark === null ? 'blind' : `blind · ${title.remark}`,
});

const views = new WeakMap<PairView, Partial<Record<Side, PairView>>>();

/**
 * Returns a pair without anything that tells its models apart but their answers: no names, prices,
 * usage, times, changes, attempts or sentences of providers. The side on the left takes the baseline's
 * place, and the other one the candidate's. The same pair gives the same object.
 */
export const hiddenView = (view: PairView, left: Side): PairView => {
  const known = views.get(view) ?? {};
  const hidden = known[left] ?? hide(view, left);
  views.set(view, { ...known, [left]: hidden });
  return hidden;
};

const hide = (view: PairView, left: Side): PairView => {
  const right = left === 'baseline' ? 'candidate' : 'baseline';
  const swapped = left === 'candidate';
  const { alignment, capture, comparison, covered, fields, headline } = view;
  const { model: _, ...request } = capture.request;
  const shown = {
    baseline: hiddenSide(view.sides[left]),
    candidate: hiddenSide(view.sides[right]),
  };
  const shownComparison: PairComparison | null =
    comparison === null
      ? null
      : {
          ...comparison,
          reason: comparison.outcome,
          badges: { baseline: comparison.badges[left], candidate: comparison.badges[right] },
        };
  const shownAlignment = alignment === null || !swapped ? alignment : swappedAlignment(alignment);
  const shownFields = fields === null || !swapped ? fields : fields.map(swappedSection);
  const { baseline, candidate } = shown;
  const compared =
    shownComparison === null || baseline.kind !== 'answered' || candidate.kind !== 'answered'
      ? null
      : {
          baseline: baseline.answer,
          candidate: candidate.answer,
          comparison: shownComparison,
          alignment: shownAlignment,
          fields: shownFields,
          covered,
        };
  return {
    ...view,
    capture: { ...capture, model: null, request, metadata: null, recorded: [] },
    sides: shown,
    live: { baseline: hiddenCall(view.live[left]), candidate: hiddenCall(view.live[right]) },
    comparison: shownComparison,
    alignment: shownAlignment,
    fields: shownFields,
    headline: compared === null || headline.length === 0 ? [] : differenceHeadline(compared),
    cost: { baseline: null, candidate: null },
  };
};

const noTimings = { queueMs: null, connectMs: null, timeToFirstTokenMs: null, totalMs: null };

const hiddenSide = (record: SideRecord): SideRecord => {
  switch (record.kind) {
    case 'answered':
      return {
        ...record,
        answer: hiddenAnswer(record.answer),
        timings: noTimings,
        attempts: [],
        adaptations: [],
        // Only one side may have been translated.
        path: 'native',
        originals: 0,
        recorded: false,
        batch: false,
        providerRequestId: null,
        at: '',
      };
    case 'failed':
      return {
        ...record,
        failure: { ...record.failure, message: untilVerdict, status: null, parameter: null },
        attempts: [],
        partial: record.partial === null ? null : hiddenAnswer(record.partial),
      };
    case 'not_sent':
      return { ...record, reason: record.reason === null ? null : untilVerdict, attempts: [] };
  }
};

const hiddenAnswer = (answer: Answer): Answer => ({
  ...answer,
  id: null,
  model: null,
  usage: null,
  cost: null,
  reasoning: '',
  logprobs: null,
});

const hiddenCall = (call: LiveSide | null): LiveSide | null =>
  call === null ? null : { ...call, reason: null };

const swappedSection = (section: FieldSection): FieldSection => ({
  ...section,
  only: section.only === null ? null : section.only === 'baseline' ? 'candidate' : 'baseline',
  table: { ...section.table, rows: section.table.rows.map(swappedRow) },
  differences: section.differences.map(swappedRow),
  problems: swappedSides(section.problems),
});

const swappedRow = <Row extends FieldRow | JsonDifference>(row: Row): Row => ({
  ...row,
  baseline: row.candidate,
  candidate: row.baseline,
  kind: row.kind === 'missing' ? 'extra' : row.kind === 'extra' ? 'missing' : row.kind,
});

/** The models of a pair, and the other candidates of the review. */
type Rivalry = SideNames & { readonly rivals?: readonly string[] };

const modelsOf = ({ baseline, candidate, rivals = [] }: Rivalry): readonly string[] => [
  baseline,
  candidate,
  ...rivals,
];

/** Names by which models and their makers are known. */
const modelNames =
  /\b(?:chat-?gpt|gpt-?\d[\w.-]*|openai|claude|anthropic|gemini|gemma|google deepmind|deepseek|qwen|tongyi|alibaba cloud|kimi|moonshot|chatglm|glm-?\d[\w.-]*|zhipu|mistral|mixtral|llama|meta ai|grok|xai|minimax|cohere|command-r|phi-\d)\b|通义千问|深度求索|月之暗面|智谱/iu;

/** Returns the sides whose answer names a model or its maker, which may give it away. */
export const sidesThatNameModels = (view: PairView, title: Rivalry): readonly Side[] => {
  const own = modelsOf(title)
    .map((name) => name.replace(/^.*[/#:](?=.)/, '').toLowerCase())
    .filter((name) => name.length > 3);
  return sides.filter((side) => {
    const record = view.sides[side];
    if (record.kind !== 'answered') return false;
    const { refusal, text, toolCalls } = record.answer;
    const said = [text, refusal, ...toolCalls.map((call) => call.arguments)].join('\n');
    return modelNames.test(said) || own.some((name) => said.toLowerCase().includes(name));
  });
};

/** Returns a notice or a progress line without the names of the models. */
export const withoutNames = (text: string, title: Rivalry): string => {
  const names = modelsOf(title).flatMap((name) => [
    name,
    name.replace(/^(?:.*[/#]|recorded:)(?=.)/, ''),
  ]);
  return names.reduce((left, name) => left.replaceAll(name, 'a model'), text);
};
