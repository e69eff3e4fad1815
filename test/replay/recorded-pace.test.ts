import { afterEach, describe, expect, it } from 'vitest';
import { callModel } from '../../source/models/call/client.ts';
import { RecordedPace } from '../../source/replay/send-missing.ts';
import { captureOf, openStand, type Stand } from './stand.ts';

let stand: Stand | null = null;

afterEach(async () => {
  await stand?.close();
  stand = null;
});

const at = (seconds: number): string =>
  new Date(Date.UTC(2026, 10, 20) + seconds * 1000).toISOString();

describe('the pace of a recording', () => {
  it('keeps gaps, divided by the speed, up to a minute', () => {
    const pace = new RecordedPace(2);
    expect(pace.waitMs(at(0), 500)).toBe(0);
    pace.sent(at(0), 500);
    expect(pace.waitMs(at(10), 500)).toBe(5000);
    pace.sent(at(10), 5500);
    expect(pace.waitMs(at(4000), 5500)).toBe(30_000);
  });

  it('does not catch up after a delay', () => {
    const pace = new RecordedPace(1);
    pace.sent(at(0), 0);
    // The second was delayed by an hour; the third keeps its recorded distance from it.
    pace.sent(at(1), 3_600_000);
    expect(pace.waitMs(at(3), 3_600_000)).toBe(2000);
  });

  it('does not wait for a missing or earlier timestamp', () => {
    const pace = new RecordedPace(1);
    pace.sent(at(5), 0);
    expect(pace.waitMs(null, 0)).toBe(0);
    expect(pace.waitMs(at(2), 0)).toBe(0);
  });
});

describe('a replay at the recorded speed', () => {
  it('sends captures in order of time with their gaps', async () => {
    const seconds = [40, 0, 10, 10, 500];
    stand = await openStand({
      captures: seconds.map((second, index) => ({ ...captureOf(index), timestamp: at(second) })),
    });
    const sent = new Map<string, number>();
    const { progress } = await stand.run({
      speed: 1,
      call: (options) => {
        const [message] = options.body['messages'] as [{ content: string }];
        sent.set(message.content, Math.min(sent.get(message.content) ?? Infinity, options.now()));
        return callModel(options);
      },
    });
    expect(progress).toMatchObject({ done: 5, answered: 10 });
    const order = [...sent.entries()].toSorted(([, a], [, b]) => a - b);
    expect(order.map(([prompt]) => prompt)[0]).toBe('prompt 1');
    expect(order.map(([prompt]) => prompt).slice(3)).toEqual(['prompt 0', 'prompt 4']);
    const starts = order.map(([, ms]) => ms - (order[0]?.[1] ?? 0));
    for (const [index, least] of [0, 10_000, 10_000, 40_000, 100_000].entries()) {
      expect(starts[index]).toBeGreaterThanOrEqual(least - 5);
      expect(starts[index]).toBeLessThan(least + 9000);
    }
  });
});
