import { compatibleServer } from '../../source/models/resolve-model.ts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Side } from '../../source/comparison/outcome.ts';
import type { DemoCall } from '../../source/demo/demo-endpoint.ts';
import { startDemoEndpoint, type DemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import type { Fault, FaultRequest } from '../../source/demo/faults.ts';
import { callModel } from '../../source/models/call/client.ts';
import type { FailureReason } from '../../source/models/answer.ts';
import type { Model, Price } from '../../source/models/model.ts';
import type { ReplayEvent } from '../../source/replay/replay-event.ts';
import { defaultPatience } from '../../source/replay/limits/health.ts';
import { noLimits } from '../../source/configuration/settings.ts';
import type { CallableModel, ReplayOptions } from '../../source/replay/replay-options.ts';
import { startReplay, type ReplayResult } from '../../source/replay/start-replay.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { openStore, type Store } from '../../source/store/open.ts';
import type { Capture, RecordedResponse } from '../../source/traffic/capture.ts';

const at = '2026-11-24T00:00:00.000Z';

/** A real store and a real loopback endpoint that can be made to fail. */
export type Stand = {
  readonly store: Store;
  readonly comparisonId: string;
  readonly comparisons: ReplayOptions['comparisons'];
  /** The ids of all comparisons, including the first. */
  readonly comparisonIds: readonly string[];
  /** Every wait so far, in milliseconds. A wait takes no real time but advances the clock. */
  readonly waits: number[];
  readonly calls: () => readonly DemoCall[];
  /** The number of calls to each model: `incumbent`, `newcomer` and further candidates. */
  readonly counts: () => Readonly<Record<string, number>>;
  readonly run: (options?: Partial<ReplayOptions>) => Promise<
    ReplayResult & {
      readonly events: readonly ReplayEvent[];
      /** Why a side was stopped, in the first comparison. */
      readonly stopped: Readonly<Record<Side, FailureReason | null>>;
    }
  >;
  readonly close: () => Promise<void>;
};

/** The side that a request to the endpoint belongs to. */
export const sideOf = (request: FaultRequest): Side =>
  request.model === 'incumbent' ? 'baseline' : 'candidate';

/** An answer to any prompt: the endpoint's own text, no failure. */
export const say = (text: string): Fault => ({ kind: 'text', text });

export const captureOf = (number: number, recorded: readonly RecordedResponse[] = []): Capture => ({
  id: `capture-${number}`,
  endpoint: 'test',
  timestamp: null,
  dialect: 'chat',
  model: null,
  request: {
    model: 'old',
    messages: [{ role: 'user', content: `prompt ${number}` }],
    max_tokens: 50,
  },
  recorded,
  metadata: null,
  partial: [],
});

export const openStand = async (options: {
  readonly captures: readonly Capture[];
  readonly answer?: (request: FaultRequest) => Fault | null;
  readonly models?: Partial<Record<Side, Model>>;
  /** Further candidates by name, each with its own address and comparison. */
  readonly more?: Readonly<Record<string, () => Fault | null>>;
  readonly name?: string;
  /** For all models; default none. */
  readonly price?: Price;
}): Promise<Stand> => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-replay-'));
  const store = await openStore(join(directory, 'store.db'));
  const endpoint = await startDemoEndpoint({
    timings: 'instant',
    faults: options.answer ?? (() => say('an answer')),
  });
  const others = new Map<string, DemoEndpoint>();
  for (const [name, answer] of Object.entries(options.more ?? {})) {
    others.set(name, await startDemoEndpoint({ timings: 'instant', faults: answer }));
  }
  const live = (name: string, url = endpoint.url): Model => ({
    kind: 'live',
    label: `test/${name}`,
    name: others.has(name) ? 'newcomer' : name,
    provider: { ...compatibleServer(url), id: 'test' },
  });
  const models = {
    baseline: options.models?.baseline ?? live('incumbent'),
    candidate: options.models?.candidate ?? live('newcomer'),
  };
  const comparisons: { readonly comparisonId: string; readonly candidate: CallableModel }[] = [];
  const further = [...others].map(([name, { url }]) => live(name, url));
  for (const model of [models.candidate, ...further]) {
    const { id: comparisonId } = await openComparison(store, {
      name: options.name ?? null,
      baseline: models.baseline.label,
      candidate: model.label,
      at,
    });
    await addRecords(
      store,
      options.captures.map((capture) => ({ kind: 'capture', capture })),
      { source: 'test', comparisonId, at },
    );
    const candidate = { model, apiKey: '', price: options.price ?? null };
    comparisons.push({ comparisonId, candidate });
  }
  const comparisonId = comparisons[0]?.comparisonId ?? '';
  const waits: number[] = [];
  let skippedMs = 0;
  const now = (): number => performance.now() + skippedMs;
  return {
    store,
    comparisonId,
    comparisonIds: comparisons.map((one) => one.comparisonId),
    comparisons,
    waits,
    calls: () => endpoint.calls(),
    counts: () => {
      const counts: Record<string, number> = {};
      for (const { model } of endpoint.calls()) {
        counts[String(model)] = (counts[String(model)] ?? 0) + 1;
      }
      for (const [name, other] of others) counts[name] = other.calls().length;
      return counts;
    },
    async run(changes = {}) {
      const events: ReplayEvent[] = [];
      const replay = startReplay({
        store,
        baseline: { model: models.baseline, apiKey: '', price: options.price ?? null },
        comparisons,
        samples: 1,
        speed: null,
        concurrency: 4,
        modelLimits: () => noLimits,
        patience: defaultPatience,
        budget: null,
        deadlinesOf: () => testDeadlines,
        maximumBytes: 1_000_000,
        worker: { host: 'here', pid: 1, startedAt: 0, isAlive: () => true },
        newId: randomUUID,
        signal: new AbortController().signal,
        now,
        at: () => at,
        random: Math.random,
        wait: async (ms, signal) => {
          // Lets all other pending work run first.
          await setTimeout(2);
          if (signal.aborted) return;
          waits.push(ms);
          skippedMs += ms;
        },
        call: callModel,
        warmUp: null,
        ...changes,
        onEvent: (event) => {
          events.push(event);
          changes.onEvent?.(event);
        },
      });
      const result = await replay.done;
      const stoppedSides = result.comparisons[0]?.stopped;
      const stopped = {
        baseline: stoppedSides?.baseline?.reason ?? null,
        candidate: stoppedSides?.candidate?.reason ?? null,
      };
      return { ...result, events, stopped };
    },
    async close() {
      await store.close();
      await endpoint.close();
      for (const other of others.values()) await other.close();
      await rm(directory, { recursive: true });
    },
  };
};

/** Long enough for a slow machine; no test waits for a deadline. */
const testDeadlines = {
  firstByteMs: 30_000,
  firstTokenMs: 60_000,
  idleMs: 30_000,
  totalMs: 60_000,
};
