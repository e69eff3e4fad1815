import { basename } from 'node:path';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { listMarks } from '../store/comparisons/pair-marks.ts';
import { listJudgeable } from '../store/comparisons/pairs.ts';
import type { Store } from '../store/open.ts';
import { storable } from '../store/bodies.ts';
import {
  appendEvents,
  listAllEvents,
  listEventIdsElsewhere,
  type VerdictEvent,
} from '../store/verdicts.ts';
import { timeOrderedId } from '../text/time-ordered-id.ts';
import { sha256 } from '../traffic/hash.ts';
import type { Layout } from '../traffic/reading/layout.ts';
import { readRecords } from '../traffic/reading/read-records.ts';
import { readVerdicts, type FiledVerdict, type ReadVerdict } from './read-verdict.ts';

/** Verdicts of a file that could not be used for the same reason. */
export type WrongVerdicts = {
  readonly reason: string;
  readonly count: number;
  /** The first lines, from 1, with what is wrong there as raw text. */
  readonly lines: readonly { readonly line: number; readonly value: string | null }[];
};

/**
 * What became of the verdicts of a file: `read = stored + alreadyThere + withoutVerdict + wrong`. A line is
 * one of them, unless it is an exported pair with the verdicts of several reviewers.
 */
export type VerdictReport = {
  readonly read: number;
  readonly stored: number;
  readonly alreadyThere: number;
  /** Those of the stored ones that count as given ahead of the random order. */
  readonly ahead: number;
  /** Lines of an export about pairs that a reviewer has not judged. */
  readonly withoutVerdict: number;
  /** Most frequent reason first. */
  readonly wrong: readonly WrongVerdicts[];
  readonly reviewers: readonly string[];
};

/** Events that share a transaction. */
const eventsAtOnce = 5000;

/** The lines that a report names for each reason. */
const namedLines = 5;

/**
 * Takes the verdicts of a file into a comparison. What can be used is stored, whatever else is in the file.
 * The same file adds nothing a second time: an event is known by its id, by its content and time, or by the
 * hash of its content, which is part of the id that it gets. Rejects with the file system's error.
 */
export const takeVerdicts = async (
  store: Store,
  comparison: ComparisonRecord,
  file: { readonly path: string; readonly name: string; readonly layout: Layout },
  { nowMs, reviewer }: { readonly reviewer: string | null; readonly nowMs: number },
): Promise<VerdictReport> => {
  const taker = await openTaker(store, comparison.id, { nowMs, file: basename(file.name) });
  const isTable = file.layout.kind === 'csv';
  const context = { comparison, reviewer, isTable, nowMs };
  const tally = new VerdictTally();
  let events: VerdictEvent[] = [];
  for await (const records of readRecords(file.path, file.layout)) {
    for (const record of records) {
      const read =
        record.kind === 'object'
          ? readVerdicts(record.object, context)
          : [{ kind: 'wrong', reason: record.reason, value: null } as const];
      for (const one of read) {
        const taken = one.kind === 'verdict' ? taker.take(one.given) : one;
        tally.add(taken, record.line, one);
        if (taken.kind === 'events') events.push(...taken.events);
      }
    }
    if (events.length < eventsAtOnce) continue;
    await appendEvents(store, events);
    events = [];
  }
  if (events.length > 0) await appendEvents(store, events);
  return tally.report();
};

/** The outcome of a verdict: the events to store, none if all exist, or why it cannot be used. */
type TakenVerdict =
  | { readonly kind: 'events'; readonly events: readonly VerdictEvent[] }
  | Exclude<ReadVerdict, { kind: 'verdict' }>;

const openTaker = async (
  store: Store,
  comparisonId: string,
  { file, nowMs }: { readonly file: string; readonly nowMs: number },
): Promise<VerdictTaker> => {
  const judgeable = await listJudgeable(store, comparisonId);
  const taker = new VerdictTaker(comparisonId, { file, nowMs }, judgeable);
  for (const id of await listEventIdsElsewhere(store, comparisonId)) taker.knowForeign(id);
  for (const event of await listAllEvents(store, comparisonId, null)) taker.know(event);
  for (const [captureId, { resolvers, reviewers }] of await listMarks(store, comparisonId, null)) {
    for (const { comment, reviewer, tags } of reviewers) {
      taker.stand({ captureId, reviewer, resolves: false }, tags, comment);
    }
    for (const { comment, reviewer, tags } of resolvers) {
      taker.stand({ captureId, reviewer, resolves: true }, tags, comment);
    }
  }
  return taker;
};

type EventPlace = Pick<FiledVerdict, 'captureId' | 'reviewer' | 'resolves'>;

/** Turns verdicts into the events that the store lacks. It knows what the store has, and what it has made. */
class VerdictTaker {
  readonly #comparisonId: string;
  readonly #nowMs: number;
  /** The name of the file that the verdicts are read from. */
  readonly #file: string;
  /** The captures of the comparison, and whether both sides have an answer. */
  readonly #judgeable: ReadonlyMap<string, boolean>;
  readonly #foreignIds = new Set<string>();
  /** Verdicts by the ids of their events. */
  readonly #byId = new Map<string, string>();
  /** Contents of events with their times, and the hashes within ids. */
  readonly #known = new Set<string>();
  /** Verdicts by place and time. */
  readonly #atTime = new Map<string, string>();
  readonly #standing = new Map<string, { readonly tags: Set<string>; comment: string }>();

  constructor(
    comparisonId: string,
    { file, nowMs }: { readonly file: string; readonly nowMs: number },
    judgeable: ReadonlyMap<string, boolean>,
  ) {
    this.#comparisonId = comparisonId;
    this.#file = file;
    this.#nowMs = nowMs;
    this.#judgeable = judgeable;
  }

  /** Remembers the id of an event of another comparison. */
  knowForeign(id: string): void {
    this.#foreignIds.add(id);
  }

  /** Remembers an event that the store has. */
  know(event: VerdictEvent): void {
    const { at, captureId, id, reviewer } = event;
    const place = { captureId, reviewer, resolves: event.resolves === true };
    this.#known.add(hashIn(id));
    if (event.kind === 'undo' || event.kind === 'skip') return;
    const value = valueOf(event);
    this.#known.add(keyOf([...placeKey(place), event.kind, value, at]));
    if (event.kind !== 'verdict') return;
    this.#byId.set(id, keyOf([...placeKey(place), value]));
    this.#atTime.set(keyOf([...placeKey(place), at]), value);
  }

  /** Remembers the tags and the comment that stand on a pair. */
  stand(place: EventPlace, tags: readonly string[], comment: string): void {
    this.#standing.set(keyOf(placeKey(place)), { tags: new Set(tags), comment });
  }

  take(verdict: FiledVerdict): TakenVerdict {
    const captureId = this.#judgeable.has(verdict.captureId)
      ? verdict.captureId
      : verdict.captureId.trim();
    const given = { ...verdict, captureId, reviewer: storable(verdict.reviewer) };
    const isAnswered = this.#judgeable.get(captureId);
    if (isAnswered === undefined) return wrong('not a capture of this comparison', given.captureId);
    if (!isAnswered) return wrong('a pair without two answers', given.captureId);
    const said = keyOf([...placeKey(given), given.verdict]);
    const byId = given.id === null ? undefined : this.#byId.get(given.id);
    if (given.id !== null && (this.#foreignIds.has(given.id) || (byId ?? said) !== said)) {
      return wrong('the id of another verdict', given.id);
    }
    const atTime = keyOf([...placeKey(given), given.at]);
    if ((this.#atTime.get(atTime) ?? given.verdict) !== given.verdict) {
      return wrong('another verdict of the same reviewer at the same time', given.verdict);
    }
    this.#atTime.set(atTime, given.verdict);
    return { kind: 'events', events: this.#newEvents(given) };
  }

  #newEvents(given: FiledVerdict): readonly VerdictEvent[] {
    const { at, chosen, group, left } = {
      at: given.at ?? new Date(this.#nowMs).toISOString(),
      ...given.circumstances,
    };
    const { ahead } = given.circumstances;
    const common = {
      comparisonId: this.#comparisonId,
      captureId: given.captureId,
      reviewer: given.reviewer,
      at,
      ...(given.resolves ? { resolves: true as const } : {}),
    };
    const events: VerdictEvent[] = [];
    const id = this.#idOfNew(given, 'verdict', given.verdict);
    if (id !== null) {
      this.#byId.set(id, keyOf([...placeKey(given), given.verdict]));
      events.push({
        ...common,
        id,
        kind: 'verdict',
        verdict: given.verdict,
        ...(typeof ahead === 'boolean' ? { ahead } : {}),
        ...(left ? { left } : {}),
        ...(chosen ? { chosen } : {}),
        ...(group ? { group } : {}),
        origin: { kind: 'file', file: this.#file, store: null },
      });
    }
    const standing = this.#standingAt(given);
    for (const text of given.tags) {
      const tag = storable(text);
      const tagId = standing.tags.has(tag) ? null : this.#idOfNew(given, 'tag', tag);
      if (tagId === null) continue;
      standing.tags.add(tag);
      events.push({ ...common, id: tagId, kind: 'tag', tag });
    }
    const comment = storable(given.comment);
    const commentId =
      comment === '' || comment === standing.comment
        ? null
        : this.#idOfNew(given, 'comment', comment);
    if (commentId !== null) {
      standing.comment = comment;
      events.push({ ...common, id: commentId, kind: 'comment', comment });
    }
    return events;
  }

  #standingAt(place: EventPlace): { readonly tags: Set<string>; comment: string } {
    const key = keyOf(placeKey(place));
    const standing = this.#standing.get(key) ?? { tags: new Set<string>(), comment: '' };
    this.#standing.set(key, standing);
    return standing;
  }

  /** Returns the id of an event of this content, and remembers it; null if it is there already. */
  #idOfNew(given: FiledVerdict, kind: 'verdict' | 'tag' | 'comment', value: string): string | null {
    const content = [...placeKey(given), kind, value, given.at];
    const key = keyOf(content);
    const hash = sha256(keyOf([this.#comparisonId, ...content]));
    const ms = given.at === null ? this.#nowMs : Date.parse(given.at);
    const derived = timeOrderedId(null, ms, Buffer.from(hash, 'hex'));
    const id = kind === 'verdict' && given.id !== null ? given.id : derived;
    const isKnown =
      this.#known.has(hashIn(id)) ||
      this.#known.has(hashIn(derived)) ||
      (given.at !== null && this.#known.has(key));
    if (isKnown) return null;
    for (const known of [hashIn(id), hashIn(derived), key]) this.#known.add(known);
    return id;
  }
}

const wrong = (reason: string, value: string): TakenVerdict => ({ kind: 'wrong', reason, value });

const placeKey = ({ captureId, resolves, reviewer }: EventPlace): readonly (string | boolean)[] => [
  captureId,
  reviewer,
  resolves,
];

const keyOf = (parts: readonly (string | boolean | null)[]): string => JSON.stringify(parts);

/** The part of an id that is not its time. */
const hashIn = (id: string): string => id.slice('00000000-0000-'.length) || id;

const valueOf = (event: Extract<VerdictEvent, { kind: 'verdict' | 'tag' | 'comment' }>): string => {
  switch (event.kind) {
    case 'verdict':
      return event.verdict;
    case 'tag':
      return event.tag;
    case 'comment':
      return event.comment;
  }
};

/** Counts what becomes of every verdict. */
class VerdictTally {
  #read = 0;
  #stored = 0;
  #ahead = 0;
  #alreadyThere = 0;
  #withoutVerdict = 0;
  readonly #reviewers = new Set<string>();
  readonly #wrong = new Map<
    string,
    { count: number; readonly lines: { readonly line: number; readonly value: string | null }[] }
  >();

  add(taken: TakenVerdict, line: number, read: ReadVerdict): void {
    this.#read += 1;
    if (read.kind === 'verdict' && taken.kind === 'events')
      this.#reviewers.add(read.given.reviewer);
    switch (taken.kind) {
      case 'events':
        if (taken.events.length === 0) this.#alreadyThere += 1;
        else this.#stored += 1;
        if (taken.events.some((event) => event.kind === 'verdict' && event.ahead === true)) {
          this.#ahead += 1;
        }
        break;
      case 'none':
        this.#withoutVerdict += 1;
        break;
      case 'wrong': {
        const { reason, value } = taken;
        const found = this.#wrong.get(reason) ?? { count: 0, lines: [] };
        this.#wrong.set(reason, found);
        found.count += 1;
        if (found.lines.length < namedLines) found.lines.push({ line, value });
      }
    }
  }

  report(): VerdictReport {
    return {
      read: this.#read,
      stored: this.#stored,
      ahead: this.#ahead,
      alreadyThere: this.#alreadyThere,
      withoutVerdict: this.#withoutVerdict,
      wrong: Array.from(this.#wrong, ([reason, found]) => ({ reason, ...found })).toSorted(
        (a, b) => b.count - a.count,
      ),
      reviewers: [...this.#reviewers].toSorted(),
    };
  }
}
