import { onTestFinished } from 'vitest';
import type { Side } from '../../../source/comparison/outcome.ts';
import { openBatchApi } from '../../../source/models/batch/batch-api.ts';
import { batchProfileOf, type BatchProfile } from '../../../source/models/batch/batch-profile.ts';
import type { Model, Price } from '../../../source/models/model.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import {
  startBatchReplay,
  type BatchReplayResult,
} from '../../../source/replay/batch/batch-replay.ts';
import type { BatchEvent } from '../../../source/replay/batch/event.ts';
import type { BatchReplayOptions, BatchSide } from '../../../source/replay/batch/options.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import type { Store } from '../../../source/store/open.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { startBatchServer, type BatchServer } from '../../helpers/batch-server.ts';
import { at, sampleCapture } from '../../store/samples.ts';
import { temporaryStore } from '../../store/temporary-store.ts';

/** A dollar a million tokens, either way. */
export const price: Price = {
  input: 1,
  output: 1,
  cachedInput: null,
  source: 'test',
  date: '2026-11',
};

export const captureOf = (number: number): Capture =>
  sampleCapture(`capture-${number}`, {
    request: {
      model: 'old',
      messages: [{ role: 'user', content: `prompt ${number}` }],
      max_tokens: 50,
      stream: true,
    },
  });

/** A real store, a batch server on loopback, and runs against both. No wait takes any time. */
export type BatchStand = {
  readonly store: Store;
  readonly comparisonId: string;
  readonly server: BatchServer;
  readonly waits: number[];
  readonly run: (
    changes?: Partial<BatchReplayOptions> & { readonly profile?: Partial<BatchProfile> },
  ) => Promise<BatchReplayResult & { readonly events: readonly BatchEvent[] }>;
};

let ids = 0;

export const openBatchStand = async (
  captures: readonly Capture[],
  serverOptions: Parameters<typeof startBatchServer>[0] = {},
  models: Partial<Record<Side, Model>> = {},
): Promise<BatchStand> => {
  const store = await temporaryStore();
  const server = await startBatchServer(serverOptions);
  onTestFinished(() => server.close());
  const of = {
    baseline: models.baseline ?? resolveModel(`${server.url}#incumbent`),
    candidate: models.candidate ?? resolveModel(`${server.url}#newcomer`),
  };
  const { id: comparisonId } = await openComparison(store, {
    name: null,
    baseline: of.baseline.label,
    candidate: of.candidate.label,
    at,
  });
  await addRecords(
    store,
    captures.map((capture) => ({ kind: 'capture', capture })),
    { source: 'test', comparisonId, at },
  );
  const waits: number[] = [];
  return {
    store,
    comparisonId,
    server,
    waits,
    async run({ profile: change, ...changes } = {}) {
      const events: BatchEvent[] = [];
      const signal = changes.signal ?? new AbortController().signal;
      const sideOf = (model: Model): BatchReplayOptions['sides'][Side] => {
        if (model.kind === 'recorded') return model;
        const found = batchProfileOf(model.provider);
        if (found === null) throw new Error('The model has no Batch API.');
        const profile = { ...found, ...change };
        const side: BatchSide = {
          model,
          profile,
          api: openBatchApi({ model, apiKey: 'key', profile, signal }),
          apiKey: 'key',
          price,
          adapt: (request) => ({
            body: { ...request, model: model.name },
            adaptations: [
              { parameter: 'model', action: 'changed', to: model.name, reason: 'test' },
              { parameter: 'stream', action: 'added', to: true, reason: 'test' },
            ],
          }),
        };
        return side;
      };
      const replay = startBatchReplay({
        store,
        comparisonId,
        sides: { baseline: sideOf(of.baseline), candidate: sideOf(of.candidate) },
        samples: 1,
        budget: null,
        pollForMs: null,
        worker: { host: 'here', pid: 1, isAlive: () => false },
        now: () => 0,
        at: () => new Date().toISOString(),
        random: () => 0.5,
        newId: () => `job-${++ids}`,
        wait: async (ms) => {
          waits.push(ms);
        },
        ...changes,
        signal,
        on: (event) => {
          events.push(event);
          changes.on?.(event);
        },
      });
      return { ...(await replay.done), events };
    },
  };
};
