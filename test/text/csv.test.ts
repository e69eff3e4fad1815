import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRow } from '../../source/text/csv.ts';

describe('csvRow', () => {
  it('is read back as it was, but for the apostrophe before a formula', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '=', '-', '1', "'"),
    });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        const [row] = parse(csvRow(cells), { recordDelimiter: '\r\n', relaxColumnCount: true });
        const needsApostrophe = (text: string): boolean =>
          /^'*[=+\-@\t\r]/.test(text) && !/^-?\d+$/.test(text);
        expect(row).toEqual(cells.map((text) => (needsApostrophe(text) ? `'${text}` : text)));
      }),
    );
  });

  it('leaves numbers and unknown cells alone', () => {
    expect(csvRow([-1.5, null, '-2', '=1+1', 'a'])).toBe("-1.5,,-2,'=1+1,a\r\n");
  });

  it('puts a second apostrophe before a formula that begins with one', () => {
    expect(csvRow(["'=1+1", "'-2", "'a", "''"])).toBe("''=1+1,''-2,'a,''\r\n");
  });
});
