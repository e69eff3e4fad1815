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
import type { BatchEvent } from '../../../source/replay/batch/batch-event.ts';
import type {
  BatchModel,
  BatchReplayOptions,
  BatchSide,
} from '../../../source/replay/batch/batch-options.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import { selectLike } from '../../../source/store/comparisons/select-captures.ts';
import type { Store } from '../../../source/store/open.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { startBatchServer, type BatchServer } from '../../helpers/batch-server.ts';
import { at, sampleCapture } from '../../store/samples.ts';
import { temporaryStore } from '../../store/temporary-store.ts';

/** $1 per million tokens, for input and output. */
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

/** A real store, a loopback batch server and runs against both. Waits take no real time. */
export type BatchStand = {
  readonly store: Store;
  readonly comparisonId: string;
  /** The ids of all comparisons, including the first. */
  readonly comparisonIds: readonly string[];
  readonly server: BatchServer;
  readonly waits: number[];
  readonly run: (
    changes?: Partial<BatchReplayOptions> & {
      readonly profile?: Partial<BatchProfile>;
      /** The indexes of the comparisons to replay; default all. */
      readonly only?: readonly number[];
      /** Overrides for the capabilities of a model. */
      readonly side?: (
        model: Extract<Model, { kind: 'live' }>,
        ids: readonly string[],
      ) => Partial<BatchSide>;
    },
  ) => Promise<
    BatchReplayResult & {
      readonly events: readonly BatchEvent[];
      /** For the first comparison. */
      readonly stopped: BatchReplayResult['comparisons'][number]['stopped'];
    }
  >;
};

type Models = Partial<Record<Side, Model>>;

let jobs = 0;

export const openBatchStand = async (
  captures: readonly Capture[],
  serverOptions: Parameters<typeof startBatchServer>[0] = {},
  modelsOf: Models | ((url: string) => Models) = {},
  otherCandidates: readonly string[] = [],
): Promise<BatchStand> => {
  const store = await temporaryStore();
  const server = await startBatchServer(serverOptions);
  onTestFinished(() => server.close());
  const models = typeof modelsOf === 'function' ? modelsOf(server.url) : modelsOf;
  const of = {
    baseline: models.baseline ?? resolveModel(`${server.url}#incumbent`),
    candidate: models.candidate ?? resolveModel(`${server.url}#newcomer`),
  };
  const { id: comparisonId } = await openComparison(store, {
    name: 'test',
    baseline: of.baseline.label,
    candidate: of.candidate.label,
    at,
  });
  await addRecords(
    store,
    captures.map((capture) => ({ kind: 'capture', capture })),
    { source: 'test', comparisonId, at },
  );
  const all: { id: string; candidate: Model }[] = [{ id: comparisonId, candidate: of.candidate }];
  for (const name of otherCandidates) {
    const candidate = resolveModel(`${server.url}#${name}`);
    const { id } = await openComparison(store, {
      name: 'test',
      baseline: of.baseline.label,
      candidate: candidate.label,
      at,
    });
    await selectLike(store, comparisonId, id);
    all.push({ id, candidate });
  }
  const waits: number[] = [];
  return {
    store,
    comparisonId,
    comparisonIds: all.map(({ id }) => id),
    server,
    waits,
    async run({ only, profile: change, side: sideChanges, ...changes } = {}) {
      const chosen = all.filter((_, index) => only?.includes(index) ?? true);
      const events: BatchEvent[] = [];
      const signal = changes.signal ?? new AbortController().signal;
      const sideOf = (model: Model, ids: readonly string[]): BatchModel => {
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
          adapt: async (request) => ({
            body: { ...request, model: model.name },
            adaptations: [
              { parameter: 'model', action: 'changed', to: model.name, reason: 'test' },
              { parameter: 'stream', action: 'added', to: true, reason: 'test' },
            ],
          }),
          amend: async () => ({ kind: 'none' }),
          ...sideChanges?.(model, ids),
        };
        return side;
      };
      const replay = startBatchReplay({
        store,
        baseline: sideOf(
          of.baseline,
          chosen.map(({ id }) => id),
        ),
        comparisons: chosen.map(({ candidate, id }) => ({
          comparisonId: id,
          candidate: sideOf(candidate, [id]),
        })),
        samples: 1,
        budget: null,
        pollForMs: null,
        worker: { host: 'here', pid: 1, startedAt: 0, isAlive: () => false },
        now: () => 0,
        at: () => new Date().toISOString(),
        random: () => 0.5,
        newId: () => `job-${++jobs}`,
        wait: async (ms) => {
          waits.push(ms);
        },
        ...changes,
        signal,
        onEvent: (event) => {
          events.push(event);
          changes.onEvent?.(event);
        },
      });
      const result = await replay.done;
      const stopped = result.comparisons[0]?.stopped ?? { baseline: null, candidate: null };
      return { ...result, stopped, events };
    },
  };
};
