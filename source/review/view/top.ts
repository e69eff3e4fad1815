import type { Badge, Side } from '../../comparison/outcome.ts';
import { verdictsForHalfWidth, wilson } from '../../statistics/wilson.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import { currentEntry, tally, type Session } from '../session/session.ts';
import type { PairView } from '../pair-view.ts';
import { fitRuns, leftAndRight, runsWidth } from './styled-text.ts';
import { dim, plain, type Run } from './run.ts';
import { verdictMark } from './verdict-mark.ts';

/** How a comparison introduces itself in the first row. */
export type Title = {
  readonly baseline: string;
  readonly candidate: string;
  /** A word that must be seen beside the names, as `simulated timings`; null: none. */
  readonly remark: string | null;
};

/** From this width on there is room for the name of the program. */
const withProgram = 120;
/** From this width on there is room for all that is known of the agreement in one row. */
const wide = 100;

/** The three rows above the panes: the comparison, the pair, what stands out in it. */
export const topRuns = (
  session: Session,
  title: Title,
  view: PairView | null,
  width: number,
): readonly (readonly Run[])[] => {
  const { known, wanted } = agreementRuns(session);
  const agreement = width < wide ? known : joined([known, wanted]);
  const program: Run = { text: width < withProgram ? '' : 'understudy   ', style: 'bold' };
  const room = width - runsWidth(agreement) - runsWidth([program]) - 2;
  const remark = dim(title.remark ?? '');
  return [
    leftAndRight([program, ...nameRuns(title, room)], agreement, width),
    pairRuns(session, view, width),
    standsOut(session, view, { wanted: width < wide ? wanted : [], remark }, width),
  ];
};

const joined = (groups: readonly (readonly Run[])[]): readonly Run[] =>
  groups
    .filter((group) => runsWidth(group) > 0)
    .flatMap((group, index) => (index === 0 ? group : [dim(' · '), ...group]));

/** The names of both models; where there is not room for them, without what stands before a name. */
const nameRuns = ({ baseline, candidate }: Title, room: number): readonly Run[] => {
  const runs = (left: string, right: string): readonly Run[] => [
    plain(`${left} `),
    { text: '→', style: 'accent' },
    plain(` ${right}`),
  ];
  const names = [harmlessLine(baseline), harmlessLine(candidate)] as const;
  const whole = runs(...names);
  if (runsWidth(whole) <= room) return whole;
  const [left, right] = names.map((name) => name.replace(/^(?:.*[/#]|recorded:)(?=.)/, '')) as [
    string,
    string,
  ];
  if (left === right) return whole;
  const half = Math.floor((room - 3) / 2);
  const space = Math.max(half, room - 3 - Math.min(half, cellWidth(right)));
  const shortLeft = truncateCells(left, space);
  return runs(shortLeft, truncateCells(right, room - 3 - cellWidth(shortLeft)));
};

/** What is known of the agreement, and what more it takes to know it well. */
const agreementRuns = (
  session: Session,
): { readonly known: readonly Run[]; readonly wanted: readonly Run[] } => {
  const { judged, agree } = tally(session.entries);
  const of = `${count(judged)} of ${count(session.entries.length)}`;
  if (judged === 0) return { known: [plain(of), dim(' judged')], wanted: [] };
  const { rate, lower, upper } = wilson(agree, judged);
  const shown = (share: number | null): string => ((share ?? 0) * 100).toFixed(1);
  const more = verdictsForHalfWidth(agree, judged, 0.05);
  return {
    known: [
      plain(`${of} · agree `),
      { text: `${shown(rate)} %`, style: 'bold' },
      plain(` (${shown(lower)}–${shown(upper)})`),
    ],
    wanted: [dim(more === 0 ? 'within ±5 points' : `${count(more)} more for ±5 points`)],
  };
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
  const { outcome, verdict } = entry;
  const left: Run[] = [
    { text: harmlessLine(entry.endpoint), style: 'accent' },
    plain(` · ${harmlessLine(entry.captureId)}`),
  ];
  if (verdict !== null) {
    const words = { text: ` ${verdict.replaceAll('_', ' ')}`, style: 'bold' } as const;
    left.push(plain(' · '), verdictMark[verdict], words);
  } else if (entry.skipped !== null) left.push(dim(' · skipped'));
  if (outcome !== null) {
    left.push(plain(' · '), { text: outcome, style: outcomeStyle[outcome] });
    if (outcome === 'identical' || outcome === 'equivalent') left.push(dim(' (by the machine)'));
  }
  if (entry.tags.length > 0) left.push(plain(` · ${entry.tags.map(harmlessLine).join(', ')}`));
  if (entry.comment !== null) left.push(dim(` · “${harmlessLine(entry.comment)}”`));
  const room = width - runsWidth(left) - 3;
  const request =
    room < 16 || view === null ? [] : fitRuns(requestLine(view.capture.request), room);
  return leftAndRight(left, request, width);
};

/**
 * The outcome's reason and badges; at the right the remark, which is always said, and how many more
 * verdicts are wanted where there is room for it.
 */
const standsOut = (
  session: Session,
  view: PairView | null,
  { wanted, remark }: { readonly wanted: readonly Run[]; readonly remark: Run },
  width: number,
): readonly Run[] => {
  const failed = currentEntry(session)?.outcome === 'failed';
  const reason = failed ? null : (view?.comparison?.reason ?? null);
  const marks = joinedBySpace([badgeRuns(view), partialRuns(session, view)]);
  const left = [plain(reason === null ? '' : `${harmlessLine(reason)}  `), ...marks];
  const all = joined([wanted, [remark]]);
  return leftAndRight(left, runsWidth(left) + runsWidth(all) < width ? all : [remark], width);
};

const joinedBySpace = (groups: readonly (readonly Run[])[]): readonly Run[] =>
  groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [plain('  '), ...group]));

/** So many lost parts are named here, all of them in the details. */
const namedParts = 2;

/**
 * What the recording did not keep of the request, where a person has to judge: it may be why the answers
 * differ from each other, or from what production got.
 */
const partialRuns = (session: Session, view: PairView | null): readonly Run[] => {
  const outcome = currentEntry(session)?.outcome ?? null;
  const partial = view?.capture.partial ?? [];
  if (partial.length === 0 || outcome === 'identical' || outcome === 'equivalent') return [];
  const shown = partial.slice(0, namedParts).map(harmlessLine).join(', ');
  const more = partial.length > namedParts ? ` + ${partial.length - namedParts}` : '';
  return [dim(`partial: ${shown}${more}`)];
};

/** Cells of a message in the request's line: of the last one, and of each before it. */
const messageCells = { last: 72, earlier: 34 };

/**
 * The request in one line, each message's role and the beginning of its text: the last one first,
 * since a system prompt is the same on every pair and what the user wrote is not.
 */
const requestLine = (request: JsonObject): readonly Run[] => {
  const messages = Array.isArray(request['messages']) ? request['messages'] : [];
  return messages
    .toReversed()
    .slice(0, 3)
    .flatMap((message, index) => {
      if (!isJsonObject(message)) return [];
      const text = harmlessLine(
        contentText(message['content']).slice(0, 200).replaceAll(/\s+/g, ' '),
      );
      return [
        dim(`${index === 0 ? '' : ' │ '}${harmlessLine(String(message['role'] ?? '?'))} `),
        plain(truncateCells(text, index === 0 ? messageCells.last : messageCells.earlier)),
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
