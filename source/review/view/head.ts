import type { Side } from '../../comparison/outcome.ts';
import type { SideRecord } from '../../store/pairs.ts';
import { harmlessLine } from '../../text/harmless.ts';
import {
  costComparison,
  count,
  dollars,
  duration,
  speedComparison,
  unknown,
} from '../../text/numbers.ts';
import type { PairView } from '../pair-view.ts';
import { fitRuns, runsWidth } from './paint.ts';
import { dim, plain, type Run } from './run.ts';

/**
 * The rows above a pane: its name in a rule, then the facts, in the same place on every pair. What is
 * faster and cheaper, and by how much, stands with the candidate. Beside each other the facts take
 * two rows, stacked one; a pane that is shown alone has the facts of both sides above it.
 */
export const headRuns = (
  side: Side,
  view: PairView | null,
  width: number,
  layout: 'side_by_side' | 'stacked' | 'single',
): readonly (readonly Run[])[] => {
  const [first, second] = factRuns(side, view);
  const joined = (runs: Facts): readonly Run[] => [
    ...runs[0],
    plain(runs[1].length === 0 ? '' : ' · '),
    ...runs[1],
  ];
  const line = (...runs: readonly Run[]): readonly Run[] => fitRuns([plain('  '), ...runs], width);
  switch (layout) {
    case 'side_by_side':
      return [rule(side, view, width, ''), line(...first), line(...second)];
    case 'stacked':
      return [rule(side, view, width, ''), line(...joined([first, second]))];
    case 'single':
      return [
        rule(side, view, width, ' (tab: the other)'),
        line(dim('baseline  '), ...joined(factRuns('baseline', view))),
        line(dim('candidate '), ...joined(factRuns('candidate', view))),
      ];
  }
};

const rule = (side: Side, view: PairView | null, width: number, hint: string): readonly Run[] => {
  const record = view?.sides[side] ?? null;
  const model = record?.kind === 'answered' ? record.answer.model : null;
  const name = ` ${side}${model === null ? '' : ` · ${harmlessLine(model)}`} `;
  const left = fitRuns([dim('─'), { text: name, style: 'bold' }, dim(hint)], width);
  return [...left, dim('─'.repeat(Math.max(0, width - runsWidth(left))))];
};

/** Changes that every replay makes; they are in the details, but no news. */
const routine = new Set(['model', 'stream', 'stream_options']);

type Facts = readonly [first: readonly Run[], second: readonly Run[]];

const factRuns = (side: Side, view: PairView | null): Facts => {
  const record = view?.sides[side] ?? null;
  const live = view?.live[side] ?? null;
  if (view === null || record === null) return [[dim('loading')], []];
  if (record.kind === 'answered') return answeredFacts(side, view, record);
  if (live !== null) {
    const state =
      live.state === 'retrying'
        ? `retrying${live.retry === null ? '' : ` · ${harmlessLine(live.retry)}`}`
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
      [plain(harmlessLine(message))],
    ];
  }
  return [
    [
      {
        text: `not sent${record.reason === null ? ' yet' : `: ${harmlessLine(record.reason)}`}`,
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
  const adapted = record.adaptations.filter(({ parameter }) => !routine.has(parameter)).length;
  return [
    [
      plain(`${harmlessLine(answer.finishReason ?? unknown)} · ${tokens} · ${dollars(cost)}`),
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
