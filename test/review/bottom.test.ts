import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../source/review/session/session.ts';
import { createFrame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import { entry, play } from './play.ts';
import { answeredView, sampleTitle } from './shown.ts';

const lost =
  'not saved: del.db was deleted or moved while it was open. Put it back under its name, then judge the pair again';

/** The last three rows of a screen, and how many rows are above them. */
const bottomOf = (
  change: Partial<Session>,
  columns: number,
): { readonly rows: readonly string[]; readonly above: number } => {
  const { frame } = createFrame(
    {
      session: { ...play([entry('r1')]).session, ...change },
      view: answeredView('r1'),
      title: sampleTitle,
      summary: '',
      progress: null,
      columns,
      rows: 24,
    },
    painter('none'),
  );
  if (frame.kind !== 'panes') throw new Error('no panes');
  const rows = frame.bottom.map((row) => stripVTControlCharacters(row).trimEnd());
  for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(columns);
  const panes = frame.panes.map((pane) => pane.head.length + pane.rows.length);
  return { rows, above: frame.top.length + panes.reduce((sum, height) => sum + height, 0) };
};

const notice = (text: string): Partial<Session> => ({ notice: { text, tone: 'error' } });

describe('the rows below the panes', () => {
  it('show a notice that is too long for its row whole, in that of the tags', () => {
    const quiet = bottomOf({}, 80);
    expect(quiet.rows[1]).toMatch(/^1 wrong 2 missing/);
    const { above, rows } = bottomOf(notice(lost), 80);
    expect(rows).toEqual([
      'not saved: del.db was deleted or moved while it was open. Put it back under its',
      'name, then judge the pair again',
      quiet.rows[2],
    ]);
    expect(above).toBe(quiet.above);
  });

  it('shorten tags of any name', () => {
    const { session } = play([entry('r1')]);
    const tags = ['wrong value', 'constructor', '__proto__', 'toString', 'language', 'invented'];
    const { rows } = bottomOf({ keymap: { ...session.keymap, tags } }, 60);
    expect(rows[1]).toMatch(/^1 wron\w* 2 cons\w* 3 __pr\w* 4 toSt\w* 5 lang 6 inve/);
  });

  it('keep the tags under a notice that fits, up to the last cell', () => {
    for (const length of [1, 60, 79]) {
      const { rows } = bottomOf(notice('n'.repeat(length)), 80);
      expect(rows[0]?.split(' ')[0]).toBe('n'.repeat(length));
      expect(rows[1]).toMatch(/^1 wrong 2 missing/);
    }
    const { rows } = bottomOf(notice(lost), 120);
    expect(rows[0]).toBe(lost);
    expect(rows[1]).toMatch(/^tag this pair/);
  });

  it('cut a notice that two rows do not hold, with a sign', () => {
    const { rows } = bottomOf(notice('word '.repeat(60).trim()), 60);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^(?:word )+word$/);
    expect(rows[1]).toMatch(/^(?:word )+.*…$/);
  });

  it('wrap a notice between wide characters', () => {
    const text = '没有保存：文件已被删除或移动。'.repeat(5);
    const { rows } = bottomOf(notice(text), 80);
    expect((rows[0] ?? '') + (rows[1] ?? '')).toBe(text);
  });

  it('leave the typed line alone, and put a notice below it if it is too narrow', () => {
    const mode = { kind: 'comment', line: { text: 'too long', cursor: 3 } } as const;
    const { rows } = bottomOf({ mode, ...notice(lost.slice(0, 69)) }, 80);
    expect(rows.slice(0, 2)).toEqual(['comment: too long', lost.slice(0, 69)]);
    expect(bottomOf({ mode, ...notice('not saved') }, 80).rows[0]).toBe(
      'comment: too long  not saved',
    );
  });
});
