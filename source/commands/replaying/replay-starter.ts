import type { Side } from '../../comparison/outcome.ts';
import { callModel } from '../../models/call/client.ts';
import { defaultDeadlines } from '../../models/call/deadlines.ts';
import type { Model, Price } from '../../models/model.ts';
import type { ReplayEvent } from '../../replay/event.ts';
import { startReplay, type Replay } from '../../replay/replay.ts';
import { wait } from '../../replay/limits/wait.ts';
import type { Store } from '../../store/open.ts';

/** Starts a replay of one comparison on the real network and clock, as often as it is called. */
export type ReplayStarter = (options: {
  readonly signal: AbortSignal;
  readonly on?: (event: ReplayEvent) => void;
  /** Only these captures, for instance to try one pair again. */
  readonly only?: readonly string[];
}) => Replay;

const maximumAnswerBytes = 16 * 1024 * 1024;

/** A starter for a comparison whose models, keys and limits are settled. */
export const replayStarter =
  (settled: {
    readonly store: Store;
    readonly comparisonId: string;
    readonly models: Readonly<Record<Side, Model>>;
    readonly keys: Readonly<Record<Side, string>>;
    readonly prices: Readonly<Record<Side, Price | null>>;
    readonly concurrency: number;
    readonly budget: number | null;
  }): ReplayStarter =>
  ({ signal, on, only }) =>
    startReplay({
      ...settled,
      deadlines: defaultDeadlines,
      maximumBytes: maximumAnswerBytes,
      signal,
      now: () => performance.now(),
      at: () => new Date().toISOString(),
      random: Math.random,
      wait,
      call: callModel,
      ...(on === undefined ? {} : { on }),
      ...(only === undefined ? {} : { only }),
    });
