import { randomUUID } from 'node:crypto';
import { readConfiguration } from '../configuration/read-configuration.ts';
import type { Model, Price } from '../models/model.ts';
import { loadPrices } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { encodingOf } from '../models/tokens/tokenizer.ts';
import { openComparison } from '../store/comparisons/comparisons.ts';
import { openStore } from '../store/open.ts';
import { UserError } from '../text/user-error.ts';
import type { FileReport } from '../intake/import-tally.ts';
import type { TrafficFile } from '../intake/inspect-files.ts';
import { openRedactor } from '../store/redaction/open-redactor.ts';
import { copyStore } from '../replay/estimate/store-copy.ts';
import { countDryRun } from '../replay/estimate/count-calls.ts';
import {
  dryRunReport,
  type CountedCandidate,
  type DryRunReport,
} from '../replay/estimate/report.ts';
import { modelsOf, type ModelNames } from '../replay/prepare/replay-settings.ts';
import { commands } from './flags/command-table.ts';
import { importInto } from '../intake/import-into.ts';
import { createTrafficOverview, type TrafficOverview } from '../intake/traffic-overview.ts';

/** What `import --dry-run` says. Tokens and costs are of all captures of the files, new or not, each once. */
export type ImportDryRun = {
  readonly reports: readonly FileReport[];
  readonly overview: TrafficOverview;
  readonly tokens: TokenCount | null;
  /** What a replay would send to the models named; null: none is named, or there is no capture. */
  readonly replay: DryRunReport | null;
  /** A baseline was named; otherwise production's answers stand in its place. */
  readonly hasBaseline: boolean;
};

/** The tokens of requests and of recorded answers. */
export type TokenCount = {
  readonly input: number;
  /** Null: no answer is recorded. */
  readonly output: number | null;
  readonly encoding: string;
  /** The encoding is that of the model which production used most, and all of it is documented. */
  readonly exact: boolean;
  /** Images, sounds and files, which are not counted. */
  readonly attachments: number;
  readonly countedCaptures: number;
  readonly countedAll: boolean;
};

/** Half a minute of work, and far more than the precision of an estimate needs. */
const most = { captures: 10_000, characters: 50 * 1024 * 1024 } as const;

/**
 * Imports into a copy of the store that is thrown away, and says what that would do and what a replay
 * would cost. Throws UserError as the import would, and for models that cannot be named.
 */
export const importDryRun = async (options: {
  readonly files: readonly TrafficFile[];
  readonly storeFile: string;
  readonly lastTurn: boolean;
  readonly redact: boolean;
  readonly flags: ModelNames & {
    readonly model: readonly string[];
    readonly config: string | undefined;
  };
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<ImportDryRun> => {
  const { files, flags, lastTurn } = options;
  const settings = await readConfiguration(flags.config, options.environment);
  const models = modelsNamed(flags, settings.providers);
  const at = new Date();
  const { priceOf } = await loadPrices(settings.prices);
  const copy = copyStore(options.storeFile);
  try {
    const store = await openStore(copy.file, { shownAs: options.storeFile });
    try {
      const { id } = await openComparison(store, {
        name: randomUUID(),
        baseline: recorded.label,
        candidate: recorded.label,
        at: at.toISOString(),
      });
      const overview = createTrafficOverview();
      const reports = await importInto(store, files, {
        lastTurn,
        redactor: options.redact ? await openRedactor(store, settings.redaction) : null,
        comparisonId: id,
        at: at.toISOString(),
        onRecords: overview.add,
      });
      const found = overview.result();
      const hasBaseline = flags.baseline !== undefined;
      if (found.captures === 0) {
        return { reports, overview: found, tokens: null, replay: null, hasBaseline };
      }
      const count = (baseline: Model, candidate: Model) => {
        const prices = { baseline: priceOf(baseline, at), candidate: priceOf(candidate, at) };
        const both = { baseline, candidate };
        return countDryRun(store, id, {
          models: both,
          prices,
          samples: 1,
          keep: new Set(),
          limit: most,
        });
      };
      if (models === null) {
        const tokens = await countTokens(found, (model) => count(recorded, model));
        return { reports, overview: found, tokens, replay: null, hasBaseline };
      }
      const candidates: CountedCandidate[] = [];
      for (const [index, model] of models.candidates.entries()) {
        // The baseline is counted once.
        const counted = await count(index === 0 ? models.baseline : recorded, model);
        candidates.push({ model, price: priceOf(model, at), missingKey: null, count: counted });
      }
      const price: Price | null = priceOf(models.baseline, at);
      const replay = dryRunReport({
        name: 'import --dry-run',
        selected: null,
        notReplayable: reports.reduce((sum, report) => sum + report.notReplayable, 0),
        samples: 1,
        batch: false,
        baseline: { model: models.baseline, price, missingKey: null },
        candidates,
        concurrency: commands.replay.flags.concurrency.default,
        limitsOf: settings.limitsOf,
      });
      return { reports, overview: found, tokens: null, replay, hasBaseline };
    } finally {
      await store.close();
    }
  } finally {
    copy.remove();
  }
};

const recorded: Model = { kind: 'recorded', label: 'recorded', name: null };

/**
 * The models of `--model`, each against what production answered, or those of `--baseline` and
 * `--candidate`; null when none is named.
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

/** The tokens as the model that production used most counts them. */
const countTokens = async (
  { models }: TrafficOverview,
  count: (model: Model) => ReturnType<typeof countDryRun>,
): Promise<TokenCount> => {
  const model = resolveModel(`openai/${models.named[0]?.name ?? 'unknown'}`);
  const { countedAll, counted, sides } = await count(model);
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
