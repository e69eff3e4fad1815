import type { Model, Provider } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { RunBudget } from '../../money/settle-budget.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import type { Mapping } from '../../traffic/mapping/mapping.ts';
import type { Selection } from '../../traffic/selection/selection.ts';
import type { Patience } from '../limits/health.ts';
import type { AdaptPolicy } from '../remedy-book.ts';

/** The form in which a redacted capture is sent: with its original values, or with placeholders. */
export type Send = 'original' | 'redacted';

/** The models of a run as named by the user. */
export type ModelNames = {
  readonly baseline: string | undefined;
  readonly candidate: readonly string[];
};

/** The user's settings for a replay. */
export type ReplaySettings = ModelNames & {
  /** The path of the configuration; undefined for the default one. */
  readonly config: string | undefined;
  readonly storeFile: string;
  /** The name of the comparison; null if it has none. */
  readonly name: string | null;
  /** Null if not given: the comparison keeps its selection. */
  readonly selection: Selection | null;
  /** Calls in flight at once; a whole number ≥ 1. */
  readonly concurrency: number;
  /** The number of answers of each live model to each capture; a whole number ≥ 1. */
  readonly samples: number;
  /** The share of requests that the baseline answers a second time, up to 1; null for none. */
  readonly noise: number | null;
  /** The speed relative to the recording; null for as fast as the limits allow. */
  readonly speed: number | null;
  readonly patience: Patience;
  /** Null if not given. */
  readonly budget: RunBudget | null;
  readonly adapt: AdaptPolicy;
  /** Parameters to send even if a rule would change them. */
  readonly keep: ReadonlySet<string>;
  readonly send: Send;
  /** Whether to redact the files while reading them. */
  readonly redact: boolean;
  readonly mapping: Mapping | null;
  readonly lastTurn: boolean;
  /** Whether the answers are requested in batches. */
  readonly batch: boolean;
  /**
   * Whether the run goes on with the captures that come into the store, and how much it may spend on a day
   * (USD; null for no limit); null: it ends.
   */
  readonly follow: { readonly budgetPerDay: number | null } | null;
};

/** The models of a run: one baseline and at least one candidate. */
export type RunModels = {
  readonly baseline: Model;
  readonly candidates: readonly [Model, ...Model[]];
};

/**
 * Returns the named models of these providers. Throws UserError for a model that is missing,
 * unknown or named twice.
 */
export const modelsOf = (names: ModelNames, providers: readonly Provider[]): RunModels => {
  const [first, ...more] = names.candidate;
  if (!names.baseline || first === undefined) {
    throw new UserError(
      `Name both models: --baseline MODEL --candidate MODEL. ${names.baseline ? '--candidate' : '--baseline'} is missing. understudy models lists the available ones.`,
    );
  }
  const resolve = (name: string): Model => resolveModel(name, providers);
  const baseline = resolve(names.baseline);
  const candidates = [resolve(first), ...more.map(resolve)] as const;
  const known = new Set<string>();
  for (const candidate of candidates) {
    if (identity(baseline) === identity(candidate)) {
      throw new UserError(
        `Baseline and candidate are the same model, ${printableLine(names.baseline)}. Name two different ones.`,
      );
    }
    if (known.has(identity(candidate))) {
      throw new UserError(
        `--candidate names the same model twice, ${printableLine(candidate.label)}. Name each once.`,
      );
    }
    known.add(identity(candidate));
  }
  return { baseline, candidates: [...candidates] };
};

const identity = (model: Model): string =>
  model.kind === 'recorded'
    ? `recorded ${model.name ?? ''}`
    : `${model.provider.baseUrl.replace(/\/+$/, '')} ${model.name}`;
