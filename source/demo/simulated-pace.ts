import { createHash } from 'node:crypto';
import type { DemoModel } from './models.ts';

/** How fast an answer comes: milliseconds to its first token, then tokens per second. */
export type AnswerPace = { readonly firstTokenMs: number; readonly tokensPerSecond: number };

type PaceHabit = {
  readonly firstTokenMs: number;
  readonly firstTokenSpread: number;
  readonly tokensPerSecond: number;
  readonly tokensPerSecondSpread: number;
};

/** Medians, and the standard deviation of the logarithm. They are made up: nobody measured these models. */
const habits: Readonly<Record<DemoModel, PaceHabit>> = {
  incumbent: {
    firstTokenMs: 700,
    firstTokenSpread: 0.45,
    tokensPerSecond: 35,
    tokensPerSecondSpread: 0.2,
  },
  newcomer: {
    firstTokenMs: 350,
    firstTokenSpread: 0.4,
    tokensPerSecond: 95,
    tokensPerSecondSpread: 0.25,
  },
};

/**
 * The simulated pace of an answer: both figures are log-normal around the model's medians. The same seed,
 * model and key give the same pace, whatever the order of the calls.
 */
export const simulatedPace = (seed: number, model: DemoModel, key: string): AnswerPace => {
  const habit = habits[model];
  const [first, second] = normalPair(`${seed}\0${model}\0${key}`);
  return {
    firstTokenMs: habit.firstTokenMs * Math.exp(habit.firstTokenSpread * first),
    tokensPerSecond: habit.tokensPerSecond * Math.exp(habit.tokensPerSecondSpread * second),
  };
};

/** Two independent standard normal numbers made from a text (SHA-256, then Box and Muller 1958). */
const normalPair = (text: string): readonly [number, number] => {
  const digest = createHash('sha256').update(text).digest();
  const radius = Math.sqrt(-2 * Math.log((digest.readUInt32LE(0) + 1) / 2 ** 32));
  const angle = (2 * Math.PI * digest.readUInt32LE(4)) / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
};
