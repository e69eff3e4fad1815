import { shortJson } from '../../models/adaptation/remedy.ts';
import { isTagged } from '../../models/stream/think-tags.ts';
import { isRoutine } from '../../models/adaptation/warnings.ts';
import type { RequestPath } from '../../models/request-path.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import { sides, type Side } from '../../comparison/outcome.ts';
import { printableLine } from '../../text/printable.ts';
import { count, dollars, duration, unknown } from '../../text/numbers.ts';
import type { PairView } from '../pair-view.ts';
import type { Entry, Opinion } from '../session/entry.ts';
import type { Document, DocumentLine } from './document.ts';
import { hiddenText, openNames, type SideNames } from './hidden.ts';
import { document, heading, line, paragraphs } from './overlay.ts';
import { dim, plain, type StyledRun } from './styled-text.ts';

/** How the facts of the two sides stand: in a table, or those of the baseline above those of the candidate. */
type DetailsLayout = 'table' | 'stacked';

/**
 * Returns the facts about both sides that the panes do not show: usage, timings, adaptations,
 * attempts.
 */
export const detailsDocument = (
  view: PairView,
  names: SideNames = openNames,
  layout: DetailsLayout = 'stacked',
): Document =>
  document([
    fact('capture', view.capture.id),
    fact('endpoint', view.capture.endpoint),
    line(),
    ...(names === openNames
      ? []
      : [line(dim(`Models, usage, times and prices are ${hiddenText(names)}.`))]),
    ...(layout === 'table' ? tableDetails(view, names) : stackedDetails(view, names)),
    ...captureLines(view),
  ]);

const stackedDetails = (view: PairView, names: SideNames): readonly DocumentLine[] =>
  sides.flatMap((side) => [
    ...(side === 'candidate' ? [line()] : []),
    heading(names[side]),
    ...sideFacts(side, view).map(({ name, value }) => fact(name, value)),
    ...sideTexts(side, view),
  ]);

/** Returns a table with a row for each fact that a side has, then the texts of each side. */
const tableDetails = (view: PairView, names: SideNames): readonly DocumentLine[] => {
  const [baseline, candidate] = [sideFacts('baseline', view), sideFacts('candidate', view)];
  const cell = (facts: readonly Fact[], wanted: string): readonly StyledRun[] => [
    plain(printableLine(facts.find(({ name }) => name === wanted)?.value ?? '')),
  ];
  const head = (side: Side): readonly StyledRun[] => [{ text: names[side], style: 'bold' }];
  return [
    { mark: ' ', path: [plain('')], baseline: head('baseline'), candidate: head('candidate') },
    ...mergedNames(baseline, candidate).map((name): DocumentLine => ({
      mark: ' ',
      path: [dim(`  ${printableLine(name)}`)],
      baseline: cell(baseline, name),
      candidate: cell(candidate, name),
    })),
    ...sides.flatMap((side) => {
      const texts = sideTexts(side, view);
      return texts.length === 0 ? [] : [line(), heading(names[side]), ...texts];
    }),
  ];
};

/** Returns the names of the facts of both sides, those of one side behind the one that they follow there. */
const mergedNames = (baseline: readonly Fact[], candidate: readonly Fact[]): readonly string[] => {
  const names = baseline.map(({ name }) => name);
  for (const [index, { name }] of candidate.entries()) {
    if (names.includes(name)) continue;
    names.splice(names.indexOf(candidate[index - 1]?.name ?? '') + 1, 0, name);
  }
  return names;
};

/** Returns the parts of the request that were sent to neither model: not recorded, or redacted. */
const captureLines = ({ capture, sides: records }: PairView): readonly DocumentLine[] => {
  const { partial, redacted } = capture;
  const hasOriginals = sides.some((side) => {
    const record = records[side];
    return record.kind === 'answered' && record.originals > 0;
  });
  const what = hasOriginals ? 'placeholders are shown here' : 'placeholders are sent';
  const facts = [
    ...(partial.length === 0 ? [] : [fact('not recorded, not sent', partial.join(', '))]),
    ...(redacted === true ? [fact('redacted', `${what} instead of values`)] : []),
  ];
  return facts.length === 0 ? [] : [line(), heading('capture'), ...facts];
};

/** Returns what reviewers say of a pair, with their whole comments. */
export const opinionLines = (opinions: readonly Opinion[]): readonly DocumentLine[] =>
  opinions.length === 0
    ? []
    : [
        line(),
        heading('verdicts'),
        ...opinions.flatMap(({ comment, reviewer, tags, verdict }) => [
          fact(reviewer, [verdict.replaceAll('_', ' '), ...tags].join(', ')),
          ...(comment === null ? [] : [line(plain(`    ${printableLine(comment)}`))]),
        ]),
      ];

/** Returns the reviewer's own verdict, tags and comment, whole; nothing without any. `verdict`: its words. */
export const ownMarkLines = (
  verdict: string | null,
  { comment, tags }: Pick<Entry, 'comment' | 'tags'>,
): readonly DocumentLine[] => {
  const facts = [
    ...(verdict === null ? [] : [fact('verdict', verdict)]),
    ...(tags.length === 0 ? [] : [fact('tags', tags.join(', '))]),
    ...(comment === null ? [] : [fact('comment', comment)]),
  ];
  return facts.length === 0 ? [] : [line(), heading('yours'), ...facts];
};

/** What a side has to say in one line. No side has two of the same name. */
type Fact = { readonly name: string; readonly value: string };

const fact = (name: string, value: string): DocumentLine =>
  line(dim(`  ${printableLine(name).padEnd(23)} `), plain(printableLine(value)));

const sideFacts = (side: Side, view: PairView): readonly Fact[] => {
  const record = view.sides[side];
  const of = (name: string, value: string): Fact => ({ name, value });
  if (record.kind === 'not_sent') return [of('not sent', record.reason ?? 'not reached yet')];
  const attempts = record.attempts.map(({ failure, number }) =>
    of(`attempt ${number}`, `${failure.reason.replaceAll('_', ' ')}: ${failure.message}`),
  );
  if (record.kind === 'failed') {
    return [of('failed', `${record.failure.reason}: ${record.failure.message}`), ...attempts];
  }
  const { answer, timings } = record;
  const { cacheWrite: written = null, hourCacheWrite: forAnHour = null } = answer.usage ?? {};
  const values = `${count(record.originals)} ${record.originals === 1 ? 'placeholder' : 'placeholders'}`;
  return [
    of('model', answer.model ?? unknown),
    of('finish reason', answer.finishReason ?? unknown),
    of('input tokens', count(answer.usage?.input ?? null)),
    of('  of which cached', count(answer.usage?.cachedInput ?? null)),
    // Most providers do not count what is written to a cache.
    ...(written === null ? [] : [of('  written to the cache', count(written))]),
    ...(forAnHour === null || forAnHour === 0 ? [] : [of('    for an hour', count(forAnHour))]),
    of('output tokens', count(answer.usage?.output ?? null)),
    of('  of which reasoning', count(answer.usage?.reasoning ?? null)),
    of('cost', `${dollars(view.cost[side])}${costSource(answer)}`),
    of('queued', duration(timings.queueMs)),
    of('first token', duration(timings.timeToFirstTokenMs)),
    of(
      'total',
      `${duration(timings.totalMs)}${timings.totalMs === null ? '' : originRemark(record)}`,
    ),
    ...(record.originals > 0 ? [of('sent', `with the original values of ${values}`)] : []),
    ...(record.path === 'native' ? [] : [of('dialect', pathWords[record.path])]),
    ...attempts,
  ];
};

/** Returns what does not fit into one line: texts besides the answer, and the changes of the request. */
const sideTexts = (side: Side, view: PairView): readonly DocumentLine[] => {
  const record = view.sides[side];
  if (record.kind === 'not_sent') return [];
  if (record.kind === 'failed') {
    return record.partial === null
      ? []
      : [line(dim('  text received')), ...paragraphs(record.partial.text)];
  }
  const { adaptations, answer } = record;
  return [
    ...(answer.refusal === '' ? [] : [line(dim('  refusal')), ...paragraphs(answer.refusal)]),
    ...(answer.reasoning === ''
      ? []
      : [line(dim(reasoningTitle(answer))), ...paragraphs(answer.reasoning)]),
    ...adaptationLines(adaptations),
  ];
};

/** Reasoning that came in the text is not part of the comparison, and whoever looks for it is told. */
const reasoningTitle = ({ reasoning }: { readonly reasoning: string }): string =>
  isTagged(reasoning) ? '  reasoning, taken out of the text and not compared' : '  reasoning';

const originRemark = (record: { readonly recorded: boolean; readonly batch: boolean }): string =>
  record.recorded ? ' (recorded)' : record.batch ? ' (batch, not comparable)' : '';

const costSource = ({ cost }: { readonly cost: number | null }): string =>
  typeof cost === 'number' ? ' (reported by the provider)' : '';

const pathWords: Readonly<Record<Exclude<RequestPath, 'native'>, string>> = {
  bridged: 'translated, with the same meaning',
  lossy: 'translated, and a part of the request was lost',
};

/** Returns the changes and warnings of a request, each with its reason on a separate line. */
const adaptationLines = (adaptations: readonly Adaptation[]): readonly DocumentLine[] =>
  adaptations.length === 0
    ? []
    : [
        line(dim('  the request')),
        ...adaptations
          .toSorted((one, other) => rank(one) - rank(other))
          .flatMap((adaptation) => [
            line(
              {
                text: `    ${adaptation.action === 'kept' ? 'warning' : adaptation.action}`.padEnd(
                  14,
                ),
                style: adaptation.action === 'kept' ? 'warning' : 'accent',
              },
              plain(printableLine(changeText(adaptation))),
            ),
            line(
              dim(
                `${' '.repeat(14)}${adaptation.lossy === true ? 'lossy: ' : ''}${printableLine(adaptation.reason)}`,
              ),
            ),
          ]),
      ];

/** Returns the sort order of an adaptation: warnings first, routine changes last. */
const rank = (adaptation: Adaptation): number => {
  if (adaptation.action === 'kept') return 0;
  return isRoutine(adaptation) ? 2 : 1;
};

/** Formats a change: `temperature 0`, `max_tokens → max_completion_tokens`, `n 3 → 1`. */
const changeText = ({ action, from, parameter, to }: Adaptation): string => {
  if (action === 'renamed') return `${parameter} → ${shortJson(to ?? null)}`;
  const before = from === undefined ? '' : ` ${shortJson(from)}`;
  return to === undefined ? `${parameter}${before}` : `${parameter}${before} → ${shortJson(to)}`;
};
