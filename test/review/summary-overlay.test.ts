import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createFrame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import { entry, play } from './play.ts';
import { answeredView, sampleTitle } from './shown.ts';

const prose =
  'Of 412 requests the candidate answers 93.2 % (90.3–95.3) as well as the baseline; of 57 judged pairs 80.7 % agree, 6 more judged out of order; latency 0.6×, cost 1/36.';
const note =
  'Intervals: 95 %, Wilson. What the machine settled is known and has no interval of its own, so it makes the intervals narrower.';
const table = 'By endpoint'.padEnd(74) + 'judged';

const summaryRows = (columns: number): readonly string[] => {
  const { frame } = createFrame(
    {
      session: { ...play([entry('r1')]).session, mode: { kind: 'summary', scroll: 0 } },
      view: answeredView('r1'),
      title: sampleTitle,
      summary: `${prose}\n\n${table}\n  ${note}\n`,
      progress: null,
      columns,
      rows: 30,
    },
    painter('none'),
  );
  if (frame.kind !== 'overlay') throw new Error('no overlay');
  const rows = frame.rows.map((row) => stripVTControlCharacters(row).trimEnd());
  return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1);
};

describe('the summary in the review', () => {
  it.each([60, 80, 120])('is wrapped once, for %i columns', (columns) => {
    const rows = summaryRows(columns);
    const gap = rows.indexOf('');
    const from = rows.findIndex((row) => row.startsWith('  Intervals'));
    const first = rows.slice(0, gap);
    const last = rows.slice(from);
    expect(first.join(' ')).toBe(prose);
    expect(last.map((row) => row.trimStart()).join(' ')).toBe(note);
    for (const row of last.slice(1)) expect(row).toMatch(/^ {4}\S/);
    // No row could have taken the next word.
    for (const part of [first, last]) {
      for (const [index, row] of part.entries()) {
        const [word = ''] = (part[index + 1] ?? '').trimStart().split(' ');
        if (index < part.length - 1) expect(row.length + 1 + word.length).toBeGreaterThan(columns);
      }
    }
  });

  it('has its tables whole in 80 columns', () => {
    expect(summaryRows(80)).toContain(table);
  });
});
