import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FormatRecord } from '../../../../source/traffic/formats/format.ts';
import { SpanJoin } from '../../../../source/traffic/formats/otel/span-join.ts';
import { readSpan } from '../../../../source/traffic/formats/otel/span.ts';

const stored = (id: string) => ({
  traceId: 'ab',
  spanId: id,
  startTimeUnixNano: '1790000000000000000',
  endTimeUnixNano: '1790000000900000000',
  attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'm' } }],
});

type Join = SpanJoin;

const addSpan = (join: Join, id: string): readonly FormatRecord[] =>
  join.addSpan(readSpan(stored(id)));

const event = (content: string) => ({
  name: 'gen_ai.user.message',
  body: { content },
  attributes: {},
});

const kinds = (records: readonly FormatRecord[]): readonly string[] =>
  records.map((record) => record.kind);

describe('spans and their content', () => {
  it('are joined in any order, each once', () => {
    const steps = fc.shuffledSubarray(
      Array.from({ length: 20 }, (_, index) => index),
      { minLength: 20 },
    );
    fc.assert(
      fc.property(steps, (order) => {
        const join = new SpanJoin();
        const records = order.flatMap((step) =>
          step < 10
            ? addSpan(join, `s${step}`)
            : join.addEvent('ab', `s${step - 10}`, event(`words ${step - 10}`)),
        );
        const all = [...records, ...join.end()];
        expect(all).toHaveLength(10);
        for (const record of all) {
          expect(record.kind).toBe('capture');
          if (record.kind !== 'capture') continue;
          const number = record.capture.id.slice('ab-s'.length);
          expect(record.capture.request).toEqual({
            model: 'm',
            messages: [{ role: 'user', content: `words ${number}` }],
          });
        }
      }),
      { numRuns: 50 },
    );
  });

  it('wait within a limit: the oldest is released first, and accounted for', () => {
    const join = new SpanJoin(800);
    const gone = Array.from({ length: 100 }, (_, index) => addSpan(join, `s${index}`)).flat();
    expect(gone.length).toBeGreaterThan(90);
    expect(new Set(gone.map((record) => record.kind === 'rejected' && record.reason))).toEqual(
      new Set([
        'prompt not stored (OTel: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT), or too far from its span in the file',
      ]),
    );
    const late = join.addEvent('ab', 's99', event('in time'));
    const rest = [...late, ...join.end()];
    expect(gone.length + rest.length).toBe(100);
    expect(kinds(rest)).toContain('capture');
    expect([...join.end()]).toEqual([]);
  });

  it('are limited by bytes, and keep their times', () => {
    const join = new SpanJoin(1800);
    expect(join.addEvent('ab', 's1', event('x'.repeat(700)))).toEqual([]);
    expect(addSpan(join, 's1')).toEqual([]);
    const [first] = join.addEvent('ab', 's2', event('語'.repeat(300)));
    expect(first).toMatchObject({
      kind: 'capture',
      capture: { id: 'ab-s1', timestamp: '2026-09-21T14:13:20.000Z' },
    });
    expect([...join.end()]).toHaveLength(1);
  });
});
