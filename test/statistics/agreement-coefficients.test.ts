import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cohenKappa,
  fleissKappa,
  intervalDistance,
  krippendorffAlpha,
  nominalDistance,
  ordinalDistance,
  ratioDistance,
} from '../../source/statistics/agreement-coefficients.ts';

describe('cohenKappa', () => {
  // The SAS printout in statsmodels' test_inter_rater.py.
  const table = [
    [0, 4, 1],
    [0, 8, 0],
    [0, 1, 5],
  ];

  it('gives the published value with its errors', () => {
    const found = cohenKappa(table);
    expect(found?.kappa).toBeCloseTo(0.4842, 4);
    expect(found?.standardError).toBeCloseTo(0.138, 4);
    expect(found?.lower).toBeCloseTo(0.2137, 4);
    expect(found?.upper).toBeCloseTo(0.7547, 4);
    expect(found?.z).toBeCloseTo(3.2626, 4);
    expect(found?.n).toBe(19);
  });

  it('gives the published weighted value with its errors', () => {
    const found = cohenKappa(table, 'linear');
    expect(found?.kappa).toBeCloseTo(0.4701, 4);
    expect(found?.standardError).toBeCloseTo(0.1457, 4);
    expect(found?.lower).toBeCloseTo(0.1845, 4);
    expect(found?.upper).toBeCloseTo(0.7558, 4);
    expect(found?.z).toBeCloseTo(3.2971, 4);
  });

  it('is 1 without error for full agreement, and unknown if chance explains it', () => {
    const found = cohenKappa([
      [3, 0],
      [0, 9],
    ]);
    expect(found).toMatchObject({ kappa: 1, standardError: 0, lower: 1, upper: 1 });
    expect(cohenKappa([[5]])).toBeNull();
    expect(
      cohenKappa([
        [0, 0],
        [0, 7],
      ]),
    ).toBeNull();
    expect(cohenKappa([])).toBeNull();
  });

  it('does not depend on who is first or on the order of the categories', () => {
    const cell = integer({ min: 0, max: 30 });
    assert(
      property(
        array(array(cell, { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
        (cells) => {
          const at = (i: number, j: number): number => cells[i]?.[j] ?? 0;
          const turned = cells.map((row, i) => row.map((_, j) => at(j, i)));
          const order = [2, 0, 1];
          const relabelled = order.map((i) => order.map((j) => at(i, j)));
          const found = cohenKappa(cells);
          for (const same of [cohenKappa(turned), cohenKappa(relabelled)]) {
            expect(same === null).toBe(found === null);
            expect(same?.kappa ?? 0).toBeCloseTo(found?.kappa ?? 0, 9);
            expect(same?.standardError ?? 0).toBeCloseTo(found?.standardError ?? 0, 7);
          }
          expect(found?.kappa ?? 0).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
    );
  });

  it('rejects a table that is not square or has other than counts', () => {
    expect(() => cohenKappa([[1, 2]])).toThrow(RangeError);
    expect(() =>
      cohenKappa([
        [1, -2],
        [3, 4],
      ]),
    ).toThrow(RangeError);
  });
});

describe('fleissKappa', () => {
  it('gives the published value of 10 items with 14 raters', () => {
    // The table of the Wikipedia page in statsmodels' test_inter_rater.py.
    const table = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    expect(fleissKappa(table)).toBeCloseTo(0.209931, 6);
  });

  it('gives the published value of 30 diagnoses by 6 psychiatrists', () => {
    // Fleiss 1971, by R's irr in statsmodels' test_inter_rater.py.
    const diagnoses =
      '444444 222555 233335 555555 222444 113333 333355 111334 114444 555555 144444 124444 222333 144444 224445 333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555'
        // The eighth row of the file is 1 1 3 3 3 4.
        .replace('111334', '113334')
        .split(' ');
    const counts = diagnoses.map((row) =>
      [1, 2, 3, 4, 5].map((category) => row.split(String(category)).length - 1),
    );
    expect(fleissKappa(counts)).toBeCloseTo(0.4302445, 7);
  });

  it('is 1 for full agreement, and unknown if all are in one category', () => {
    expect(
      fleissKappa([
        [3, 0],
        [0, 3],
      ]),
    ).toBe(1);
    expect(fleissKappa([[3, 0]])).toBeNull();
    expect(fleissKappa([])).toBeNull();
  });

  it('rejects items with different numbers of raters', () => {
    expect(() =>
      fleissKappa([
        [3, 0],
        [1, 1],
      ]),
    ).toThrow(RangeError);
    expect(() => fleissKappa([[1, 0]])).toThrow(RangeError);
  });
});

/** Turns a row for each rater, with `.` for a gap, into ratings of each item. */
const ratings = (...rows: readonly string[]): readonly (readonly (number | null)[])[] =>
  Array.from(rows[0] ?? '', (_, item) =>
    rows.map((row) => (row[item] === '.' ? null : Number(row[item]))),
  );

describe('krippendorffAlpha', () => {
  it('gives the published values of 4 raters and 12 units with gaps', () => {
    // Krippendorff 2011; R's irr, and fast-krippendorff's test_krippendorff.py.
    const items = ratings('123321412...', '1233224125.3', '.3332342251.', '12332441251.');
    expect(krippendorffAlpha(items)).toBeCloseTo(0.743, 3);
    expect(krippendorffAlpha(items, ordinalDistance)).toBeCloseTo(0.815, 3);
    expect(krippendorffAlpha(items, intervalDistance)).toBeCloseTo(0.849, 3);
    expect(krippendorffAlpha(items, ratioDistance)).toBeCloseTo(0.797, 3);
  });

  it('gives the published values of 3 raters and 15 units with gaps', () => {
    // fast-krippendorff, sample.py and test_krippendorff.py.
    const items = ratings(
      '.....3412113 3.3'.replace(' ', ''),
      '1.213343.......',
      '..21344.21133.4',
    );
    expect(krippendorffAlpha(items)).toBeCloseTo(0.691358, 6);
    expect(krippendorffAlpha(items, intervalDistance)).toBeCloseTo(0.810845, 6);
  });

  it('takes words, too', () => {
    // fast-krippendorff, test_string_labels_nominal.
    const items = [
      ['pos', 'pos', 'pos'],
      ['neg', 'neg', 'neg'],
      ['neu', 'neu', 'pos'],
      [null, 'pos', 'pos'],
    ];
    expect(krippendorffAlpha(items)).toBeCloseTo(0.722222, 6);
  });

  it('is 1 for full agreement, and unknown without a choice or a second rating', () => {
    expect(
      krippendorffAlpha([
        ['a', 'a'],
        ['b', 'b', null],
      ]),
    ).toBe(1);
    expect(krippendorffAlpha(ratings('012', '012'), ratioDistance)).toBe(1);
    expect(
      krippendorffAlpha([
        ['a', 'a'],
        ['a', 'a'],
      ]),
    ).toBeNull();
    expect(
      krippendorffAlpha([
        ['a', null],
        [null, 'b'],
      ]),
    ).toBeNull();
    expect(krippendorffAlpha([])).toBeNull();
  });

  it('does not depend on names, on the order of raters and items, or on items with one rating', () => {
    const rating = constantFrom('a', 'b', 'c', null);
    assert(
      property(array(tuple(rating, rating, rating), { maxLength: 20 }), (items) => {
        const alpha = krippendorffAlpha<string>(items);
        const renamed = items.map((one) =>
          one.map((value) => (value === null ? null : `x${value}`)),
        );
        for (const same of [
          krippendorffAlpha<string>(renamed),
          krippendorffAlpha<string>(items.toReversed()),
          krippendorffAlpha<string>(items.map((one) => one.toReversed())),
          krippendorffAlpha<string>([...items, ['c', null, null]]),
        ]) {
          expect(same === null).toBe(alpha === null);
          expect(same ?? 0).toBeCloseTo(alpha ?? 0, 9);
        }
      }),
    );
  });

  it('agrees with the kappa of Fleiss for many items without gaps', () => {
    // Alpha differs by a share of 1 / (items × raters).
    const items = Array.from({ length: 3000 }, (_, at) => [at % 3, at % 3, (at * at) % 3]);
    const counts = items.map((one) =>
      [0, 1, 2].map((value) => one.filter((own) => own === value).length),
    );
    expect(krippendorffAlpha(items, nominalDistance)).toBeCloseTo(fleissKappa(counts) ?? 0, 3);
  });
});
