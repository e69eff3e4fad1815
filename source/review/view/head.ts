import { sides, type Side } from '../../comparison/outcome.ts';
import type { SideRecord } from '../../store/comparisons/pairs.ts';
import { remedyFor, remedyText } from '../../models/adaptation/remedy.ts';
import { routine } from '../../models/adaptation/warnings.ts';
import { harmlessLine } from '../../text/harmless.ts';
import {
  costComparison,
  count,
  dollars,
  duration,
  speedComparison,
  unknown,
} from '../../text/numbers.ts';
import type { LiveSide, PairView } from '../pair-view.ts';
import { fitRuns, runsWidth } from './paint.ts';
import { dim, plain, type Run } from './run.ts';

/**
 * The rows above a pane, the same number on every pair: its name in a rule, then the facts, each in
 * its own column. What is faster and cheaper, and by how much, stands with the candidate. Stacked
 * panes have half of the facts in the rule; where one document is shown for both sides (`joint`) each
 * side has one row.
 */
export const headRuns = (
  side: Side,
  view: PairView | null,
  width: number,
  layout: 'side_by_side' | 'stacked' | 'single' | 'joint',
): readonly (readonly Run[])[] => {
  const line = (...runs: readonly Run[]): readonly Run[] => fitRuns([plain('  '), ...runs], width);
  const { first, second, cheaper, faster } = factsOf(side, view, layout === 'stacked' ? 0 : width);
  switch (layout) {
    case 'side_by_side':
      return [
        rule(name(side, view), notes(side, view), width),
        line(...first, cheaper),
        line(...second, faster),
      ];
    case 'stacked':
      return [
        rule(name(side, view), [...first, ...notes(side, view)], width),
        line(...second, faster, cheaper),
      ];
    case 'single':
      return [
        rule([...name(side, view), dim(' · tab: the other side')], notes(side, view), width),
        line(...first, cheaper),
        line(...second, faster),
      ];
    case 'joint':
      return [
        rule([{ text: '- baseline · + candidate', style: 'bold' }], [], width),
        ...sides.map((of) =>
          line(dim(of.padEnd(9)), plain('  '), ...factsOf(of, view, width).joint),
        ),
      ];
  }
};

/** From this width on a pane has room for wide columns of facts. */
const roomy = 58;

/** From this width on a row for a whole side has room for the first token. */
const roomyJoint = 76;

/** A rule with a title at its left and something at its right. */
const rule = (title: readonly Run[], right: readonly Run[], width: number): readonly Run[] => {
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

const name = (side: Side, view: PairView | null): readonly Run[] => {
  const record = view?.sides[side] ?? null;
  const model = record?.kind === 'answered' ? record.answer.model : null;
  return [
    { text: side, style: 'bold' },
    plain(model === null ? '' : ` · ${harmlessLine(model)}`),
    dim(record?.kind !== 'answered' ? '' : originOf(record)),
  ];
};

const originOf = ({ batch, recorded }: Extract<SideRecord, { kind: 'answered' }>): string =>
  recorded ? ' · recorded' : batch ? ' · batch' : '';

/** What was changed of a side's request, and what was warned of: `3 changes · 1 warning`. */
const notes = (side: Side, view: PairView | null): readonly Run[] => {
  const record = view?.sides[side] ?? null;
  if (record?.kind !== 'answered') return [];
  const { adaptations } = record;
  const warnings = adaptations.filter(({ action }) => action === 'kept').length;
  const changes = adaptations.length - warnings;
  const isNews = adaptations.some(({ parameter }) => !routine.has(parameter));
  const text = [...some(changes, 'change'), ...some(warnings, 'warning')].join(' · ');
  return text === '' ? [] : [isNews ? { text: `${text} (i)`, style: 'warning' } : dim(text)];
};

const some = (number: number, what: string): readonly string[] =>
  number === 0 ? [] : [`${count(number)} ${what}${number === 1 ? '' : 's'}`];

/** What is known of a side: on two rows, or the most of it on one. */
type Facts = {
  readonly first: readonly Run[];
  readonly second: readonly Run[];
  readonly cheaper: Run;
  readonly faster: Run;
  readonly joint: readonly Run[];
};

const facts = (first: readonly Run[], second: readonly Run[] = []): Facts => ({
  first,
  second,
  cheaper: plain(''),
  faster: plain(''),
  joint: second.length === 0 ? first : [...first, plain(' · '), ...second],
});

const factsOf = (side: Side, view: PairView | null, width: number): Facts => {
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
      [...retryHint(record, view), plain(harmlessLine(message))],
    );
  }
  const { reason } = record;
  return reason === null
    ? facts([dim('not sent yet')])
    : facts([{ text: 'not sent', style: 'warning' }], [plain(harmlessLine(reason))]);
};

/** What a call is doing: `retrying in 4 s · rate limited`. */
const liveRuns = ({ reason, seconds, state }: LiveSide): readonly Run[] => {
  const why = plain(reason === null ? '' : ` · ${harmlessLine(reason)}`);
  const left = (whole: number): string => (whole < 60 ? `${whole} s` : duration(whole * 1000));
  const when = seconds === null || seconds === 0 ? 'now' : `in ${left(seconds)}`;
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

/** What `r` changes of a request that was refused for a parameter. */
const retryHint = (
  { failure }: Extract<SideRecord, { kind: 'failed' }>,
  { capture }: PairView,
): readonly Run[] => {
  const remedy = remedyFor(failure, capture.request);
  return remedy === null
    ? []
    : [{ text: `r: again ${harmlessLine(remedyText(remedy))} · `, style: 'accent' }];
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
  const finish = harmlessLine(answer.finishReason ?? unknown).padEnd(digits);
  const first = duration(timings.timeToFirstTokenMs).padEnd(6);
  const total = `total ${duration(timings.totalMs).padEnd(6)}`;
  const measured = record.batch ? 'batch, not comparable' : null;
  const gain = (text: string | null): Run => ({
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
