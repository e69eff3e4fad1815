import { describe, expect, it } from 'vitest';
import { deadlinesFor, defaultDeadlines } from '../../../source/models/call/deadlines.ts';
import { liveModel } from '../call.ts';

const hosted = liveModel('https://example.com/v1');
const local = { ...hosted, provider: { ...hosted.provider, loadsOnFirstCall: true } };

describe('the deadlines of a model', () => {
  it('are all longer for a reasoning model', () => {
    const plain = deadlinesFor(hosted, false);
    const reasoning = deadlinesFor(hosted, true);
    expect(plain).toEqual(defaultDeadlines);
    for (const key of ['firstByteMs', 'firstTokenMs', 'idleMs', 'totalMs'] as const) {
      expect(reasoning[key]).toBeGreaterThan(plain[key]);
    }
  });

  it('allow more time for the first token when the server loads its model first', () => {
    const plain = deadlinesFor(hosted, false);
    const loading = deadlinesFor(local, false);
    expect(loading.firstByteMs).toBeGreaterThan(plain.firstByteMs);
    expect(loading.firstTokenMs).toBeGreaterThan(plain.firstTokenMs);
    expect(loading).toMatchObject({ idleMs: plain.idleMs, totalMs: plain.totalMs });
    expect(deadlinesFor(local, true)).toEqual(deadlinesFor(hosted, true));
  });

  it('never expect the first token before the first byte', () => {
    for (const model of [hosted, local]) {
      for (const reasons of [false, true]) {
        const { firstByteMs, firstTokenMs, totalMs } = deadlinesFor(model, reasons);
        expect(firstTokenMs).toBeGreaterThanOrEqual(firstByteMs);
        expect(totalMs).toBeGreaterThan(firstTokenMs);
      }
    }
  });
});
