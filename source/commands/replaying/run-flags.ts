import type { Patience } from '../../replay/limits/health.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';

/** The flags of how a replay goes about it, as meow declares them. */
export const runFlags = {
  samples: { type: 'string' },
  speed: { type: 'string' },
  patience: { type: 'string' },
} as const;

type RunFlags = { readonly [Flag in keyof typeof runFlags]?: string | undefined };

const mostSamples = 100;

/** `--samples`: answers of each live model to each capture; default 1. Throws UserError. */
export const samplesOf = ({ samples }: RunFlags): number => {
  if (samples === undefined) return 1;
  const number = Number(samples);
  if (/^\d+$/.test(samples) && number >= 1 && number <= mostSamples) return number;
  throw new UserError(
    `--samples is a whole number of answers from 1 to ${mostSamples}, and ${JSON.stringify(harmlessLine(samples))} is none.`,
  );
};

/** `--speed`: how many times as fast as recorded; null, the default, for `max`. Throws UserError. */
export const speedOf = ({ speed }: RunFlags): number | null => {
  if (speed === undefined || speed === 'max') return null;
  const times = Number(/^(\d+(?:\.\d+)?)x$/.exec(speed)?.[1]);
  if (times > 0 && Number.isFinite(times)) return times;
  throw new UserError(
    `--speed is max, 1x for the pace of the recording, or another multiple of it such as 10x, and ${JSON.stringify(harmlessLine(speed))} is none.`,
  );
};

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * `--patience`: how long a provider that keeps failing is probed before it is given up; undefined
 * without the flag. Throws UserError.
 */
export const patienceOf = ({ patience }: RunFlags): Patience | undefined => {
  if (patience === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(patience) ?? [];
  if (patience === '0') return { totalMs: 0, probes: 0 };
  if (number !== undefined && unit !== undefined && unit in unitMs) {
    const totalMs = Number(number) * unitMs[unit as keyof typeof unitMs];
    return { totalMs, probes: totalMs === 0 ? 0 : 1 };
  }
  throw new UserError(
    `--patience is a time such as 30s, 15m or 8h, or 0, and ${JSON.stringify(harmlessLine(patience))} is none.`,
  );
};
