import type { Model, Provider } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { trafficFlags } from '../traffic-flags.ts';
import { redactionFlag } from '../redacting/redaction-flag.ts';
import { sendFlag } from '../redacting/send-flag.ts';
import { adaptingFlags } from './adapting/adapting-flags.ts';
import { runFlags } from './run-flags.ts';
import { selectionFlags } from './selecting/selection-flags.ts';

/** The flags of what replays, as meow declares them. */
export const replayFlags = {
  baseline: { type: 'string' },
  candidate: { type: 'string', isMultiple: true },
  name: { type: 'string' },
  concurrency: { type: 'string' },
  budget: { type: 'string' },
  config: { type: 'string' },
  db: { type: 'string' },
  ...trafficFlags,
  ...selectionFlags,
  ...runFlags,
  ...adaptingFlags,
  ...redactionFlag,
  ...sendFlag,
  dryRun: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Their values, as the user wrote them. */
export type ReplayFlags = {
  readonly [Flag in keyof typeof replayFlags]?: ValueOf<(typeof replayFlags)[Flag]> | undefined;
};

type ValueOf<Declared> = Declared extends { isMultiple: true }
  ? readonly string[]
  : Declared extends { type: 'boolean' }
    ? boolean
    : string;

/** Whether only a dry run is asked for. Throws UserError for a `--json` that nothing answers. */
export const isDryRun = ({ dryRun = false, json = false }: ReplayFlags): boolean => {
  if (json && !dryRun) {
    throw new UserError(
      '--json goes with --dry-run. The numbers of a replay as JSON: understudy summary --json.',
    );
  }
  return dryRun;
};

const defaultConcurrency = 8;
const highestConcurrency = 1000;

/** The models of a run: one baseline, and the candidates that are compared with it, at least one. */
export type RunModels = {
  readonly baseline: Model;
  readonly candidates: readonly [Model, ...Model[]];
};

/**
 * `--baseline` and every `--candidate` as models of the providers that there are. Throws UserError for
 * a missing, unknown or equal one.
 */
export const modelsOf = (flags: ReplayFlags, providers: readonly Provider[]): RunModels => {
  const [first, ...more] = flags.candidate ?? [];
  if (!flags.baseline || first === undefined) {
    throw new UserError(
      `Name both models: --baseline MODEL --candidate MODEL. ${flags.baseline ? '--candidate' : '--baseline'} is missing. See understudy models for what there is.`,
    );
  }
  const resolve = (name: string): Model => resolveModel(name, providers);
  const baseline = resolve(flags.baseline);
  const candidates = [resolve(first), ...more.map(resolve)] as const;
  const known = new Set<string>();
  for (const candidate of candidates) {
    if (identity(baseline) === identity(candidate)) {
      throw new UserError(
        `Baseline and candidate are the same model, ${harmlessLine(flags.baseline)}. Name two different ones.`,
      );
    }
    if (known.has(identity(candidate))) {
      throw new UserError(
        `--candidate names the same model twice, ${harmlessLine(candidate.label)}. Name each once.`,
      );
    }
    known.add(identity(candidate));
  }
  return { baseline, candidates: [...candidates] };
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

const identity = (model: Model): string =>
  model.kind === 'recorded'
    ? `recorded ${model.name ?? ''}`
    : `${model.provider.baseUrl.replace(/\/+$/, '')} ${model.name}`;
