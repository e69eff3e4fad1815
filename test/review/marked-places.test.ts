import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignAnswers, alignTexts } from '../../source/comparison/alignment/align-answers.ts';
import type { Alignment } from '../../source/comparison/alignment/alignment.ts';
import { sideBySideDocument, unifiedDocument } from '../../source/review/view/aligned-document.ts';
import { fold, type Document } from '../../source/review/view/document.ts';
import { layOut } from '../../source/review/view/rows.ts';
import { answer } from '../comparison/any-answer.ts';

const rowsOf = (document: Document) => layOut(document, 60);

/** The numbers of differences side by side and in the unified view. */
const counts = (
  baseline: string,
  candidate: string,
  align: (baseline: string, candidate: string) => Alignment = alignTexts,
): readonly [number, number] => {
  const alignment = align(baseline, candidate);
  return [
    rowsOf(sideBySideDocument(alignment)).differences.length,
    rowsOf(unifiedDocument(alignment)).differences.length,
  ];
};

describe('the differences of a unified view', () => {
  const refund =
    'You get 20 euros back within 5 days.\nWrite to us by mail at any hour.\nOur office is open on Monday.';
  const refunded =
    'You get 25 euros back within 7 days.\nCall us by phone at any hour.\nOur office is open on Monday.';

  it('are as many as side by side, a changed word of both sides being one', () => {
    expect(counts(refund, refunded)).toEqual([3, 3]);
    expect(counts('a b\n\nc', 'a d\nx\n\nc e')).toEqual([3, 3]);
  });

  it('are reached from top to bottom, each shown on both sides', () => {
    const rows = rowsOf(fold(unifiedDocument(alignTexts(refund, refunded))));
    expect(rows.differences).toEqual(rows.differences.toSorted((one, other) => one - other));
    const here = rows.differences.map((_, current) =>
      rows
        .slice(0, rows.total, current)
        .flatMap(({ baseline }) => baseline ?? [])
        .filter(({ style }) => style.endsWith('_here')),
    );
    expect(here.map((runs) => runs.map(({ text }) => text))).toEqual([
      ['20', '25'],
      ['5', '7'],
      ['Write to us by mail', 'Call us by phone'],
    ]);
  });

  it('are as many as side by side in any two texts', () => {
    const word = fc.constantFrom('we', 'refund', 'you', '20', '21', 'days', '\n', '\n', '- ');
    const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (baseline, candidate) => {
        const [sideBySide, unified] = counts(baseline, candidate);
        expect(unified).toBe(sideBySide);
      }),
    );
  });

  it('are as many as side by side in any two JSON documents', () => {
    const align = (baseline: string, candidate: string): Alignment =>
      alignAnswers(answer({ text: baseline }), answer({ text: candidate }));
    const item = fc.record({ id: fc.constantFrom('a', 'b', 'c'), qty: fc.integer({ max: 3 }) });
    const value = fc.record({ items: fc.array(item, { maxLength: 4 }), note: fc.boolean() });
    fc.assert(
      fc.property(value, value, (baseline, candidate) => {
        const [one, other] = [JSON.stringify(baseline), JSON.stringify(candidate)];
        const [sideBySide, unified] = counts(one, other, align);
        expect(unified).toBe(sideBySide);
      }),
    );
  });
});
