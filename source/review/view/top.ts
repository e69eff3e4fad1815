import { sides, type Badge, type Side } from '../../comparison/outcome.ts';
import { verdictsForHalfWidth, wilson } from '../../statistics/wilson.ts';
import { printableLine } from '../../text/printable.ts';
import {
  isJsonArray,
  isJsonObject,
  objectsIn,
  type JsonObject,
  type JsonValue,
} from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import { isSettledByMachine, type Entry } from '../session/entry.ts';
import { front } from '../session/next-pair.ts';
import { currentEntry, knownOpinions, type Session } from '../session/session.ts';
import type { PairView } from '../pair-view.ts';
import { openNames, type SideNames } from './hidden.ts';
import {
  dim,
  fitRuns,
  leftAndRight,
  plain,
  runsWidth,
  type StyledRun,
  verdictMark,
} from './styled-text.ts';

/** The names of both models, for the first row. */
export type Title = {
  readonly baseline: string;
  readonly candidate: string;
  /** A remark that is always visible, such as `simulated timings`; or null. */
  readonly remark: string | null;
  /** Whether rates must be weighted by strata, which only the summary can do. */
  readonly weighted: boolean;
};

/** The minimum width to show the name of the program. */
const withProgram = 120;
/** The minimum width to show everything about the agreement in one row. */
const wide = 100;

/** Returns the three rows above the panes: the comparison, the pair, and remarks on the pair. */
export const topRuns = (
  session: Session,
  title: Title,
  view: PairView | null,
  width: number,
  hidden: { readonly names: SideNames; readonly tellTale: readonly Side[] } = {
    names: openNames,
    tellTale: [],
  },
): readonly (readonly StyledRun[])[] => {
  const { known, wanted } = agreementRuns(session, title);
  const agreement = width < wide ? known : joined([known, wanted]);
  const program: StyledRun = { text: width < withProgram ? '' : 'understudy   ', style: 'bold' };
  const room = width - runsWidth(agreement) - runsWidth([program]) - 2;
  const remark = dim(title.remark ?? '');
  return [
    leftAndRight([program, ...nameRuns(title, room)], agreement, width),
    pairRuns(session, view, width),
    noticeableRuns(session, view, { ...hidden, wanted: width < wide ? wanted : [], remark }, width),
  ];
};

const joined = (groups: readonly (readonly StyledRun[])[]): readonly StyledRun[] =>
  groups
    .filter((group) => runsWidth(group) > 0)
    .flatMap((group, index) => (index === 0 ? group : [dim(' · '), ...group]));

/** Returns the names of both models, without their providers if they do not fit. */
const nameRuns = ({ baseline, candidate }: Title, room: number): readonly StyledRun[] => {
  const runs = (left: string, right: string): readonly StyledRun[] => [
    plain(`${left} `),
    { text: '→', style: 'accent' },
    plain(` ${right}`),
  ];
  const names = [printableLine(baseline), printableLine(candidate)] as const;
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

/**
 * Shows the agreement. `known` is the rate so far, `wanted` the number of further verdicts for a
 * useful interval.
 */
const agreementRuns = (
  { entries, replaying, resolving }: Session,
  { weighted }: Pick<Title, 'weighted'>,
): { readonly known: readonly StyledRun[]; readonly wanted: readonly StyledRun[] } => {
  if (resolving) return { known: resolvedRuns(entries), wanted: [] };
  // A verdict on a pair that the machine settled says nothing about those that need a person.
  const end = front(entries, replaying);
  const isCounted = (entry: Entry): boolean => entry.verdict !== null && !isSettledByMachine(entry);
  const isEarly = (entry: Entry, index: number): boolean => entry.ahead && index > end;
  const sample = entries.filter((entry, index) => isCounted(entry) && !isEarly(entry, index));
  const early = entries.filter((entry, index) => isCounted(entry) && isEarly(entry, index)).length;
  const judged = sample.length;
  const agree = sample.filter(({ verdict }) => verdict === 'agree').length;
  const share = `${count(judged)} of ${count(entries.length)}`;
  const apart = early === 0 ? [] : [dim(` + ${count(early)} ahead`)];
  if (judged === 0) return { known: [plain(share), dim(' judged'), ...apart], wanted: [] };
  if (weighted) {
    return { known: [plain(`${share} judged`), dim(' · S: rate by traffic')], wanted: [] };
  }
  const { rate, lower, upper } = wilson(agree, judged);
  const percent = (value: number | null): string => ((value ?? 0) * 100).toFixed(1);
  const more = verdictsForHalfWidth(agree, judged, 0.05);
  return {
    known: [
      plain(`${share} · agree `),
      { text: `${percent(rate)} %`, style: 'bold' },
      plain(` (${percent(lower)}–${percent(upper)})`),
      ...apart,
    ],
    wanted: [dim(more === 0 ? 'within ±5 points' : `${count(more)} more for ±5 points`)],
  };
};

const resolvedRuns = (entries: readonly Entry[]): readonly StyledRun[] => [
  plain(`${count(entries.filter(({ verdict }) => verdict !== null).length)} of `),
  plain(`${count(entries.length)} ${entries.length === 1 ? 'conflict' : 'conflicts'} resolved`),
];

const outcomeStyle = {
  identical: 'good',
  equivalent: 'good',
  different: 'plain',
  failed: 'error',
} as const;

const pairRuns = (session: Session, view: PairView | null, width: number): readonly StyledRun[] => {
  const entry = currentEntry(session);
  if (entry === null) return [dim('no pair')];
  const { outcome, verdict } = entry;
  const left: StyledRun[] = [
    { text: printableLine(entry.endpoint), style: 'accent' },
    plain(` · ${printableLine(entry.captureId)}`),
  ];
  if (verdict !== null) {
    const words = { text: ` ${verdict.replaceAll('_', ' ')}`, style: 'bold' } as const;
    left.push(plain(session.resolving ? ' · resolved: ' : ' · '), verdictMark[verdict], words);
  } else if (entry.skipped !== null) left.push(dim(' · skipped'));
  if (outcome !== null) {
    left.push(plain(' · '), { text: outcome, style: outcomeStyle[outcome] });
    if (outcome === 'identical' || outcome === 'equivalent') left.push(dim(' (by the machine)'));
  }
  if (entry.tags.length > 0) left.push(plain(` · ${entry.tags.map(printableLine).join(', ')}`));
  if (entry.comment !== null) left.push(dim(` · “${printableLine(entry.comment)}”`));
  if (verdict === null && entry.elsewhere === true) left.push(dim(' · left to another reviewer'));
  left.push(...opinionRuns(session, entry));
  const room = width - runsWidth(left) - 3;
  const request =
    room < 16 || view === null ? [] : fitRuns(requestLine(view.capture.request), room);
  return leftAndRight(left, request, width);
};

/** The cells of another reviewer's comment; the details have all of it. */
const commentCells = 40;

/** Returns what the other reviewers say of the pair, as far as this one may know it yet. */
const opinionRuns = (session: Session, entry: Entry): readonly StyledRun[] =>
  knownOpinions(session, entry).flatMap(({ comment, reviewer, tags, verdict }) => [
    plain(' · '),
    dim(`${printableLine(reviewer)}: `),
    verdictMark[verdict],
    plain(` ${verdict.replaceAll('_', ' ')}`),
    dim(tags.length === 0 ? '' : ` (${tags.map(printableLine).join(', ')})`),
    dim(comment === null ? '' : ` “${truncateCells(printableLine(comment), commentCells)}”`),
  ]);

/**
 * Returns the outcome's reason and badges. The right end always shows the remark and, before it if
 * it fits, the number of further verdicts that are wanted.
 */
const noticeableRuns = (
  session: Session,
  view: PairView | null,
  {
    names,
    remark,
    tellTale,
    wanted,
  }: {
    readonly names: SideNames;
    readonly tellTale: readonly Side[];
    readonly wanted: readonly StyledRun[];
    readonly remark: StyledRun;
  },
  width: number,
): readonly StyledRun[] => {
  const failed = currentEntry(session)?.outcome === 'failed';
  const reason = failed ? null : (view?.comparison?.reason ?? null);
  const marks = joinedBySpace([badgeRuns(view, names, tellTale), partialRuns(session, view)]);
  const left = [plain(reason === null ? '' : `${printableLine(reason)}  `), ...marks];
  const all = joined([wanted, [remark]]);
  return leftAndRight(left, runsWidth(left) + runsWidth(all) < width ? all : [remark], width);
};

const joinedBySpace = (groups: readonly (readonly StyledRun[])[]): readonly StyledRun[] =>
  groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [plain('  '), ...group]));

/** The number of missing parts that are named here; the details name all of them. */
const namedParts = 2;

/**
 * Returns the parts of the request that the recording lost, for pairs that a person judges: they
 * may explain why the answers differ from each other or from production's.
 */
const partialRuns = (session: Session, view: PairView | null): readonly StyledRun[] => {
  const outcome = currentEntry(session)?.outcome ?? null;
  const partial = view?.capture.partial ?? [];
  if (partial.length === 0 || outcome === 'identical' || outcome === 'equivalent') return [];
  const shown = partial.slice(0, namedParts).map(printableLine).join(', ');
  const more = partial.length > namedParts ? ` + ${partial.length - namedParts}` : '';
  return [dim(`partial: ${shown}${more}`)];
};

/**
 * The width limits in cells for messages in the request's line: of the last message and of each
 * earlier one.
 */
const messageCells = { last: 72, earlier: 34 };

/**
 * Returns the request in one line: role and start of the last three messages, the last one first,
 * because the user's text differs from pair to pair and the system prompt does not.
 */
const requestLine = (request: JsonObject): readonly StyledRun[] => {
  return objectsIn(request['messages'])
    .toReversed()
    .slice(0, 3)
    .flatMap((message, index) => {
      const text = printableLine(
        messageText(message['content']).slice(0, 200).replaceAll(/\s+/g, ' '),
      );
      return [
        dim(`${index === 0 ? '' : ' │ '}${printableLine(String(message['role'] ?? '?'))} `),
        plain(truncateCells(text, index === 0 ? messageCells.last : messageCells.earlier)),
      ];
    });
};

/** Returns the content of a message as text: a string unchanged, a list part by part. */
export const messageText = (content: JsonValue | undefined): string => {
  if (typeof content === 'string') return content;
  if (!isJsonArray(content))
    return content === null || content === undefined ? '' : JSON.stringify(content);
  return content
    .map((part) =>
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

const badgeRuns = (
  view: PairView | null,
  names: SideNames,
  tellTale: readonly Side[],
): readonly StyledRun[] => {
  const badges = tellTale.map((side) => `${names[side]}: names a model`);
  return [...badges, ...comparedBadges(view, names)].flatMap((badge, index) => [
    plain(index === 0 ? '' : '  '),
    { text: `[${badge}]`, style: 'warning' as const },
  ]);
};

const comparedBadges = (view: PairView | null, names: SideNames): readonly string[] => {
  const comparison = view?.comparison ?? null;
  if (comparison === null) return [];
  const badges: string[] = [];
  for (const side of sides) {
    for (const badge of comparison.badges[side])
      badges.push(`${names[side]}: ${badgeTexts[badge]}`);
  }
  if (comparison.differs.toolCalls) badges.push('tool calls differ');
  if (comparison.differs.language) badges.push('language differs');
  if (comparison.differs.finishReason) badges.push('finish reason differs');
  return badges;
};
