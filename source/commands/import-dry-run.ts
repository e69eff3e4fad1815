import { randomUUID } from 'node:crypto';
import { readConfiguration } from '../configuration/read-configuration.ts';
import type { Settings } from '../configuration/settings.ts';
import type { Model, Price } from '../models/model.ts';
import { loadPrices } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { encodingOf } from '../models/tokens/tokenizer.ts';
import { openComparison } from '../store/comparisons/comparisons.ts';
import { offerNone, selectOffered } from '../store/comparisons/select-captures.ts';
import { openStore, type Store } from '../store/open.ts';
import { UserError } from '../text/user-error.ts';
import { sumReports, type FileReport } from '../intake/import-tally.ts';
import type { TrafficInput } from '../intake/inspect-files.ts';
import { storeSink } from '../intake/store-sink.ts';
import { takeIn, type ImportProgress } from '../intake/take-in.ts';
import { TrafficOverviewTally, type TrafficOverview } from '../intake/traffic-overview.ts';
import { openRedactor } from '../store/redaction/open-redactor.ts';
import { copyStore } from '../store/engine/store-copy.ts';
import { countDryRun } from '../replay/estimate/count-calls.ts';
import {
  dryRunReport,
  type CountedCandidate,
  type DryRunReport,
} from '../replay/estimate/report.ts';
import { modelsOf, type ModelNames } from '../replay/prepare/replay-settings.ts';
import { commands } from './flags/command-table.ts';

/**
 * The result of `import --dry-run`. Tokens and costs cover all captures of the files, new or not;
 * each counts once.
 */
export type ImportDryRun = {
  readonly reports: readonly FileReport[];
  readonly overview: TrafficOverview;
  /** Null if models are named (see `replay`), or if there is no capture. */
  readonly tokens: TokenCount | null;
  /** The calls that a replay would make to the named models; null if none is named or there is no capture. */
  readonly replay: DryRunReport | null;
  /** Whether a baseline was named; otherwise the baseline is production's answers. */
  readonly hasBaseline: boolean;
};

/** The tokens of requests and of recorded answers. */
export type TokenCount = {
  readonly input: number;
  /** Null if no answer is recorded. */
  readonly output: number | null;
  readonly encoding: string;
  /** Whether the encoding is that of production's most frequent model, and fully documented. */
  readonly exact: boolean;
  /** Images, audio and files, which are not counted. */
  readonly attachments: number;
  readonly countedCaptures: number;
  readonly countedAll: boolean;
};

/** Limits on what is counted: half a minute of work, and far more than an estimate needs. */
const countLimit = { captures: 10_000, characters: 50 * 1024 * 1024 } as const;

export type DryRunOptions = {
  readonly files: readonly TrafficInput[];
  readonly storeFile: string;
  readonly lastTurn: boolean;
  readonly redact: boolean;
  readonly progress: ImportProgress;
  readonly flags: ModelNames & {
    readonly model: readonly string[];
    readonly config: string | undefined;
  };
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/**
 * Imports into a temporary copy of the store. Returns the results of the import and the cost of a
 * replay. Throws the same UserErrors as the import, and one for models that do not exist.
 */
export const importDryRun = async (options: DryRunOptions): Promise<ImportDryRun> => {
  const { environment, flags, storeFile } = options;
  const settings = await readConfiguration(flags.config, environment);
  const models = modelsNamed(flags, settings.providers);
  const at = new Date();
  const { priceOf } = await loadPrices(settings.prices);
  const copy = await copyStore(storeFile);
  try {
    const store = await openStore(copy.file, { shownAs: storeFile });
    try {
      const imported = await importAll(store, options, { settings, at });
      const { comparisonId, overview, reports } = imported;
      const hasBaseline = flags.baseline !== undefined;
      const found = { reports, overview, tokens: null, replay: null, hasBaseline };
      if (overview.captures === 0) return found;
      const count: CountCalls = (baseline, candidate) =>
        countDryRun(store, comparisonId, {
          models: { baseline, candidate },
          prices: { baseline: priceOf(baseline, at), candidate: priceOf(candidate, at) },
          samples: 1,
          keep: new Set(),
          limit: countLimit,
        });
      if (models === null) return { ...found, tokens: await countTokens(overview, count) };
      const replay = await estimateReplay(models, count, {
        reports,
        priceOf: (model) => priceOf(model, at),
        modelLimits: settings.modelLimits,
      });
      return { ...found, replay };
    } finally {
      await store.close();
    }
  } finally {
    copy.remove();
  }
};

/** Imports the files into a separate comparison. */
const importAll = async (
  store: Store,
  { files, lastTurn, progress, redact }: DryRunOptions,
  { settings, at }: { readonly settings: Settings; readonly at: Date },
) => {
  const { id: comparisonId } = await openComparison(store, {
    name: randomUUID(),
    baseline: recorded.label,
    candidate: recorded.label,
    at: at.toISOString(),
  });
  const observer = new TrafficOverviewTally();
  await offerNone(store);
  const sink = storeSink(store, files, { comparisonId, at: at.toISOString() });
  const redactor = redact ? await openRedactor(store, settings.redaction) : null;
  const reports = await takeIn(files, sink, { redactor, lastTurn, progress, observer });
  await selectOffered(store, comparisonId, null);
  return { comparisonId, overview: observer.overview(), reports };
};

type CountCalls = (baseline: Model, candidate: Model) => ReturnType<typeof countDryRun>;

const estimateReplay = async (
  { baseline, candidates }: ReturnType<typeof modelsOf>,
  count: CountCalls,
  options: {
    readonly reports: readonly FileReport[];
    readonly priceOf: (model: Model) => Price | null;
    readonly modelLimits: Settings['modelLimits'];
  },
): Promise<DryRunReport> => {
  const { modelLimits, priceOf, reports } = options;
  const counted: CountedCandidate[] = [];
  for (const [index, model] of candidates.entries()) {
    // The baseline is counted once.
    const calls = await count(index === 0 ? baseline : recorded, model);
    counted.push({ model, price: priceOf(model), missingKey: null, count: calls });
  }
  return dryRunReport({
    name: 'import --dry-run',
    selected: null,
    notReplayable: sumReports(reports).notReplayable,
    samples: 1,
    batch: false,
    baseline: { model: baseline, price: priceOf(baseline), missingKey: null },
    candidates: counted,
    concurrency: commands.replay.flags.concurrency.default,
    modelLimits,
  });
};

const recorded: Model = { kind: 'recorded', label: 'recorded', name: null };

/**
 * Returns the models of `--model`, each compared with production's answers, or those of
 * `--baseline` and `--candidate`. Null if none is named.
 */
const modelsNamed = (
  { model, baseline, candidate }: ModelNames & { readonly model: readonly string[] },
  providers: Parameters<typeof modelsOf>[1],
): ReturnType<typeof modelsOf> | null => {
  const asSides = baseline !== undefined || candidate.length > 0;
  if (model.length > 0 && asSides) {
    throw new UserError(
      'Name the models either with --model, or with --baseline and --candidate, as for a replay.',
    );
  }
  if (asSides) return modelsOf({ baseline, candidate }, providers);
  if (model.length === 0) return null;
  return modelsOf({ baseline: recorded.label, candidate: model }, providers);
};

/** Counts tokens with the encoding of production's most frequent model. */
const countTokens = async ({ models }: TrafficOverview, count: CountCalls): Promise<TokenCount> => {
  const model = resolveModel(`openai/${models.named[0]?.name ?? 'unknown'}`);
  const { countedAll, counted, sides } = await count(recorded, model);
  const { attachments, estimatedCalls, expectedOutput, input } = sides.candidate;
  const { encoding, own } = encodingOf(model.name ?? '');
  return {
    input,
    output: expectedOutput,
    encoding,
    exact: own && estimatedCalls === 0,
    attachments,
    countedCaptures: counted,
    countedAll,
  };
};
