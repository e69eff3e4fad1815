import type { Side } from '../../comparison/outcome.ts';
import type { Control, VerdictEvent } from '../../store/verdicts.ts';
import { sha256 } from '../../traffic/hash.ts';
import { isReady, pairMarks, type Entry } from './entry.ts';
import { nextPair, upcomingPairs } from './next-pair.ts';
import type { PairList } from './pair-list.ts';
import type { Walk } from './walk.ts';

/** How a blind review measures itself, by control pairs among the others that nothing tells apart. */
export type Controls = {
  /**
   * The share of judged pairs that come back, and that are followed by a pair of the baseline with its own
   * second answer; above 0, at most 1.
   */
  readonly share: number;
  /** The captures to which the baseline gave two different answers. */
  readonly noise: readonly string[];
};

/** A control pair as a pair of the queue, and the side that is on its left. */
export type ControlEntry = Entry & { readonly control: Control; readonly left: Side };

/** The least number of other pairs that are judged before a request is seen again. */
export const pairsBetween = 20;

/** The number of pairs over which the return of pairs is spread beyond that. */
const spread = 20;

/** The state that decides which pair comes next. */
type Queue = {
  /** Only a review of one comparison has control pairs. */
  readonly comparisonIds: readonly string[];
  readonly reviewer: string;
  readonly entries: PairList;
  readonly standing: readonly VerdictEvent[];
  readonly replaying: boolean;
  readonly resolving: boolean;
  readonly walk: Walk | null;
  readonly controls: Controls | null;
};

type ChosenControl = { readonly captureId: string; readonly control: Control };

/**
 * Returns the control pair that comes next, before any other pair; null if none is due. It depends on the
 * comparison, the reviewer, the pairs and the standing events alone, so a review that was killed goes on in
 * the same way. Two control pairs never follow each other.
 */
const dueControl = (queue: Queue): ChosenControl | null => {
  const { controls, standing } = queue;
  if (controls === null) return null;
  const last = standing.findLast((event) => isSeenControl(event) || isSeenVerdict(event));
  if (last === undefined || last.control !== undefined) return null;
  const { judged, pairsSince } = judgedBefore(standing);
  const seen = new Set(
    standing.flatMap((event) =>
      isSeenControl(event) ? [`${event.control.kind} ${event.captureId}`] : [],
    ),
  );
  const found = { last, judged, pairsSince, seen };
  const kinds = [dueNoise, dueRepeat];
  // Where both are due, neither kind may crowd out the other.
  const inOrder = chance('kind', queue, last.captureId) < 0.5 ? kinds : kinds.toReversed();
  for (const due of inOrder) {
    const chosen = due(queue, controls, found);
    if (chosen !== null) return chosen;
  }
  return null;
};

type SeenVerdict = VerdictEvent & { readonly kind: 'verdict' };

/** Whether the event is a verdict on a pair of the queue that the reviewer looked at. */
const isSeenVerdict = (event: VerdictEvent): event is SeenVerdict =>
  event.kind === 'verdict' && event.control === undefined && event.group === undefined;

/** Whether the event is about a control pair and ends its turn. */
const isSeenControl = (
  event: VerdictEvent,
): event is VerdictEvent & { readonly control: Control } =>
  event.control !== undefined && (event.kind === 'verdict' || event.kind === 'skip');

/** The latest verdict on each pair of the queue, the last one first, and how long ago a request was seen. */
const judgedBefore = (standing: readonly VerdictEvent[]): Pick<Found, 'judged' | 'pairsSince'> => {
  const judged = new Map<string, SeenVerdict>();
  const pairsSince = new Map<string, number>();
  for (const event of standing.toReversed()) {
    const { captureId } = event;
    const isVerdict = isSeenVerdict(event);
    if (!isVerdict && !isSeenControl(event)) continue;
    if (!pairsSince.has(captureId)) pairsSince.set(captureId, judged.size);
    if (isVerdict && !judged.has(captureId)) judged.set(captureId, event);
  }
  return { judged, pairsSince };
};

/** The state of the pairs according to the standing events. */
type Found = {
  /** The last verdict on a pair of the queue. */
  readonly last: VerdictEvent;
  readonly judged: ReadonlyMap<string, SeenVerdict>;
  /** How many pairs of the queue were judged since each request was last judged in any pair. */
  readonly pairsSince: ReadonlyMap<string, number>;
  /** The control pairs that had their turn, by kind and capture. */
  readonly seen: ReadonlySet<string>;
};

/** A number from 0 to below 1, as good as random, that is the same whenever it is asked for. */
const chance = (
  what: string,
  queue: Pick<Queue, 'comparisonIds' | 'reviewer'>,
  captureId: string,
): number => {
  const hash = sha256(`${what}\0${comparisonOf(queue)}\0${queue.reviewer}\0${captureId}`);
  return Number.parseInt(hash.slice(0, 13), 16) / 2 ** 52;
};

/** The last verdict decides whether a pair of the baseline with itself follows, and the pairs' order which. */
const dueNoise = (
  queue: Queue,
  { noise, share }: Controls,
  { last, pairsSince, seen }: Found,
): ChosenControl | null => {
  if (chance('noise follows', queue, last.captureId) >= share) return null;
  const { entries, replaying } = queue;
  const near = new Set(
    upcomingPairs(entries, replaying, pairsBetween).map((index) => entries.at(index)?.captureId),
  );
  const [first] = noise
    .filter((captureId) => {
      const since = pairsSince.get(captureId) ?? pairsBetween;
      return since >= pairsBetween && !seen.has(`noise ${captureId}`) && !near.has(captureId);
    })
    .map((captureId) => ({ captureId, place: chance('noise pair', queue, captureId) }))
    .toSorted((one, other) => one.place - other.place);
  if (first === undefined || entryOf(queue, first.captureId) === undefined) return null;
  return { captureId: first.captureId, control: { kind: 'noise' } };
};

/** The pair that was judged the longest ago of those that are to come back, if it was long enough ago. */
const dueRepeat = (
  queue: Queue,
  { share }: Controls,
  { judged, pairsSince, seen }: Found,
): ChosenControl | null => {
  for (const [captureId, event] of [...judged].toReversed()) {
    const since = pairsSince.get(captureId) ?? 0;
    if (since < pairsBetween || event.left === undefined) continue;
    if (chance('repeat', queue, captureId) >= share || seen.has(`repeat ${captureId}`)) continue;
    const later = Math.floor(spread * chance('repeat later', queue, captureId));
    if (since < pairsBetween + later) continue;
    const entry = entryOf(queue, captureId);
    if (entry === undefined || !isReady(entry) || entry.outcome !== 'different') continue;
    return { captureId, control: { kind: 'repeat', repeats: event.id } };
  }
  return null;
};

const entryOf = (queue: Pick<Queue, 'comparisonIds' | 'entries'>, captureId: string) =>
  queue.entries.find({ comparisonId: comparisonOf(queue), captureId });

/** The one comparison of a review with control pairs. */
const comparisonOf = ({ comparisonIds: [first = ''] }: Pick<Queue, 'comparisonIds'>): string =>
  first;

/** The control pair that was skipped the longest ago and has no verdict since; null if there is none. */
const skippedControl = ({
  standing,
}: Queue): { readonly chosen: ChosenControl; readonly skipped: number } | null => {
  const skips = standing.flatMap((event) => {
    if (event.kind !== 'skip' || event.control === undefined) return [];
    const { captureId, control } = event;
    const { skipped } = pairMarks(standing, event, control.kind);
    return skipped === null ? [] : [{ chosen: { captureId, control }, skipped }];
  });
  return skips.toSorted((one, other) => one.skipped - other.skipped)[0] ?? null;
};

/** Returns the control pair to show now, before the pair at the index `next`; null if there is none. */
const nextControl = (queue: Queue, next: number | null): ControlEntry | null => {
  if (queue.controls === null || queue.resolving || queue.walk !== null) return null;
  const due = dueControl(queue);
  if (due !== null) return controlEntry(queue, due);
  const passed = next === null ? Number.POSITIVE_INFINITY : queue.entries.at(next)?.skipped;
  if (passed === null || passed === undefined) return null;
  const skipped = skippedControl(queue);
  return skipped === null || skipped.skipped > passed ? null : controlEntry(queue, skipped.chosen);
};

/**
 * Returns a control pair with the marks that the standing events give it; null if its capture is not among
 * the pairs.
 */
export const controlEntry = (
  queue: Queue,
  { captureId, control }: ChosenControl,
): ControlEntry | null => {
  const entry = entryOf(queue, captureId);
  if (entry === undefined) return null;
  const { comparisonId, endpoint } = entry;
  return {
    comparisonId,
    captureId,
    endpoint,
    status: { baseline: 'answered', candidate: 'answered' },
    outcome: 'different',
    ...pairMarks(queue.standing, entry, control.kind),
    control,
    left: controlLeft(queue, { captureId, control }),
  };
};

/** A pair that comes back has its sides swapped; the answers of the baseline stand in random places. */
const controlLeft = (queue: Queue, { captureId, control }: ChosenControl): Side => {
  const first =
    control.kind === 'repeat' ? queue.standing.find(({ id }) => id === control.repeats) : undefined;
  const left = first?.kind === 'verdict' ? first.left : undefined;
  if (left !== undefined) return left === 'baseline' ? 'candidate' : 'baseline';
  return chance('control left', queue, captureId) < 0.5 ? 'baseline' : 'candidate';
};

/**
 * Where a review is: at the pair with the index `current` or, with `control`, at a control pair before it.
 */
export type QueuePlace = { readonly current: number; readonly control: ControlEntry | null };

/**
 * Returns the place of the next pair to judge, in the order of the queue or as a control pair; null if none
 * is left.
 */
export const nextPlace = (queue: Queue): QueuePlace | null => {
  const next = nextPair(queue.entries, queue.replaying, queue.walk);
  const control = nextControl(queue, next);
  if (control !== null) return { current: next ?? queue.entries.length, control };
  return next === null ? null : { current: next, control: null };
};

/** Returns the place of a control pair that was on the screen before; null without its capture. */
export const controlPlace = (queue: Queue, chosen: ChosenControl): QueuePlace | null => {
  const control = controlEntry(queue, chosen);
  const next = nextPair(queue.entries, queue.replaying);
  return control === null ? null : { current: next ?? queue.entries.length, control };
};

/**
 * Returns the control pair that a verdict on a pair would bring, so that it can be loaded before; null for
 * none.
 */
export const controlAfter = (queue: Queue, captureId: string): ChosenControl | null => {
  const { reviewer, standing } = queue;
  const event = { id: '', comparisonId: comparisonOf(queue), captureId, reviewer, at: '' };
  const expected: VerdictEvent = { ...event, kind: 'verdict', verdict: 'agree', left: 'baseline' };
  return dueControl({ ...queue, standing: [...standing, expected] });
};

/** The results of the control pairs of a sitting. */
export type ControlResults = {
  /** Pairs that came back, and those of them that got the same verdict again. */
  readonly repeats: number;
  readonly same: number;
  /** Pairs of the baseline with its own second answer, and those on which the reviewer agreed. */
  readonly noise: number;
  readonly noiseAgreed: number;
};

/** Counts the standing verdicts on control pairs that were given in this sitting. */
export const controlResults = ({
  given,
  standing,
}: {
  readonly given: readonly { readonly eventId: string }[];
  readonly standing: readonly VerdictEvent[];
}): ControlResults => {
  const own = new Set(given.map(({ eventId }) => eventId));
  const last = new Map<string, SeenVerdict>();
  const first = new Map<string, SeenVerdict>();
  for (const event of standing) {
    if (event.kind !== 'verdict') continue;
    first.set(event.id, event);
    if (event.control === undefined || !own.has(event.id)) continue;
    last.set(`${event.control.kind} ${event.captureId}`, event);
  }
  const counts = { repeats: 0, same: 0, noise: 0, noiseAgreed: 0 };
  for (const { control, verdict } of last.values()) {
    if (control?.kind === 'noise') {
      counts.noise++;
      if (verdict === 'agree') counts.noiseAgreed++;
    }
    const before = control?.kind === 'repeat' ? first.get(control.repeats) : undefined;
    if (before === undefined) continue;
    counts.repeats++;
    if (before.verdict === verdict) counts.same++;
  }
  return counts;
};
