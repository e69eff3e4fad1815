import { verdictsForHalfWidth, wilson } from '../../statistics/wilson.ts';
import { decideTarget } from '../../summary/target.ts';
import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import {
  comparisonTally,
  numberToJudge,
  reviewTally,
  type Tally,
} from '../session/agreement-so-far.ts';
import { candidateNumber } from '../session/candidates.ts';
import { shownVerdict, verdictWords } from '../session/blind.ts';
import { nextPlace } from '../session/controls.ts';
import type { Entry } from '../session/entry.ts';
import { judgedPairs, judgedPlace } from '../session/judged-pairs.ts';
import type { PairList } from '../session/pair-list.ts';
import { currentEntry, knownOpinions, type Session } from '../session/session.ts';
import {
  dim,
  joinedRuns,
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
  /** The candidates of the review's other comparisons; by default none. */
  readonly rivals?: readonly string[];
  /** A remark that is always visible, such as `simulated timings`; or null. */
  readonly remark: string | null;
  /** Whether rates must be weighted by strata, which only the summary can do. */
  readonly weighted: boolean;
  /** The rate of no worse that the candidate is to reach, as a fraction of 1; null, the default: none. */
  readonly target?: number | null;
};

/** The minimum width to show the name of the program. */
const withProgram = 120;

/** The number of cells that the names of the models have at least. */
const namesCells = 22;

/**
 * Returns the two rows at the top of every screen: the comparison with the position and the rate, and
 * the pair with the progress of the replay, the forecast and the remark.
 */
export const topRuns = (
  session: Session,
  title: Title,
  progress: string | null,
  width: number,
): readonly (readonly StyledRun[])[] => {
  const queue = reviewTally(session);
  const rated = ratedTally(session);
  const program: StyledRun = { text: width < withProgram ? '' : 'understudy  ', style: 'bold' };
  const right = queueRuns(session, title, width - runsWidth([program]));
  const room = width - runsWidth(right) - runsWidth([program]) - 2;
  return [
    leftAndRight([program, ...nameRuns(title, room)], right, width),
    pairRow(
      session,
      { remark: [dim(printableLine(title.remark ?? ''))], progress: printableLine(progress ?? '') },
      [
        queue.byRule === 0 ? [] : [plain(`${count(queue.byRule)} by rule`)],
        title.weighted ||
        session.resolving ||
        session.isBeginning ||
        rated.isCountOnly ||
        session.controls !== null
          ? []
          : [dim(decisionText(rated, title.target ?? null) ?? forecast(rated))],
        recentRuns(session),
      ],
      width,
    ),
  ];
};

/** Returns the place in the queue with the rate so far, and the pair with its marks, both uncut. */
export const placeRuns = (
  session: Session,
  title: Title,
): readonly [place: readonly StyledRun[], pair: readonly StyledRun[]] => [
  queueRuns(session, title, Number.POSITIVE_INFINITY),
  pairRuns(session),
];

/** Returns the place in the queue with the rate so far or, among control pairs, only what tells none apart. */
const queueRuns = (session: Session, title: Title, width: number): readonly StyledRun[] => {
  if (session.resolving) return resolvedRuns(session.entries);
  const tally = reviewTally(session);
  if (session.controls !== null) return progressRuns(session, tally);
  return positionRuns(session, tally, rateRuns(ratedTally(session), title.weighted), width);
};

/** Returns a model's name without its provider. */
export const shortModelName = (name: string): string =>
  name.replace(/^(?:.*[/#]|recorded:)(?=.)/, '');

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
  const [left, right] = names.map(shortModelName) as [string, string];
  if (left === right) return whole;
  const half = Math.floor((room - 3) / 2);
  const space = Math.max(half, room - 3 - Math.min(half, cellWidth(right)));
  const shortLeft = truncateCells(left, space);
  return runs(shortLeft, truncateCells(right, room - 3 - cellWidth(shortLeft)));
};

/** The counts behind the rate, and whether only the number of verdicts is shown. */
type RatedTally = Tally & { readonly isCountOnly: boolean };

/**
 * Returns what is judged of the candidate on the screen. In a blind review of several candidates it is
 * what is judged of all: a rate would tell them apart.
 */
const ratedTally = (session: Session): RatedTally => {
  const isCountOnly = session.blind && session.comparisonIds.length > 1;
  const shown = currentEntry(session)?.comparisonId ?? session.comparisonIds[0] ?? '';
  const tally = isCountOnly ? reviewTally(session) : comparisonTally(session, shown);
  return { ...tally, isCountOnly };
};

/**
 * Returns the position in the queue, what is left of it, and the rate of the candidate so far:
 * `pair 12 of 81 to judge · 70 left · agree 72.7 % (43.4–90.3) of 11`; shorter where there is no room.
 */
const positionRuns = (
  { current, entries, isBeginning, replaying }: Session,
  tally: Tally,
  rate: readonly StyledRun[],
  width: number,
): readonly StyledRun[] => {
  const number = current === null ? 0 : numberToJudge(entries, current, replaying);
  const all = isBeginning ? '…' : `${tally.mayShrink ? 'up to ' : ''}${count(tally.toJudge)}`;
  const place = `${number === 0 ? '—' : count(number)} of ${all}`;
  const left = isBeginning ? 'counting' : `${count(tally.unjudged)} left`;
  const variants = [
    joinedRuns([[plain(`pair ${place} to judge`)], [plain(left)], rate]),
    joinedRuns([[plain(`pair ${place}`)], [plain(left)], rate]),
    joinedRuns([[plain(place)], [plain(left)], rate]),
    joinedRuns([[plain(place)], rate]),
  ];
  return variants.find((runs) => runsWidth(runs) <= width - namesCells) ?? variants.at(-1) ?? [];
};

/**
 * Returns how far a review with control pairs is, in numbers that do not tell which pairs these are: all
 * verdicts, and about how many pairs are left. `about 70 left · 11 judged`.
 */
const progressRuns = (session: Session, { unjudged }: Tally): readonly StyledRun[] => {
  const tens = Math.round(unjudged / 10) * 10;
  const isOver = unjudged === 0 && nextPlace(session) === null;
  return joinedRuns([
    [plain(isOver ? '0 left' : tens === 0 ? 'few left' : `about ${count(tens)} left`)],
    [plain(`${count(judgedPairs(session).length)} judged`)],
  ]);
};

const rateRuns = (
  { agree, early, isCountOnly, judged }: RatedTally,
  weighted: boolean,
): readonly StyledRun[] => {
  const apart = early === 0 ? [] : [dim(` + ${count(early)} ahead`)];
  if (judged === 0) return [dim('0 judged'), ...apart];
  if (isCountOnly) return [plain(`${count(judged)} judged`), ...apart];
  if (weighted) return [plain(`${count(judged)} judged`), dim(' · S: rate by traffic')];
  const { rate, lower, upper } = wilson(agree, judged);
  const percent = (value: number | null): string => ((value ?? 0) * 100).toFixed(1);
  return [
    plain('agree '),
    { text: `${percent(rate)} %`, style: 'bold' },
    plain(` (${percent(lower)}–${percent(upper)}) of ${count(judged)}`),
    ...apart,
  ];
};

const resolvedRuns = (entries: PairList): readonly StyledRun[] => [
  plain(`${count([...entries.marked()].filter(({ verdict }) => verdict !== null).length)} of `),
  plain(`${count(entries.length)} ${entries.length === 1 ? 'conflict' : 'conflicts'} resolved`),
];

/**
 * Returns how many more verdicts a useful interval needs, or what the rest of the queue will give:
 * `34 more for ±5 points`, `all 36 that are left: ±7.2 points`.
 */
const forecast = ({ agree, early, judged, unjudged }: Tally): string => {
  if (judged === 0) return '';
  const more = verdictsForHalfWidth(agree, judged, 0.05);
  if (more === 0) return 'within ±5 points';
  if (more <= unjudged) return `${count(more)} more for ±5 points`;
  if (unjudged === 0) return '';
  // At the end of the order, verdicts ahead of it count as well.
  const all = judged + early + unjudged;
  const { lower, upper } = wilson(Math.round((agree / judged) * all), all);
  const half = (((upper ?? 1) - (lower ?? 0)) / 2) * 100;
  return `all ${count(unjudged)} that are left: ±${half.toFixed(1)} points`;
};

/**
 * Returns whether the candidate is no worse on the share of requests that it is to reach: `reached: ≥ 95 %`,
 * `ruled out: ≥ 95 %`, `≥ 95 %: about 40 more`. Null without a target. Anyone may look after every verdict.
 */
const decisionText = ({ list }: Tally, target: number | null): string | null => {
  if (target === null) return null;
  const { decision, more } = decideTarget({ least: list, most: list }, target);
  const asked = `≥ ${Number((target * 100).toFixed(2))} %`;
  if (decision === 'reached') return `reached: ${asked}`;
  return decision === 'ruled_out' ? `ruled out: ${asked}` : `${asked}: about ${count(more)} more`;
};

/** The number of recent verdicts that are shown. */
const recentVerdicts = 10;

/** Returns the last verdicts as marks; the one of the pair on the screen is in brackets. */
const recentRuns = (session: Session): readonly StyledRun[] => {
  const recent = judgedPairs(session).slice(-recentVerdicts);
  const shown = judgedPlace(session, recent);
  return recent.flatMap((pair, at) => {
    const shownMark = verdictMark[shownVerdict(session, pair, pair.verdict)];
    // Among control pairs a click would tell which pair is one.
    const { captureId, comparisonId } = pair;
    const target = { kind: 'pair', pair: { comparisonId, captureId } } as const;
    const mark: StyledRun = session.controls === null ? { ...shownMark, target } : shownMark;
    const space = plain(at === 0 ? '' : ' ');
    return at === shown ? [space, plain('['), mark, plain(']')] : [space, mark];
  });
};

const outcomeStyle = {
  identical: 'good',
  equivalent: 'good',
  failed: 'error',
} as const;

/** The share of the second row that the pair has if it needs it. */
const pairShare = 0.6;

/**
 * Returns the pair and its marks, and at the right the groups: the progress always, shorter where the pair needs the
 * room, the remark unless both would take most of the row, the others if they fit.
 */
const pairRow = (
  session: Session,
  { progress: told, remark }: { readonly progress: string; readonly remark: readonly StyledRun[] },
  others: readonly (readonly StyledRun[])[],
  width: number,
): readonly StyledRun[] => {
  const left = pairRuns(session);
  const room = width - 2 - Math.min(runsWidth(left), Math.floor(width * pairShare));
  const beside = runsWidth(remark) === 0 ? 0 : runsWidth(remark) + 3;
  const both = [[plain(fittingProgress(told, room - beside))], remark];
  const isCrowded = told !== '' && runsWidth(joinedRuns(both)) > Math.max(room, width * 0.5);
  let shown = isCrowded ? [[plain(fittingProgress(told, room))]] : both;
  for (const group of others) {
    const longer = [group, ...shown];
    if (runsWidth(left) + runsWidth(joinedRuns(longer)) + 2 <= width) shown = longer;
  }
  return leftAndRight(left, joinedRuns(shown), width);
};

/** Returns the progress of a replay; without room, its first and its last part, or only the first. */
const fittingProgress = (told: string, room: number): string => {
  const parts = told.split(' · ');
  const ends = parts.length > 2 ? `${parts[0]} · ${parts.at(-1)}` : told;
  return [told, ends].find((text) => cellWidth(text) <= room) ?? parts[0] ?? '';
};

const pairRuns = (session: Session): readonly StyledRun[] => {
  const entry = currentEntry(session);
  if (entry === null) return [dim('no pair')];
  const { comment, outcome, skipped, tags, verdict } = entry;
  const isOpen = verdict === null && skipped === null && outcome === 'different';
  return joinedRuns([
    [{ text: truncateCells(printableLine(entry.endpoint), 40), style: 'accent' }],
    [plain(shortId(entry.captureId))],
    [plain(candidateText(session))],
    verdict === null
      ? [dim(skipped !== null ? 'skipped' : isOpen ? openText(session, entry) : '')]
      : [
          plain(session.resolving ? 'resolved: ' : ''),
          verdictMark[shownVerdict(session, entry, verdict)],
          { text: ` ${verdictWords(shownVerdict(session, entry, verdict))}`, style: 'bold' },
        ],
    outcome === null || outcome === 'different'
      ? []
      : [
          { text: outcome, style: outcomeStyle[outcome] },
          dim(
            outcome === 'failed' ? '' : entry.byRule === true ? ' (by rule)' : ' (by the machine)',
          ),
        ],
    tags.length === 0 ? [] : [plain(tags.map(printableLine).join(', '))],
    comment === null ? [] : [dim(`“${printableLine(comment)}”`)],
    ...opinionRuns(session, entry),
  ]);
};

/** `candidate 1 of 2`; empty if the request has one candidate. */
const candidateText = ({ current, entries }: Session): string => {
  if (current === null) return '';
  const { number, total } = candidateNumber(entries, current);
  return total < 2 ? '' : `candidate ${count(number)} of ${count(total)}`;
};

const openText = ({ resolving }: Session, { elsewhere }: Entry): string => {
  if (resolving) return 'not resolved';
  return elsewhere === true ? 'left to another reviewer' : 'not judged';
};

/** The cells of another reviewer's comment; the details have all of it. */
const commentCells = 40;

/** Returns what each other reviewer says of the pair, as far as this one may know it yet. */
const opinionRuns = (session: Session, entry: Entry): readonly (readonly StyledRun[])[] =>
  knownOpinions(session, entry).map(({ comment, reviewer, tags, verdict }) => [
    dim(`${printableLine(reviewer)}: `),
    verdict === 'undecided' ? dim('?') : verdictMark[verdict],
    plain(` ${verdict.replaceAll('_', ' ')}`),
    dim(tags.length === 0 ? '' : ` (${tags.map(printableLine).join(', ')})`),
    dim(comment === null ? '' : ` “${truncateCells(printableLine(comment), commentCells)}”`),
  ]);

/** The length in cells from which an id is shortened; `i` shows the whole one. */
const idCells = 24;

const shortId = (id: string): string => {
  const shown = printableLine(id);
  if (cellWidth(shown) <= idCells) return shown;
  const end = Array.from(shown).slice(-8).join('');
  return cellWidth(end) > 16
    ? truncateCells(shown, idCells)
    : `${truncateCells(shown, idCells - cellWidth(end))}${end}`;
};
