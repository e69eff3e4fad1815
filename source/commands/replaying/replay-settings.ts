import type { Side } from '../../comparison/outcome.ts';
import type { Model } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { selectionFlags } from './selection-flags.ts';

/** The flags of what replays, as meow declares them. */
export const replayFlags = {
  baseline: { type: 'string' },
  candidate: { type: 'string' },
  name: { type: 'string' },
  concurrency: { type: 'string' },
  budget: { type: 'string' },
  db: { type: 'string' },
  ...selectionFlags,
} as const;

/** Their values, as the user wrote them. */
export type ReplayFlags = {
  readonly [Flag in keyof typeof replayFlags]?:
    | ((typeof replayFlags)[Flag] extends { isMultiple: true } ? readonly string[] : string)
    | undefined;
};

const defaultConcurrency = 8;
const highestConcurrency = 1000;

/** `--baseline` and `--candidate` as models. Throws UserError for a missing, unknown or equal one. */
export const modelsOf = (flags: ReplayFlags): Readonly<Record<Side, Model>> => {
  const { baseline, candidate } = flags;
  if (!baseline || !candidate) {
    throw new UserError(
      `Name both models: --baseline MODEL --candidate MODEL. ${baseline ? '--candidate' : '--baseline'} is missing. See understudy models for what there is.`,
    );
  }
  const models = { baseline: resolveModel(baseline), candidate: resolveModel(candidate) };
  if (identity(models.baseline) === identity(models.candidate)) {
    throw new UserError(
      `Baseline and candidate are the same model, ${harmlessLine(baseline)}. Name two different ones.`,
    );
  }
  return models;
};

/** `--concurrency`, default 8. Throws UserError. */
export const concurrencyOf = (flags: ReplayFlags): number => {
  const { concurrency } = flags;
  if (concurrency === undefined) return defaultConcurrency;
  const calls = Number(concurrency);
  if (
    concurrency.trim() === '' ||
    !Number.isInteger(calls) ||
    calls < 1 ||
    calls > highestConcurrency
  ) {
    throw new UserError(
      `--concurrency is a whole number of calls from 1 to ${highestConcurrency}, and ${JSON.stringify(harmlessLine(concurrency))} is none.`,
    );
  }
  return calls;
};

/** `--budget` in USD, null without one. Throws UserError. */
export const budgetOf = (flags: ReplayFlags): number | null => {
  const { budget } = flags;
  if (budget === undefined) return null;
  const amount = Number(budget.replace(/^\$/, ''));
  if (budget.trim() === '' || !Number.isFinite(amount) || amount <= 0) {
    throw new UserError(
      `--budget is an amount in USD above 0, such as 5 or 0.50, and ${JSON.stringify(harmlessLine(budget))} is none.`,
    );
  }
  return amount;
};

const identity = (model: Model): string =>
  model.kind === 'recorded'
    ? `recorded ${model.name ?? ''}`
    : `${model.provider.baseUrl.replace(/\/+$/, '')} ${model.name}`;
