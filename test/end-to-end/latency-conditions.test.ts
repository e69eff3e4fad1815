import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { openStore } from '../../source/store/open.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { at, sampleCapture, sampleResponse } from '../store/samples.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

describe('the conditions of latency', () => {
  it('say how many calls were in flight, how long they waited, and which side began', async () => {
    const store = await openStore(scene.path('understudy.db'));
    const models = { baseline: 'p/one', candidate: 'p/two' };
    const { id } = await openComparison(store, { name: null, ...models, at });
    const begin = Date.parse(at);
    // A pair every 50 ms, each call takes 100 ms; the candidate begins 10 ms later, and first in the last pair.
    for (let index = 0; index < 4; index++) {
      const captureId = `c${index}`;
      const options = { source: 's', comparisonId: id, at };
      await addRecords(store, [{ kind: 'capture', capture: sampleCapture(captureId) }], options);
      for (const side of ['baseline', 'candidate'] as const) {
        const later = side === 'baseline' ? 0 : index === 3 ? -10 : 10;
        await saveResponse(store, {
          ...sampleResponse(id, captureId, side, 'text'),
          timings: {
            queueMs: side === 'baseline' ? 5 : 15,
            connectMs: null,
            timeToFirstTokenMs: 40,
            totalMs: 100,
          },
          at: new Date(begin + index * 50 + later + 100).toISOString(),
        });
      }
    }
    // A further sample and a failed attempt are in flight while the calls at 50 and 60 ms begin.
    const timings = { queueMs: 5, connectMs: null, timeToFirstTokenMs: null, totalMs: 20 };
    const ended = new Date(begin + 65).toISOString();
    const further = sampleResponse(id, 'c0', 'baseline', 'text');
    await saveResponse(store, { ...further, sample: 1, timings, at: ended });
    await saveAttempt(store, {
      comparisonId: id,
      captureId: 'c0',
      side: 'candidate',
      sample: 0,
      failure: {
        reason: 'timeout',
        message: 'late',
        status: null,
        retryAfterMs: null,
        parameter: null,
      },
      partial: null,
      timings,
      providerRequestId: null,
      final: false,
      at: ended,
    });
    await store.close();
    const { latencyConditions } = await scene.summary();
    // The calls begin at 0, 10, 50, 60, 100, 110, 140 and 150 ms, beside 0, 1, 2 + 2, 3 + 2, 3, 3, 4 and 4
    // others.
    expect(latencyConditions).toMatchObject({
      calls: 8,
      inFlight: 1 + 24 / 8,
      queue: { p50: 10, n: 8 },
      apart: { p50: 10, n: 4 },
      baselineFirst: { rate: 3 / 4, n: 4 },
      warmUp: 'each endpoint',
    });
    const { stdout } = await scene.run(['summary']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Measured with 4.0 calls in flight on average; a call waited 10 ms for its turn, which no latency includes; the two calls of a pair began 10 ms apart, the baseline first in 75.0 % of 4; each endpoint was warmed up before its first call.',
    );
    const { stdout: markdown } = await scene.run(['summary', '--format=markdown']);
    expect(markdown).toContain('4.0 calls in flight');
    // Calls that a filter leaves out were in flight as well.
    const filtered = await scene.run(['summary', '--format=json', '--filter', 'endpoint:none']);
    expect(JSON.parse(filtered.stdout)).toMatchObject({ latencyConditions: null });
  });
});
