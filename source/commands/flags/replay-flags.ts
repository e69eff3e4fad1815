import { readBudget, type RunBudget } from '../../money/settle-budget.ts';
import { defaultPatience, type Patience } from '../../replay/limits/health.ts';
import type { ReplaySettings, Send } from '../../replay/prepare/replay-settings.ts';
import { UserError } from '../../text/user-error.ts';
import { readSelection, readShare } from '../../traffic/selection/read-selection.ts';
import { notThat, storeFile, type ReadFlags } from './read-flags.ts';
import { readTrafficFlags } from './traffic-flags.ts';

/**
 * Parses the flags of a command that replays; ages such as 7d are relative to `now`. Throws
 * UserError for an invalid value, and for flags that exclude each other.
 */
export const readReplayFlags = (
  { flags, input: files }: ReadFlags<'compare'> | ReadFlags<'replay'>,
  from: { readonly environment: Readonly<Record<string, string | undefined>>; readonly now: Date },
): ReplaySettings => {
  if (flags.json && !flags.dryRun && !flags.follow) {
    throw new UserError(
      '--json goes with --dry-run or --follow. For the numbers of a replay as JSON: understudy summary --json.',
    );
  }
  const { baseline, candidate, config, redact } = flags;
  const batch = 'batch' in flags && flags.batch;
  return {
    baseline,
    candidate,
    config,
    storeFile: storeFile(flags.db, from.environment),
    name: flags.name ?? null,
    selection: readSelection(flags, from.now),
    concurrency: flags.concurrency,
    samples: flags.samples,
    noise: flags.noise === undefined ? null : readShare('noise', flags.noise),
    speed: readSpeed(flags.speed),
    patience: flags.follow && flags.patience === undefined ? endless : readPatience(flags.patience),
    budget: flags.budget === undefined ? null : budgetFlag(flags.budget),
    adapt: flags.adapt,
    keep: readKeep(flags.keep),
    send: checkSend(flags.send, { redact, batch, files: files.length }),
    redact,
    ...readTrafficFlags(flags, files),
    batch,
    follow: readFollow(flags, files),
  };
};

/** A run that goes on for days waits for a model as long as it takes. */
const endless: Patience = {
  totalMs: Number.POSITIVE_INFINITY,
  probes: Number.POSITIVE_INFINITY,
};

/**
 * Parses `--follow` and `--budget-per-day`. Throws UserError for flags of a run that ends, and for those of
 * one that does not.
 */
const readFollow = (
  flags: (ReadFlags<'compare'> | ReadFlags<'replay'>)['flags'],
  files: readonly string[],
): ReplaySettings['follow'] => {
  const { budgetPerDay } = flags;
  const metricsPort = 'metricsPort' in flags ? flags.metricsPort : undefined;
  if (!flags.follow) {
    const lone = budgetPerDay === undefined ? '--metrics-port' : '--budget-per-day';
    if (budgetPerDay === undefined && metricsPort === undefined) return null;
    throw new UserError(`${lone} goes with --follow only. Leave it out, or add --follow.`);
  }
  if (files.length > 0) {
    throw new UserError(
      '--follow takes captures from the store while they come, not from files. Leave out the files: understudy import adds them to the store, where --follow finds them.',
    );
  }
  const ending = [
    ...('batch' in flags && flags.batch ? ['--batch'] : []),
    ...(flags.dryRun ? ['--dry-run'] : []),
    ...(flags.limit === undefined ? [] : ['--limit']),
    ...(flags.stratify === undefined ? [] : ['--stratify']),
    ...(flags.speed === 'max' ? [] : ['--speed']),
  ];
  if (ending.length > 0) {
    throw new UserError(
      `${ending.join(' and ')} ${ending.length === 1 ? 'is' : 'are'} for a run that ends, and --follow goes on. Leave out one or the other.`,
    );
  }
  const budget = flags.budget === undefined ? null : budgetFlag(flags.budget);
  if (budget !== null && budget !== 'none') {
    throw new UserError(
      '--budget is for a run that ends. With --follow, give --budget-per-day USD, or --budget none for no limit.',
    );
  }
  if (budgetPerDay === undefined) return { budgetPerDay: null };
  if (budget === 'none') {
    throw new UserError('--budget none and --budget-per-day exclude each other. Leave one out.');
  }
  const perDay = readBudget(budgetPerDay);
  if (typeof perDay === 'number') return { budgetPerDay: perDay };
  throw notThat('--budget-per-day', 'an amount in USD above 0, such as 5 or 0.50', budgetPerDay);
};

/** Parses `--metrics-port`, from 0 to 65535; null without it. Throws UserError for anything else. */
export const readMetricsPort = ({
  metricsPort: word,
}: ReadFlags<'replay'>['flags']): number | null => {
  if (word === undefined) return null;
  const port = /^\d{1,5}$/.test(word) ? Number(word) : Number.NaN;
  if (port <= 65_535) return port;
  throw notThat('--metrics-port', 'a port from 0 to 65535', word);
};

/** Parses `--budget`. Throws UserError for an invalid value. */
export const budgetFlag = (word: string): RunBudget => {
  const budget = readBudget(word);
  if (budget !== null) return budget;
  throw notThat('--budget', 'an amount in USD above 0, such as 5 or 0.50, or none', word);
};

const readSpeed = (word: string): number | null => {
  if (word === 'max') return null;
  const times = Number(/^(\d+(?:\.\d+)?)x$/.exec(word)?.[1]);
  if (times > 0 && Number.isFinite(times)) return times;
  throw notThat('--speed', 'max, or a multiple of the recorded pace such as 1x or 10x', word);
};

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Parses `--patience`. Throws UserError for an invalid value. */
export const readPatience = (word: string | undefined): Patience => {
  if (word === undefined) return defaultPatience;
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(word) ?? [];
  const totalMs = word === '0' ? 0 : Number(number) * (unitMs[unit] ?? Number.NaN);
  if (Number.isFinite(totalMs)) return { totalMs, probes: totalMs === 0 ? 0 : 1 };
  throw notThat('--patience', 'a time such as 30s, 15m or 8h, or 0', word);
};

/**
 * Parses `--poll-for` in milliseconds; null without it. Throws UserError for an invalid value, and
 * if `--batch` is missing.
 */
export const readPollFor = ({
  batch,
  pollFor: word,
}: ReadFlags<'replay'>['flags']): number | null => {
  if (word === undefined) return null;
  if (!batch) throw new UserError('--poll-for goes with --batch only. Leave it out.');
  const minutes = word.trim() === '' ? Number.NaN : Number(word);
  if (Number.isFinite(minutes) && minutes >= 0) return minutes * 60_000;
  throw notThat('--poll-for', 'a number of minutes from 0 up', word);
};

/** The parameters that every replay sets, so `--keep` cannot apply to them. */
const own = new Set(['model', 'messages', 'stream', 'stream_options']);

const readKeep = (words: string | undefined): ReadonlySet<string> => {
  const names = words === undefined ? [] : words.split(',').map((name) => name.trim());
  for (const name of names) {
    if (own.has(name)) throw new UserError(`--keep cannot name ${name}: a replay sets its own.`);
    if (/^[A-Za-z_]\w*$/.test(name)) continue;
    throw notThat(
      '--keep',
      'a list of parameters with commas between them, such as store,metadata',
      name,
    );
  }
  return new Set(names);
};

/**
 * Throws UserError if no original can be sent: without the files, in batches, whose requests are
 * written to files, and with `--no-redact`, which stores the originals anyway.
 */
const checkSend = (
  send: Send,
  run: { readonly redact: boolean; readonly batch: boolean; readonly files: number },
): Send => {
  if (send === 'redacted') return send;
  if (!run.redact) {
    throw new UserError(
      '--no-redact stores the originals and sends them. Leave out either that or --send original.',
    );
  }
  if (run.batch) {
    throw new UserError(
      '--send original works with live calls only: the requests of a batch are written to files, and originals never are. Leave out --batch or --send original.',
    );
  }
  if (run.files === 0) {
    throw new UserError(
      '--send original needs the files that the captures came from, because the store has only their placeholders. Name the files again; nothing is added twice. Calls that understudy record captured have no originals.',
    );
  }
  return send;
};
