import { sides, type Side } from '../../comparison/outcome.ts';
import type { SideRecord } from '../../store/comparisons/pairs.ts';
import { remedyFor, remedyText } from '../../models/adaptation/remedy.ts';
import { routine } from '../../models/adaptation/warnings.ts';
import { printableLine } from '../../text/printable.ts';
import {
  costComparison,
  count,
  dollars,
  duration,
  speedComparison,
  unknown,
} from '../../text/numbers.ts';
import type { LiveSide, PairView } from '../pair-view.ts';
import type { SideNames } from './hidden.ts';
import { dim, fitRuns, plain, runsWidth, type StyledRun } from './styled-text.ts';

/**
 * Returns the rows above a pane, the same number for every pair: a rule with the side's name, then
 * the facts, each in a fixed column. The candidate's pane shows how much faster and cheaper the
 * candidate is. Stacked panes have half of the facts in the rule. With one document for both sides
 * (`joint`), each side has a row.
 */
export const headRuns = (
  side: Side,
  view: PairView | null,
  width: number,
  layout: 'side_by_side' | 'stacked' | 'single' | 'joint',
  names: SideNames,
): readonly (readonly StyledRun[])[] => {
  const line = (...runs: readonly StyledRun[]): readonly StyledRun[] =>
    fitRuns([plain('  '), ...runs], width);
  const { first, second, cheaper, faster } = sideFacts(
    side,
    view,
    layout === 'stacked' ? 0 : width,
  );
  switch (layout) {
    case 'side_by_side':
      return [
        rule(name(side, view, names), notes(side, view), width),
        line(...first, cheaper),
        line(...second, faster),
      ];
    case 'stacked':
      return [
        rule(name(side, view, names), [...first, ...notes(side, view)], width),
        line(...second, faster, cheaper),
      ];
    case 'single':
      return [
        rule([...name(side, view, names), dim(' · tab: the other side')], notes(side, view), width),
        line(...first, cheaper),
        line(...second, faster),
      ];
    case 'joint':
      return [
        rule([{ text: `- ${names.baseline} · + ${names.candidate}`, style: 'bold' }], [], width),
        ...sides.map((each) =>
          line(dim(names[each].padEnd(9)), plain('  '), ...sideFacts(each, view, width).joint),
        ),
      ];
  }
};

/** The minimum width of a pane for wide columns of facts. */
const roomy = 58;

/** The minimum width for the first token in a joint row. */
const roomyJoint = 76;

/** Returns a rule with a title at its left end and other runs at its right end. */
const rule = (
  title: readonly StyledRun[],
  right: readonly StyledRun[],
  width: number,
): readonly StyledRun[] => {
  const room = Math.max(0, width - 7);
  const fittedRight = fitRuns(right, room);
  const taken = runsWidth(fittedRight);
  const left = fitRuns(title, Math.max(0, room - taken));
  const line = '─'.repeat(Math.max(1, width - runsWidth(left) - taken - (taken === 0 ? 3 : 6)));
  return [
    dim('─ '),
    ...left,
    dim(` ${line}`),
    ...(taken === 0 ? [] : [plain(' '), ...fittedRight, dim(' ─')]),
  ];
};

const name = (side: Side, view: PairView | null, names: SideNames): readonly StyledRun[] => {
  const record = view?.sides[side] ?? null;
  const model = record?.kind === 'answered' ? record.answer.model : null;
  return [
    { text: names[side], style: 'bold' },
    plain(model === null ? '' : ` · ${printableLine(model)}`),
    dim(record?.kind !== 'answered' ? '' : originText(record)),
  ];
};

const originText = ({ batch, recorded }: Extract<SideRecord, { kind: 'answered' }>): string =>
  recorded ? ' · recorded' : batch ? ' · batch' : '';

/** Returns the number of changes and warnings of a side's request: `3 changes · 1 warning`. */
const notes = (side: Side, view: PairView | null): readonly StyledRun[] => {
  const record = view?.sides[side] ?? null;
  if (record?.kind !== 'answered') return [];
  const { adaptations } = record;
  const warnings = adaptations.filter(({ action }) => action === 'kept').length;
  const changes = adaptations.length - warnings;
  const isUnusual = adaptations.some(({ parameter }) => !routine.has(parameter));
  const text = [...some(changes, 'change'), ...some(warnings, 'warning')].join(' · ');
  return text === '' ? [] : [isUnusual ? { text: `${text} (i)`, style: 'warning' } : dim(text)];
};

const some = (number: number, what: string): readonly string[] =>
  number === 0 ? [] : [`${count(number)} ${what}${number === 1 ? '' : 's'}`];

/** The facts about a side on two rows, or the most important ones on one (`joint`). */
type Facts = {
  readonly first: readonly StyledRun[];
  readonly second: readonly StyledRun[];
  readonly cheaper: StyledRun;
  readonly faster: StyledRun;
  readonly joint: readonly StyledRun[];
};

const facts = (first: readonly StyledRun[], second: readonly StyledRun[] = []): Facts => ({
  first,
  second,
  cheaper: plain(''),
  faster: plain(''),
  joint: second.length === 0 ? first : [...first, plain(' · '), ...second],
});

const sideFacts = (side: Side, view: PairView | null, width: number): Facts => {
  const record = view?.sides[side] ?? null;
  const live = view?.live[side] ?? null;
  if (view === null || record === null) return facts([dim('loading')]);
  if (record.kind === 'answered') return answeredFacts(side, view, record, width);
  if (live !== null) {
    return facts(liveRuns(live));
  }
  if (record.kind === 'failed') {
    const { reason, status, message } = record.failure;
    const attempts = record.attempts.length;
    return facts(
      [
        { text: `failed: ${reason.replaceAll('_', ' ')}`, style: 'error' },
        plain(status === null ? '' : ` · HTTP ${status}`),
        dim(` · ${count(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'}`),
      ],
      [...retryHint(record, view), plain(printableLine(message))],
    );
  }
  const { reason } = record;
  return reason === null
    ? facts([dim('not sent yet')])
    : facts([{ text: 'not sent', style: 'warning' }], [plain(printableLine(reason))]);
};

/** Returns the state of a call: `retrying in 4 s · rate limited`. */
const liveRuns = ({ reason, seconds, state }: LiveSide): readonly StyledRun[] => {
  const why = plain(reason === null ? '' : ` · ${printableLine(reason)}`);
  const wait = (whole: number): string => (whole < 60 ? `${whole} s` : duration(whole * 1000));
  const when = seconds === null || seconds === 0 ? 'now' : `in ${wait(seconds)}`;
  switch (state) {
    case 'retrying':
      return [{ text: 'retrying', style: 'warning' }, plain(` ${when}`), why];
    case 'paused':
      return [
        { text: 'the provider is paused', style: 'warning' },
        plain(`, next try ${when}`),
        why,
      ];
    case 'queued':
      return [dim('queued')];
    default:
      return [{ text: state, style: 'accent' }];
  }
};

/** Describes how `r` changes a request that was refused because of a parameter. */
const retryHint = (
  { failure }: Extract<SideRecord, { kind: 'failed' }>,
  { capture }: PairView,
): readonly StyledRun[] => {
  const remedy = remedyFor(failure, capture.request);
  return remedy === null
    ? []
    : [{ text: `r: retry ${printableLine(remedyText(remedy))} · `, style: 'accent' }];
};

const answeredFacts = (
  side: Side,
  view: PairView,
  record: Extract<SideRecord, { kind: 'answered' }>,
  width: number,
): Facts => {
  const { answer, timings } = record;
  const cost = view.cost[side];
  const other = view.sides.baseline;
  const compared = side === 'candidate' && other.kind === 'answered' ? other : null;
  const cheaper = compared === null ? null : costComparison(view.cost.baseline, cost);
  const faster =
    compared === null || compared.recorded !== record.recorded
      ? null
      : speedComparison(compared.timings.totalMs, timings.totalMs);
  const digits = width >= roomy ? 6 : 4;
  const use = (places: number, costWidth: number): string => {
    const tokens = [answer.usage?.input, answer.usage?.output].map((value) =>
      count(value ?? null).padStart(places),
    );
    return `${tokens.join(' → ')} tok  ${dollars(cost).padEnd(costWidth)}`;
  };
  const finish = printableLine(answer.finishReason ?? unknown).padEnd(digits);
  const first = duration(timings.timeToFirstTokenMs).padEnd(6);
  const total = `total ${duration(timings.totalMs).padEnd(6)}`;
  const measured = record.batch ? 'batch, not comparable' : null;
  const gain = (text: string | null): StyledRun => ({
    text: text === null ? '' : `  ${text}`,
    style: 'accent',
  });
  return {
    first: [plain(`${finish}  ${use(digits, 10)}`)],
    second: [plain(measured ?? `first token ${first}  ${total}`)],
    cheaper: gain(cheaper),
    faster: gain(faster),
    joint: [
      plain(
        `${use(4, 8)}  ${measured ?? `${width < roomyJoint ? '' : `first ${first}  `}${total}`}`,
      ),
      gain(cheaper),
      gain(faster),
    ],
  };
};
