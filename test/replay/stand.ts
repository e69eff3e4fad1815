import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Side } from '../../source/comparison/outcome.ts';
import type { DemoCall } from '../../source/demo/server/calls.ts';
import { startDemoEndpoint } from '../../source/demo/server/endpoint.ts';
import type { Fault, FaultRequest } from '../../source/demo/server/faults.ts';
import { callModel } from '../../source/models/call/client.ts';
import type { Model, Price } from '../../source/models/model.ts';
import type { ReplayEvent } from '../../source/replay/event.ts';
import { defaultPatience } from '../../source/replay/limits/health.ts';
import { noLimits } from '../../source/replay/limits/limits.ts';
import type { ReplayOptions } from '../../source/replay/options.ts';
import { startReplay, type ReplayResult } from '../../source/replay/replay.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { openStore, type Store } from '../../source/store/open.ts';
import type { Capture, RecordedResponse } from '../../source/traffic/capture.ts';

const at = '2026-11-24T00:00:00.000Z';

/** A real store and a real endpoint on loopback that can be made to fail. */
export type Stand = {
  readonly store: Store;
  readonly comparisonId: string;
  /** Every wait so far, in milliseconds; none of them takes any time, but the clock goes on by it. */
  readonly waits: number[];
  readonly calls: () => readonly DemoCall[];
  readonly run: (
    options?: Partial<ReplayOptions>,
  ) => Promise<ReplayResult & { readonly events: readonly ReplayEvent[] }>;
  readonly close: () => Promise<void>;
};

/** Which side a request to the endpoint is of. */
export const sideOf = (request: FaultRequest): Side =>
  request.model === 'incumbent' ? 'baseline' : 'candidate';

/** An answer to any prompt: the endpoint's own text, not a failure. */
export const say = (text: string): Fault => ({ kind: 'text', text });

export const captureOf = (number: number, recorded: readonly RecordedResponse[] = []): Capture => ({
  id: `capture-${number}`,
  endpoint: 'test',
  timestamp: null,
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
  /** Of both models; default none. */
  readonly price?: Price;
}): Promise<Stand> => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-replay-'));
  const store = await openStore(join(directory, 'store.db'));
  const endpoint = await startDemoEndpoint({
    timings: 'instant',
    faults: options.answer ?? (() => say('an answer')),
  });
  const live = (name: string): Model => ({
    kind: 'live',
    label: `test/${name}`,
    name,
    provider: {
      id: 'test',
      baseUrl: endpoint.url,
      keyVariables: [],
      keyRequired: false,
      streamOptions: true,
      pricesId: null,
      headers: {},
      authorization: 'bearer',
      quirks: 'openai-compatible',
      loadsOnFirstCall: false,
      batch: false,
    },
  });
  const models = {
    baseline: options.models?.baseline ?? live('incumbent'),
    candidate: options.models?.candidate ?? live('newcomer'),
  };
  const comparison = await openComparison(store, {
    name: null,
    baseline: models.baseline.label,
    candidate: models.candidate.label,
    at,
  });
  const comparisonId = comparison.id;
  await addRecords(
    store,
    options.captures.map((capture) => ({ kind: 'capture', capture })),
    { source: 'test', comparisonId, at },
  );
  const waits: number[] = [];
  let skippedMs = 0;
  const now = (): number => performance.now() + skippedMs;
  return {
    store,
    comparisonId,
    waits,
    calls: endpoint.calls,
    async run(changes = {}) {
      const events: ReplayEvent[] = [];
      const replay = startReplay({
        store,
        baseline: { model: models.baseline, apiKey: '', price: options.price ?? null },
        comparisons: [
          {
            comparisonId,
            candidate: { model: models.candidate, apiKey: '', price: options.price ?? null },
          },
        ],
        samples: 1,
        speed: null,
        concurrency: 4,
        limitsOf: () => noLimits,
        patience: defaultPatience,
        budget: null,
        deadlinesOf: () => testDeadlines,
        maximumBytes: 1_000_000,
        signal: new AbortController().signal,
        now,
        at: () => at,
        random: Math.random,
        wait: async (ms, signal) => {
          // Everything that could happen meanwhile has its turn.
          await setTimeout(2);
          if (signal.aborted) return;
          waits.push(ms);
          skippedMs += ms;
        },
        call: callModel,
        warmUp: null,
        ...changes,
        on: (event) => {
          events.push(event);
          changes.on?.(event);
        },
      });
      return { ...(await replay.done), events };
    },
    async close() {
      await store.close();
      await endpoint.close();
      await rm(directory, { recursive: true });
    },
  };
};

/** Long enough for a slow machine: nothing in these tests waits for a deadline. */
const testDeadlines = {
  firstByteMs: 30_000,
  firstTokenMs: 60_000,
  idleMs: 30_000,
  totalMs: 60_000,
};
