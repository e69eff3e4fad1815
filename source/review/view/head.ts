import type { Side } from '../../comparison/outcome.ts';
import type { SideRecord } from '../../store/pairs.ts';
import { harmless } from '../../text/harmless.ts';
import {
  costComparison,
  count,
  dollars,
  duration,
  speedComparison,
  unknown,
} from '../../text/numbers.ts';
import type { LiveSide, PairView } from '../pair-view.ts';
import { fitRuns } from './paint.ts';
import { dim, plain, type Run } from './run.ts';

/**
 * The three rows above a pane: its name in a rule, then the facts, in the same place on every pair.
 * What is faster and cheaper, and by how much, stands with the candidate.
 */
export const headRuns = (
  side: Side,
  view: PairView | null,
  width: number,
): readonly (readonly Run[])[] => {
  const record = view?.sides[side] ?? null;
  const live = view?.live[side] ?? null;
  const model = record?.kind === 'answered' ? record.answer.model : null;
  const name = ` ${side}${model === null ? '' : ` · ${harmless(model)}`} `;
  const rule = fitRuns(
    [dim('─'), { text: name, style: 'bold' }, dim('─'.repeat(Math.max(0, width)))],
    width,
  ).map((run) => ({ ...run, text: run.text.replace(/…$/, '─') }));
  const [first, second] = factRuns(side, view, record, live);
  return [rule, fitRuns([plain('  '), ...first], width), fitRuns([plain('  '), ...second], width)];
};

type Facts = readonly [first: readonly Run[], second: readonly Run[]];

const factRuns = (
  side: Side,
  view: PairView | null,
  record: SideRecord | null,
  live: LiveSide | null,
): Facts => {
  if (view === null || record === null) return [[dim('loading')], []];
  if (record.kind === 'answered') return answeredFacts(side, view, record);
  if (live !== null) {
    const state =
      live.state === 'retrying'
        ? `retrying${live.retry === null ? '' : ` · ${harmless(live.retry)}`}`
        : live.state;
    return [[{ text: state, style: live.state === 'retrying' ? 'warning' : 'accent' }], []];
  }
  if (record.kind === 'failed') {
    const { reason, status, message } = record.failure;
    return [
      [
        { text: `failed: ${reason.replaceAll('_', ' ')}`, style: 'error' },
        plain(status === null ? '' : ` · HTTP ${status}`),
        dim(
          ` · ${count(record.attempts.length)} ${record.attempts.length === 1 ? 'attempt' : 'attempts'}`,
        ),
      ],
      [plain(harmless(message).replaceAll('\n', ' '))],
    ];
  }
  return [
    [
      {
        text: `not sent${record.reason === null ? ' yet' : `: ${harmless(record.reason)}`}`,
        style: 'warning',
      },
    ],
    [],
  ];
};

const answeredFacts = (
  side: Side,
  view: PairView,
  record: Extract<SideRecord, { kind: 'answered' }>,
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
  const tokens = `${count(answer.usage?.input ?? null)} → ${count(answer.usage?.output ?? null)} tok`;
  const adapted = record.adaptations.filter(({ action }) => action !== 'added').length;
  return [
    [
      plain(`${harmless(answer.finishReason ?? unknown)} · ${tokens} · ${dollars(cost)}`),
      { text: cheaper === null ? '' : ` · ${cheaper}`, style: 'accent' },
    ],
    [
      plain(
        `first token ${duration(timings.timeToFirstTokenMs)} · total ${duration(timings.totalMs)}`,
      ),
      dim(record.recorded ? ' · recorded' : ''),
      { text: faster === null ? '' : ` · ${faster}`, style: 'accent' },
      { text: adapted === 0 ? '' : ` · request adapted (i)`, style: 'warning' },
    ],
  ];
};
