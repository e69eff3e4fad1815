import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { openTerminal } from './controlling-terminal.ts';
import type { Rule } from '../../comparison/settling-rules.ts';
import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { Model } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { LiveReplay } from '../../replay/replay-event.ts';
import { openReview } from '../../review/screen/open-review.tsx';
import { isConflict, opinionsIn } from '../../review/session/entry.ts';
import type { ComparisonServices, ReviewServices } from '../../review/screen/services.ts';
import type { ReviewEnd } from '../../review/screen/controller.ts';
import { bindKeys } from '../../review/session/key-bindings.ts';
import type { Keymap } from '../../review/session/keymap.ts';
import {
  listJudgedComparisons,
  type ComparisonRecord,
} from '../../store/comparisons/comparisons.ts';
import { UserError } from '../../text/user-error.ts';
import { timeOrderedId } from '../../text/time-ordered-id.ts';
import type { Store } from '../../store/open.ts';
import { loadSelection } from '../../store/comparisons/select-captures.ts';
import { listNoisePairs, type NoisePairs } from '../../store/comparisons/noise.ts';
import { conversationTurns } from '../../store/comparisons/conversation-turns.ts';
import { listPairs, loadPair, type Pair } from '../../store/comparisons/pairs.ts';
import { listJudgements } from '../../store/judge-calls.ts';
import { queueFacts } from '../../store/comparisons/queue-facts.ts';
import {
  loadOverlap,
  pairsOfOthers,
  releasePair,
  reservePair,
  saveOverlap,
} from '../../store/comparisons/overlap.ts';
import { readShare } from '../../traffic/selection/read-selection.ts';
import { queuePosition } from '../../store/comparisons/queue-order.ts';
import { filterPairs } from '../../store/comparisons/filter-pairs.ts';
import { pairNumbers } from '../../store/comparisons/pair-numbers.ts';
import { pairPatterns } from '../../store/comparisons/pair-patterns.ts';
import { listPairTraits } from '../../store/comparisons/pair-traits.ts';
import {
  addRules,
  isSameRule,
  listRules,
  rulesInForce,
  settledByAdding,
  takeBackRules,
  type RuleRecord,
} from '../../store/comparisons/stored-rules.ts';
import { liveRuns } from '../../replay/claims.ts';
import { listClaims } from '../../store/side-claims.ts';
import { thisProcess } from '../../store/this-process.ts';
import { compareOlder } from '../../replay/compare-stored.ts';
import { findText } from '../../store/search/find-text.ts';
import {
  appendEvent,
  appendEvents,
  latestEventId,
  listEvents,
  listEventsOfOthers,
  listResolvedByOthers,
} from '../../store/verdicts.ts';

/** Whether there is a conflict that no other reviewer has resolved. */
export const hasConflict = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<boolean> => {
  const resolved = await listResolvedByOthers(store, comparisonId, reviewer);
  const opinions = opinionsIn(await listEventsOfOthers(store, comparisonId, null));
  return [...(opinions.get(comparisonId) ?? [])].some(
    ([captureId, own]) => !resolved.has(captureId) && isConflict(own),
  );
};

/** Stores the share of pairs that every reviewer judges, if the flag is given. */
export const changeOverlap = async (
  store: Store,
  comparisonId: string,
  overlap: number | null,
): Promise<void> => {
  if (overlap !== null) await saveOverlap(store, comparisonId, overlap);
};

/** Reads `--overlap`; null if it is not given. Throws UserError for anything but a share. */
export const readOverlap = (flag: string | undefined): number | null =>
  flag === undefined ? null : readShare('overlap', flag);

/**
 * Reads `--repeats`; null if it is not given. Throws UserError for anything but a share, and where it has no
 * meaning: a pair that comes back is only unannounced if nothing on the screen says what was said of it.
 */
export const readRepeats = (
  flag: string | undefined,
  {
    blind,
    candidate,
    conflicts = false,
  }: {
    readonly blind: boolean;
    /** The candidates that are named. */
    readonly candidate: readonly string[];
    readonly conflicts?: boolean;
  },
): number | null => {
  if (flag === undefined) return null;
  if (!blind) {
    throw new UserError(
      '--repeats needs --blind: otherwise prices, times and the counts on the screen tell which pairs come back. Add --blind, or leave out --repeats.',
    );
  }
  if (conflicts) {
    throw new UserError(
      '--repeats has no meaning with --conflicts, where everybody’s verdicts are in view. Leave out one of the two.',
    );
  }
  if (candidate.length > 1) {
    throw new UserError(
      '--repeats is for one candidate: with several, requests come back anyway. Name one candidate, or leave out --repeats.',
    );
  }
  return readShare('repeats', flag);
};

/** Reads `--target`; null if it is not given. Throws UserError for anything but a share. */
export const readTarget = (flag: string | undefined): number | null =>
  flag === undefined ? null : readShare('target', flag);

/** How long a pair on the screen stays reserved after its review was last alive. */
const reservedMs = 180_000;

/** The reservations of a review; null if every reviewer judges every pair. */
const reservationsOf = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<ComparisonServices['reservations']> => {
  if ((await loadOverlap(store, comparisonId)) >= 1) return null;
  return {
    reserve: (captureId) => {
      const nowMs = Date.now();
      return reservePair(store, {
        comparisonId,
        captureId,
        reviewer,
        at: new Date(nowMs).toISOString(),
        until: new Date(nowMs + reservedMs).toISOString(),
      });
    },
    release: () => releasePair(store, { comparisonId, reviewer }),
  };
};

/** How the user wants the screen. */
export type ScreenSettings = {
  /** Whether the review takes the mouse, unless the configuration says that it does not. */
  readonly mouse: boolean;
  /** Whether what changes is said in sentences instead of drawn. */
  readonly screenReader: boolean;
};

/** A comparison to review, with its prices and how its failed pairs are sent again. */
export type ReviewedComparison = Pick<ComparisonServices, 'cost' | 'retry'> & {
  readonly comparison: ComparisonRecord;
};

/** Something for each comparison of a review, which has at least one. */
export type PerComparison<Thing> = readonly [Thing, ...Thing[]];

type ReviewOptions = {
  readonly reviewer: string;
  /** Whether to walk over the conflicts only; default false. */
  readonly conflicts?: boolean;
  /** Whether to hide the models until the verdict; default false. */
  readonly blind?: boolean;
  /** The look of the review; by default what the configuration says. */
  readonly theme: ReviewTheme | undefined;
  /** The share of pairs that come back unannounced in a blind review; null, the default: none. */
  readonly repeats?: number | null;
  /** The rate of no worse to reach, as a fraction of 1; null, the default: none. */
  readonly target?: number | null;
  readonly settings: Settings;
  readonly screen: ScreenSettings;
  readonly remark: string | null;
  readonly notice: string | null;
  readonly summary: () => Promise<string>;
  readonly replay: LiveReplay | null;
  readonly watch: ReviewServices['watch'];
};

/**
 * Opens the review of a comparison, or of several candidates for one baseline, on the terminal, which the
 * caller has checked for. The order of the first comparison is that of the review.
 */
export const reviewOnTerminal = async (
  store: Store,
  reviewed: PerComparison<ReviewedComparison>,
  options: ReviewOptions,
): Promise<ReviewEnd> => {
  const { reviewer } = options;
  const [first, ...others] = reviewed;
  const labels = reviewed.map(({ comparison }) => comparison.candidate);
  const servicesOf = (one: ReviewedComparison): Promise<ComparisonServices> =>
    comparisonServices(store, one, labels, options);
  const latest = await latestEventId(store);
  const terminal = openTerminal();
  try {
    return await openReview(
      {
        comparisons: [await servicesOf(first), ...(await Promise.all(others.map(servicesOf)))],
        reviewer,
        notice: options.notice,
        blind: options.blind ?? false,
        queuePosition: (captureId) => queuePosition(first.comparison.id, captureId),
        repeats: options.repeats ?? null,
        appendEvent: (event) => appendEvent(store, event),
        appendEvents: (events) => appendEvents(store, events),
        rules: ruleServices(
          store,
          reviewed.map(({ comparison }) => comparison.id),
          reviewer,
        ),
        listComparisons: () => listJudgedComparisons(store, reviewer),
        summary: options.summary,
        keymap: reviewKeys(options.settings),
        tools: {
          editor: process.env['VISUAL'] || process.env['EDITOR'] || 'vi',
          pager: process.env['PAGER'] || 'less',
          difftool: options.settings.review.difftool,
        },
        replay: options.replay,
        watch: options.watch,
        nowMs: () => Date.now(),
        newId: (previous) => timeOrderedId(previous ?? latest, Date.now(), randomBytes(10)),
      },
      {
        stdin: terminal.stdin,
        stdout: terminal.stdout,
        files: terminal.files,
        theme: options.theme ?? options.settings.review.theme,
        environment: process.env,
        mouse: options.screen.mouse && options.settings.review.mouse,
        // Ink's own name for it, which other programs on Ink heed, too.
        isSpoken: options.screen.screenReader || process.env['INK_SCREEN_READER'] === 'true',
        workerUrl: new URL('./comparison-worker.js', import.meta.url),
      },
    );
  } finally {
    terminal.close();
  }
};

/** Returns the services of one comparison. `candidates`: those of all comparisons of the review. */
const comparisonServices = async (
  store: Store,
  { comparison, cost, retry }: ReviewedComparison,
  candidates: readonly string[],
  options: ReviewOptions,
): Promise<ComparisonServices> => {
  const { baseline, candidate, id: comparisonId } = comparison;
  const { conflicts = false, reviewer, settings } = options;
  let noise: NoisePairs | null = null;
  const withTurns = async (loading: Promise<Pair>) => {
    const pair = await loading;
    return { ...pair, conversation: await conversationTurns(store, comparisonId, pair.capture) };
  };
  return {
    id: comparisonId,
    title: {
      baseline,
      candidate,
      rivals: candidates.filter((other) => other !== candidate),
      remark: options.remark,
      weighted: ((await loadSelection(store, comparisonId))?.stratify ?? null) !== null,
      target: options.target ?? null,
    },
    listPairs: (part) => listPairs(store, comparisonId, part),
    queueFacts: () => queueFacts(store, comparisonId),
    listEvents: () =>
      listEvents(store, comparisonId, reviewer, conflicts ? 'resolving' : 'judging'),
    listOthers: () => listEventsOfOthers(store, comparisonId, conflicts ? null : reviewer),
    listJudgements: async () => (conflicts ? [] : listJudgements(store, comparisonId)),
    listInFlight: async () => {
      // The calls of its own replay are told to the review as they happen.
      if (options.replay !== null) return [];
      const runs = await liveRuns(store, thisProcess(), Date.now());
      return runs.length === 0 ? [] : listClaims(store, comparisonId, runs);
    },
    listElsewhere: async () =>
      conflicts
        ? new Set<string>()
        : pairsOfOthers(store, { comparisonId, reviewer, at: new Date().toISOString() }),
    conflicts: conflicts
      ? { listResolved: () => listResolvedByOthers(store, comparisonId, reviewer) }
      : null,
    reservations: conflicts ? null : await reservationsOf(store, comparisonId, reviewer),
    listNoise: async () => {
      noise = await listNoisePairs(store, comparison);
      return noise?.captureIds ?? [];
    },
    loadPair: (captureId) => withTurns(loadPair(store, comparisonId, captureId)),
    loadNoisePair: (captureId) =>
      withTurns(loadPair(store, noise?.comparisonId ?? comparisonId, captureId)),
    queue: queueServices(store, comparisonId, { cost, reviewer }),
    cost,
    retry,
    models: {
      baseline: knownModel(baseline, settings),
      candidate: knownModel(candidate, settings),
    },
  };
};

/** Returns the keys of the review. Throws UserError for a mistake in the configuration. */
export const reviewKeys = ({ file, review }: Settings): Keymap => bindKeys(review, file ?? '');

/** Returns the model of a name in a comparison; null if the configuration has no longer its provider. */
const knownModel = (label: string, { providers }: Settings): Model | null => {
  try {
    return resolveModel(label, providers);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
};

/** Returns the queries about the whole queue; `reviewer` is `me` in its filters. */
const queueServices = (
  store: Store,
  comparisonId: string,
  { cost, reviewer }: Pick<ComparisonServices, 'cost'> & Pick<ReviewServices, 'reviewer'>,
): ComparisonServices['queue'] => ({
  listTraits: (captureIds) => listPairTraits(store, comparisonId, { reviewer, cost, captureIds }),
  listNumbers: (name) => pairNumbers(store, comparisonId, name, cost),
  listPatterns: (captureIds) => pairPatterns(store, comparisonId, captureIds),
  filter: async (filter, captureIds, looking) =>
    new Set(
      await filterPairs(store, comparisonId, filter, {
        me: reviewer,
        reviewer,
        cost,
        index: 'build',
        ...(captureIds === 'all' ? {} : { captureIds }),
        ...looking,
      }),
    ),
  search: (text, start, { onFirst, onProgress, signal }) =>
    findText(store, comparisonId, text, {
      index: 'build',
      onProgress,
      signal,
      first: { captureId: start, onFirst },
    }),
});

/** The rules of a review's comparisons; `reviewer` makes and takes back. */
const ruleServices = (
  store: Store,
  comparisonIds: readonly string[],
  reviewer: string,
): ReviewServices['rules'] => ({
  settledByAdding: async (rules) => {
    const settled = rules.map(() => new Map<string, ReadonlySet<string>>());
    for (const comparisonId of comparisonIds) {
      await compareOlder(store, comparisonId);
      const found = await settledByAdding(store, comparisonId, rules);
      for (const [index, captureIds] of found.entries()) {
        settled[index]?.set(comparisonId, new Set(captureIds));
      }
    }
    return settled;
  },
  make: async (rule) => {
    const at = new Date();
    const made = { author: reviewer, madeBy: 'reviewer', at: at.toISOString() } as const;
    for (const comparisonId of comparisonIds) {
      const inForce = await rulesInForce(store.db, comparisonId);
      if (inForce.some((one) => isSameRule(one, rule))) continue;
      const id = timeOrderedId(null, at.getTime(), randomBytes(10));
      await addRules(store, comparisonId, [{ ...rule, ...made, id }]);
    }
  },
  takeBack: async (rule) => {
    const taken = { at: new Date().toISOString(), reviewer };
    for (const comparisonId of comparisonIds) {
      const ids = (await rulesInForce(store.db, comparisonId))
        .filter((one) => isSameRule(one, rule) && isOfSameAuthor(one, rule))
        .map(({ id }) => id);
      if (ids.length > 0) await takeBackRules(store, comparisonId, ids, taken);
    }
  },
  list: async () => {
    const lists: (readonly RuleRecord[])[] = [];
    for (const comparisonId of comparisonIds) lists.push(await listRules(store, comparisonId));
    return uniteRules(lists);
  },
  inForce: async () => {
    const ids: string[] = [];
    for (const comparisonId of comparisonIds) {
      for (const { id } of await rulesInForce(store.db, comparisonId)) ids.push(id);
    }
    return ids.join(' ');
  },
});

/** Returns the rules of several comparisons, each once, the oldest first. */
const uniteRules = (lists: readonly (readonly RuleRecord[])[]): readonly RuleRecord[] => {
  const united: RuleRecord[] = [];
  for (const list of lists) {
    // Rules of one comparison stay apart, also where one was made again after it was taken back.
    const known = united.length;
    for (const rule of list) {
      const index = united.findIndex(
        (one, at) =>
          at < known &&
          isSameRule(one, rule) &&
          isOfSameAuthor(one, rule) &&
          one.takenBack?.at === rule.takenBack?.at,
      );
      const same = united[index];
      if (same === undefined) united.push(rule);
      else united[index] = { ...same, settled: same.settled + rule.settled };
    }
  }
  return united.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
};

const isOfSameAuthor = (one: RuleRecord | Rule, other: RuleRecord | Rule): boolean =>
  one.author === other.author && one.madeBy === other.madeBy;

/** The interval at which the store is checked for changes by other processes. */
const watchMs = 1000;

/** The maximum share of time for following changes: a constantly growing store is large. */
const watchShare = 0.05;

/**
 * Calls `changed` after another process has changed the store since `version`, or began or ended a run, and
 * again at the next check if it resolves to false. Errors go to `failed`, and checking continues. Returns a
 * function that stops it. `versionNow` may say that this process has changed it, too.
 */
export const watchStore = (
  store: Store,
  version: number,
  listener: {
    readonly changed: () => Promise<boolean>;
    readonly failed: (error: unknown) => void;
  },
  versionNow: () => Promise<number> = () => store.engine.dataVersion(),
): (() => void) => {
  let seen = version;
  let runs: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const check = async (): Promise<void> => {
    const startedMs = performance.now();
    try {
      const now = await versionNow();
      // A run that was killed changes nothing in the store.
      const live = (await liveRuns(store, thisProcess(), Date.now())).join();
      if (stopped) return;
      const isChanged = now !== seen || (runs !== null && live !== runs);
      if (!isChanged) runs = live;
      else if (await listener.changed()) {
        seen = now;
        runs = live;
      }
    } catch (error) {
      if (!stopped) listener.failed(error);
    }
    wait(Math.max(watchMs, (performance.now() - startedMs) / watchShare));
  };
  const wait = (ms: number): void => {
    if (!stopped) timer = setTimeout(() => void check(), ms);
  };
  wait(watchMs);
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
  };
};
