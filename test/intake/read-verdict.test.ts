import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRows } from '../../source/export/csv-rows.ts';
import { readVerdicts, type VerdictContext } from '../../source/intake/read-verdict.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { samplePair, sampleVerdict } from '../export/sample-pair.ts';

const context: VerdictContext = {
  comparison: { id: 'c0ffee00', name: 'a → b', baseline: 'a', candidate: 'b' },
  reviewer: null,
  isTable: false,
  nowMs: Date.parse('2026-11-24T00:00:00Z'),
};

const read = (record: JsonObject, change: Partial<VerdictContext> = {}) => {
  const [first] = readVerdicts(record, { ...context, ...change });
  if (first?.kind === 'verdict') return first.given;
  return first?.kind === 'wrong' ? first.reason : 'none';
};

const line = { capture: 'req_1', reviewer: 'ada', verdict: 'agree' };

describe('a verdict from elsewhere', () => {
  it('is read with what the line says, and as chosen by nobody', () => {
    expect(
      read({ ...line, tags: ['tone', ''], comment: 'curt', time: '2026-11-20', id: 17, grade: 3 }),
    ).toEqual({
      captureId: 'req_1',
      reviewer: 'ada',
      verdict: 'agree',
      tags: ['tone'],
      comment: 'curt',
      at: '2026-11-20T00:00:00.000Z',
      // Not an id of an event.
      id: null,
      resolves: false,
      circumstances: { ahead: true },
    });
    expect(read({ ...line, reviewer: '' }, { reviewer: 'bo' })).toMatchObject({ reviewer: 'bo' });
    expect(read({ ...line, comparison: 'a → b' })).toMatchObject({ captureId: 'req_1' });
    // A space makes nobody another reviewer.
    expect(read({ ...line, reviewer: ' ada\t' })).toMatchObject({ reviewer: 'ada' });
    expect(read({ ...line, reviewer: ' ' }, { reviewer: 'bo' })).toMatchObject({ reviewer: 'bo' });
    expect(readVerdicts({ Capture: 'req_1', Verdict: 'agree' }, context)).toEqual([
      { kind: 'wrong', reason: 'no capture', value: 'Capture, Verdict' },
    ]);
  });

  it.each([
    ['agree', 'agree'],
    ['Tie', 'agree'],
    ['same', 'agree'],
    ['worse', 'worse'],
    ['baseline', 'worse'],
    ['better', 'better'],
    ['candidate', 'better'],
    ['both bad', 'both_bad'],
    ['Both-Bad', 'both_bad'],
    ['tie (bothbad)', 'both_bad'],
  ])('takes %s for %s', (word, verdict) => {
    expect(read({ ...line, verdict: word })).toMatchObject({ verdict });
  });

  it.each(['maybe', 'A', '1', 'good', 'model_a', 'constructor'])(
    'does not guess what %s means',
    (word) => {
      expect(read({ ...line, verdict: word })).toBe('not a verdict');
    },
  );

  it('knows the winner by its name where the line names both models', () => {
    const vote = { question_id: 81, judge: 'expert_1', tstamp: 1_763_000_000 };
    const [ab, ba] = [
      { ...vote, model_a: 'a', model_b: 'b' },
      { ...vote, model_a: 'b', model_b: 'a' },
    ];
    expect(read({ ...ab, winner: 'model_a' })).toMatchObject({
      captureId: '81',
      reviewer: 'expert_1',
      verdict: 'worse',
      at: new Date(1_763_000_000_000).toISOString(),
    });
    expect(read({ ...ab, winner: 'model_b' })).toMatchObject({ verdict: 'better' });
    expect(read({ ...ba, winner: 'model_a' })).toMatchObject({ verdict: 'better' });
    expect(read({ ...ab, model_b: 'c', winner: 'model_a' })).toBe('not a verdict');
    const same = { ...context.comparison, candidate: 'a' };
    expect(
      read({ ...vote, model_a: 'a', model_b: 'a', winner: 'model_a' }, { comparison: same }),
    ).toBe('not a verdict');
  });

  it('is refused with its reason', () => {
    expect(read({ ...line, capture: null })).toBe('no capture');
    expect(read({ ...line, verdict: '' })).toBe('none');
    expect(read({ ...line, verdict: 1 })).toBe('not a verdict');
    expect(read({ ...line, reviewer: null })).toBe('no reviewer, and no --reviewer');
    expect(read({ ...line, time: 'yesterday' })).toBe('not a time');
    expect(read({ ...line, time: '2026-12-24' })).toBe('a time in the future');
    expect(read({ ...line, tags: [1] })).toBe('tags that are no list of texts');
    expect(read({ ...line, tags: { a: 1 } })).toBe('tags that are no list of texts');
    expect(read({ ...line, comment: ['a'] })).toBe('a comment that is no text');
    expect(read({ ...line, comparison: 'other' })).toBe('about another comparison');
    const pair = JSON.parse(JSON.stringify(samplePair())) as JsonObject;
    expect(read({ ...pair, verdicts: 1 })).toBe('not a pair as export writes it');
    expect(read({ ...pair, comparison: { id: 'other' } })).toBe('about another comparison');
  });

  it('keeps of an exported pair how each was given, and what resolves it', () => {
    const pair = samplePair({
      verdicts: [
        sampleVerdict('ada', 'worse', { left: 'candidate', group: { id: 'g', seen: 3 } }),
        sampleVerdict('bo', null),
      ],
      resolved: sampleVerdict('cy', 'agree', { comment: 'settled' }),
    });
    const found = readVerdicts(JSON.parse(JSON.stringify(pair)) as JsonObject, context);
    expect(found).toMatchObject([
      {
        given: {
          reviewer: 'ada',
          resolves: false,
          circumstances: { ahead: false, left: 'candidate', group: { id: 'g', seen: 3 } },
        },
      },
      { kind: 'none' },
      { given: { reviewer: 'cy', resolves: true, comment: 'settled' } },
    ]);
  });

  it('loses of a table only the apostrophe that the export puts before a formula', () => {
    const comments = ["'=1+1", "''=1+1", "''-2", '-2', "'a"].map((comment) =>
      read({ ...line, comment }, { isTable: true }),
    );
    expect(comments).toMatchObject(
      ['=1+1', "'=1+1", "'-2", '-2', "'a"].map((comment) => ({ comment })),
    );
  });

  it('is the same after it was exported as CSV', () => {
    const text = fc.oneof(
      fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
      fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom("'", '=', '-', '1', '\t') }),
    );
    const tags = fc.uniqueArray(
      fc.oneof(
        fc.string({ minLength: 1, maxLength: 6 }),
        fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("'", '=', '-', '1', ';') }),
      ),
      { maxLength: 3 },
    );
    const property = fc.property(
      text.filter((name) => name.trim() !== ''),
      text,
      tags,
      fc.constantFrom('agree', 'worse', 'better', 'both_bad'),
      (reviewer, comment, given, verdict) => {
        const pair = samplePair({
          verdicts: [sampleVerdict(reviewer, verdict, { comment, tags: given })],
        });
        const rows = csvRows.rows(pair);
        if (!Array.isArray(rows)) throw new Error('left out');
        const csv = `${csvRows.begin(pair.comparison)}${rows.join('')}`;
        const [row = {}]: Record<string, string>[] = parse(csv, {
          columns: true,
          relax_quotes: true,
        });
        const found = read(row, { isTable: true });
        expect(found).toMatchObject({
          reviewer: reviewer.trim(),
          comment,
          verdict,
          id: pair.verdicts[0]?.id,
          at: '2026-11-21T09:00:00.000Z',
        });
        expect(typeof found === 'string' ? [] : found.tags).toEqual(given);
      },
    );
    fc.assert(property);
  });
});
