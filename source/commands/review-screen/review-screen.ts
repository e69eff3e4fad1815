import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { Side } from '../../comparison/outcome.ts';
import { openTerminal } from './controlling-terminal.ts';
import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { Answer } from '../../models/answer.ts';
import type { Model } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { LiveReplay } from '../../replay/replay-event.ts';
import { openReview } from '../../review/screen/open-review.tsx';
import { isConflict, opinionsIn } from '../../review/session/entry.ts';
import type { ReviewServices } from '../../review/screen/services.ts';
import type { ReviewEnd } from '../../review/screen/controller.ts';
import { bindKeys } from '../../review/session/key-bindings.ts';
import type { Keymap } from '../../review/session/keymap.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import { UserError } from '../../text/user-error.ts';
import { timeOrderedId } from '../../text/time-ordered-id.ts';
import type { Store } from '../../store/open.ts';
import { loadSelection } from '../../store/comparisons/select-captures.ts';
import { listNoisePairs, type NoisePairs } from '../../store/comparisons/noise.ts';
import { listPairs, loadPair } from '../../store/comparisons/pairs.ts';
import { queueFacts } from '../../store/comparisons/queue-facts.ts';
import {
  loadOverlap,
  pairsOfOthers,
  releasePair,
  reservePair,
  saveOverlap,
} from '../../store/comparisons/overlap.ts';
import { readShare } from '../../traffic/selection/read-selection.ts';
import { filterPairs } from '../../store/comparisons/filter-pairs.ts';
import { listComparisons } from '../../store/comparisons/comparisons.ts';
import { listPairTraits } from '../../store/comparisons/pair-traits.ts';
import {
  addRules,
  listRules,
  rulesInForce,
  settledByAdding,
  takeBackRules,
} from '../../store/comparisons/stored-rules.ts';
import { compareOlder } from '../../replay/compare-stored.ts';
import { findText } from '../../store/search/find-text.ts';
import { parseFilter } from '../../filter/parse-filter.ts';
import {
  appendEvent,
  appendEvents,
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
  return [...opinions].some(([captureId, own]) => !resolved.has(captureId) && isConflict(own));
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
  { blind, conflicts = false }: { readonly blind: boolean; readonly conflicts?: boolean },
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
  return readShare('repeats', flag);
};

/** How long a pair on the screen stays reserved after its review was last alive. */
const reservedMs = 180_000;

/** The reservations of a review; null if every reviewer judges every pair. */
const reservationsOf = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<ReviewServices['reservations']> => {
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

/** Opens the review of a comparison on the terminal, which the caller has checked for. */
export const reviewOnTerminal = async (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly reviewer: string;
    /** Whether to walk over the conflicts only; default false. */
    readonly conflicts?: boolean;
    /** Whether to hide the models until the verdict; default false. */
    readonly blind?: boolean;
    /** The look of the review; by default what the configuration says. */
    readonly theme: ReviewTheme | undefined;
    /** The share of pairs that come back unannounced in a blind review; null, the default: none. */
    readonly repeats?: number | null;
    readonly settings: Settings;
    readonly screen: ScreenSettings;
    readonly remark: string | null;
    readonly notice: string | null;
    readonly cost: (
      side: Side,
      answer: Pick<Answer, 'usage' | 'cost' | 'model'>,
      batch: boolean,
    ) => number | null;
    readonly summary: () => Promise<string>;
    readonly retry: (captureId: string) => Promise<LiveReplay>;
    readonly replay: LiveReplay | null;
    readonly watch: ReviewServices['watch'];
  },
): Promise<ReviewEnd> => {
  const { id: comparisonId } = comparison;
  const { conflicts = false, reviewer } = options;
  let noise: NoisePairs | null = null;
  const terminal = openTerminal();
  try {
    return await openReview(
      {
        comparisonId,
        reviewer,
        title: {
          baseline: comparison.baseline,
          candidate: comparison.candidate,
          remark: options.remark,
          weighted: ((await loadSelection(store, comparison.id))?.stratify ?? null) !== null,
        },
        notice: options.notice,
        listPairs: (part) => listPairs(store, comparisonId, part),
        queueFacts: () => queueFacts(store, comparisonId),
        listEvents: () =>
          listEvents(store, comparisonId, reviewer, conflicts ? 'resolving' : 'judging'),
        listOthers: () => listEventsOfOthers(store, comparisonId, conflicts ? null : reviewer),
        listElsewhere: async () =>
          conflicts
            ? new Set<string>()
            : pairsOfOthers(store, { comparisonId, reviewer, at: new Date().toISOString() }),
        conflicts: conflicts
          ? { listResolved: () => listResolvedByOthers(store, comparisonId, reviewer) }
          : null,
        blind: options.blind ?? false,
        repeats: options.repeats ?? null,
        listNoise: async () => {
          noise = await listNoisePairs(store, comparison);
          return noise?.captureIds ?? [];
        },
        reservations: conflicts ? null : await reservationsOf(store, comparisonId, reviewer),
        loadPair: (captureId) => loadPair(store, comparison.id, captureId),
        loadNoisePair: (captureId) =>
          loadPair(store, noise?.comparisonId ?? comparison.id, captureId),
        appendEvent: (event) => appendEvent(store, event),
        appendEvents: (events) => appendEvents(store, events),
        queue: queueServices(store, comparison.id, options),
        rules: ruleServices(store, comparison.id, reviewer),
        cost: options.cost,
        summary: options.summary,
        retry: options.retry,
        models: {
          baseline: knownModel(comparison.baseline, options.settings),
          candidate: knownModel(comparison.candidate, options.settings),
        },
        keymap: reviewKeys(options.settings),
        tools: {
          editor: process.env['VISUAL'] || process.env['EDITOR'] || 'vi',
          pager: process.env['PAGER'] || 'less',
          difftool: options.settings.review.difftool,
        },
        replay: options.replay,
        watch: options.watch,
        nowMs: () => Date.now(),
        newId: (previous) => timeOrderedId(previous, Date.now(), randomBytes(10)),
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

/** What the review asks the store about the whole queue; `reviewer` is `me` in its filters. */
const queueServices = (
  store: Store,
  comparisonId: string,
  { cost, reviewer }: Pick<ReviewServices, 'cost' | 'reviewer'>,
): ReviewServices['queue'] => ({
  listTraits: () => listPairTraits(store, comparisonId, { reviewer, cost }),
  filter: async (text, onProgress, onFirst) => {
    const parsed = parseFilter(text);
    if (parsed.kind !== 'filter') throw new Error('The review asked for a filter that is none.');
    const options = { me: reviewer, reviewer, cost, index: 'build', onProgress, onFirst } as const;
    return filterPairs(store, comparisonId, parsed.filter, options);
  },
  search: (text, onProgress) => findText(store, comparisonId, text, { index: 'build', onProgress }),
  listComparisons: () => listComparisons(store),
});

/** The rules of a comparison; `reviewer` makes and takes back. */
const ruleServices = (
  store: Store,
  comparisonId: string,
  reviewer: string,
): ReviewServices['rules'] => ({
  settledByAdding: async (rules) => {
    await compareOlder(store, comparisonId);
    return settledByAdding(store, comparisonId, rules);
  },
  make: async (rule) => {
    const at = new Date();
    const id = timeOrderedId(null, at.getTime(), randomBytes(10));
    const made = { id, author: reviewer, madeBy: 'reviewer', at: at.toISOString() } as const;
    await addRules(store, comparisonId, [{ ...rule, ...made }]);
  },
  takeBack: (id) =>
    takeBackRules(store, comparisonId, [id], { at: new Date().toISOString(), by: reviewer }),
  list: () => listRules(store, comparisonId),
  inForce: async () => (await rulesInForce(store.db, comparisonId)).map(({ id }) => id).join(' '),
});

/** The interval at which the store is checked for changes by other processes. */
const watchMs = 1000;

/** The maximum share of time for following changes: a constantly growing store is large. */
const watchShare = 0.05;

/**
 * Calls `changed` after another process has changed the store since `version`, and again at the
 * next check if it resolves to false. Errors go to `failed`, and checking continues. Returns a
 * function that stops it.
 */
export const watchStore = (
  store: Store,
  version: number,
  listener: {
    readonly changed: () => Promise<boolean>;
    readonly failed: (error: unknown) => void;
  },
): (() => void) => {
  let seen = version;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const check = async (): Promise<void> => {
    const startedMs = performance.now();
    try {
      const now = await store.engine.dataVersion();
      if (stopped) return;
      if (now !== seen && (await listener.changed())) seen = now;
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
