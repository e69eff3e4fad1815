import type { Badge, Side } from '../../comparison/outcome.ts';
import { verdictsForHalfWidth, wilson } from '../../statistics/wilson.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { truncateCells } from '../../text/width.ts';
import { currentEntry, tally, type Session } from '../session/session.ts';
import type { PairView } from '../pair-view.ts';
import { fitRuns, leftAndRight, runsWidth } from './paint.ts';
import { dim, plain, type Run } from './run.ts';

/** How a comparison introduces itself in the first row. */
export type Title = {
  readonly baseline: string;
  readonly candidate: string;
  /** A word that must be seen beside the names, as `simulated timings`; null: none. */
  readonly remark: string | null;
};

/** From this width on there is room for the name of the program. */
const wide = 100;

/** The three rows above the panes: the comparison, the pair, what stands out in it. */
export const topRuns = (
  session: Session,
  title: Title,
  view: PairView | null,
  width: number,
): readonly (readonly Run[])[] => [
  leftAndRight(
    [
      { text: width < wide ? '' : 'understudy   ', style: 'bold' },
      plain(`${harmlessLine(title.baseline)} `),
      { text: '→', style: 'accent' },
      plain(` ${harmlessLine(title.candidate)}`),
    ],
    agreementRuns(session, width),
    width,
  ),
  pairRuns(session, view, width),
  leftAndRight(badgeRuns(view), [dim(title.remark ?? '')], width),
];

const agreementRuns = (session: Session, width: number): readonly Run[] => {
  const { judged, agree } = tally(session.entries);
  const of = `${count(judged)} of ${count(session.entries.length)}`;
  if (judged === 0) return [plain(of), dim(' judged')];
  const { rate, lower, upper } = wilson(agree, judged);
  const shown = (share: number | null): string => ((share ?? 0) * 100).toFixed(1);
  const more = verdictsForHalfWidth(agree, judged, 0.05);
  return [
    plain(`${of} · agree `),
    { text: `${shown(rate)} %`, style: 'bold' },
    plain(` (${shown(lower)}–${shown(upper)})`),
    dim(
      more === 0
        ? ' · within ±5 points'
        : ` · ${count(more)} more for ±5${width < wide ? '' : ' points'}`,
    ),
  ];
};

const outcomeStyle = {
  identical: 'good',
  equivalent: 'good',
  different: 'plain',
  failed: 'error',
} as const;

const pairRuns = (session: Session, view: PairView | null, width: number): readonly Run[] => {
  const entry = currentEntry(session);
  if (entry === null) return [dim('no pair')];
  const { outcome } = entry;
  const reason = outcome === 'failed' ? null : (view?.comparison?.reason ?? null);
  const verdict = entry.verdict === null ? null : `✓ ${entry.verdict.replaceAll('_', ' ')}`;
  const left: Run[] = [
    { text: harmlessLine(entry.endpoint), style: 'accent' },
    plain(` · ${harmlessLine(entry.captureId)}`),
  ];
  if (outcome !== null) {
    left.push(plain(' · '), { text: outcome, style: outcomeStyle[outcome] });
    if (reason !== null) left.push(plain(`: ${harmlessLine(reason)}`));
    if (outcome === 'identical' || outcome === 'equivalent') left.push(dim(' (by the machine)'));
  }
  if (verdict !== null) left.push(plain(' · '), { text: verdict, style: 'bold' });
  if (entry.tags.length > 0) left.push(plain(` · ${entry.tags.map(harmlessLine).join(', ')}`));
  if (entry.comment !== null) left.push(dim(` · “${harmlessLine(entry.comment)}”`));
  const room = width - runsWidth(left) - 3;
  const request =
    room < 16 || view === null ? [] : fitRuns(requestLine(view.capture.request), room);
  return leftAndRight(left, request, width);
};

/** The request in one line: each message's role and the beginning of its text. */
const requestLine = (request: JsonObject): readonly Run[] => {
  const messages = Array.isArray(request['messages']) ? request['messages'] : [];
  const shown = messages.length > 3 ? [messages[0], ...messages.slice(-2)] : messages;
  return shown.flatMap((message, index) => {
    if (!isJsonObject(message)) return [];
    const text = harmlessLine(
      contentText(message['content']).slice(0, 200).replaceAll(/\s+/g, ' '),
    );
    return [
      dim(`${index === 0 ? '' : ' │ '}${harmlessLine(String(message['role'] ?? '?'))} `),
      plain(truncateCells(text, 34)),
    ];
  });
};

/** The text of a message's content: a string, or the text parts of a list. */
export const contentText = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    return content === null || content === undefined ? '' : JSON.stringify(content);
  return content
    .map((part: unknown) =>
      isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : JSON.stringify(part),
    )
    .join('\n');
};

const badgeTexts: Record<Badge, string> = {
  json_invalid: 'JSON invalid',
  truncated: 'truncated',
  refusal: 'refusal',
  empty: 'empty',
  content_filter: 'content filter',
};

const badgeRuns = (view: PairView | null): readonly Run[] => {
  const comparison = view?.comparison ?? null;
  if (comparison === null) return [];
  const badges: string[] = [];
  for (const side of ['baseline', 'candidate'] satisfies Side[]) {
    for (const badge of comparison.badges[side]) badges.push(`${side}: ${badgeTexts[badge]}`);
  }
  if (comparison.differs.toolCalls) badges.push('tool calls differ');
  if (comparison.differs.language) badges.push('language differs');
  if (comparison.differs.finishReason) badges.push('finish reason differs');
  return badges.flatMap((badge, index) => [
    plain(index === 0 ? '' : '  '),
    { text: `[${badge}]`, style: 'warning' as const },
  ]);
};
