import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsOfLine, writeLines } from '../../../source/commands/terminal/write-lines.ts';
import { cellWidth } from '../../../source/text/width.ts';

describe('a line for the terminal', () => {
  it('is broken at words, and each row has its indent', () => {
    expect(rowsOfLine('  one two three', 9)).toEqual(['  one two', '  three']);
    expect(rowsOfLine('候选 模型 one', 9)).toEqual(['候选 模型', 'one']);
    expect(rowsOfLine('', 9)).toEqual(['']);
  });

  it('keeps a command at its end whole, and a long word', () => {
    const command = 'understudy review c1 --db a-long-name.db';
    expect(rowsOfLine(`Left: 3 pairs. To continue: ${command}`, 30)).toEqual([
      'Left: 3 pairs. To continue:',
      command,
    ]);
    expect(rowsOfLine('a https://example.com/a/b b', 10)).toEqual([
      'a',
      'https://example.com/a/b',
      'b',
    ]);
  });

  it('loses nothing, and no row is wider than the terminal unless it is one word', () => {
    const word = fc.stringMatching(/^[a-z，字é…]{1,12}$/u);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (all, width) => {
          const rows = rowsOfLine(all.join(' '), width);
          expect(rows.join(' ')).toBe(all.join(' '));
          for (const row of rows) {
            expect(cellWidth(row) <= width || !row.includes(' ')).toBe(true);
          }
        },
      ),
    );
  });

  it('stays whole in a pipe', () => {
    const written: string[] = [];
    const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
    writeLines({ write, isTTY: false, columns: 10 }, 'one two three\n');
    writeLines({ write, isTTY: true, columns: 10 }, 'one two three\n');
    expect(written).toEqual(['one two three\n', 'one two\nthree\n']);
  });
});
