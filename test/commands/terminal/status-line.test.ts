import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importProgress, StatusLine } from '../../../source/commands/terminal/status-line.ts';

const erase = '\r\u001b[K';

const output = (isTTY: boolean, columns = 80) => {
  const written: string[] = [];
  return { written, stream: { isTTY, columns, write: (text: string) => written.push(text) } };
};

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a status line on a terminal', () => {
  it('is redrawn in place when its text has changed', () => {
    const { written, stream } = output(true);
    let text = 'one';
    const line = new StatusLine(stream, { text: () => text, redrawMs: 100 });
    vi.advanceTimersByTime(300);
    text = 'two';
    vi.advanceTimersByTime(99);
    expect(written).toEqual([`${erase}one`]);
    vi.advanceTimersByTime(1);
    expect(written).toEqual([`${erase}one`, `${erase}two`]);
    line.clear();
    text = 'three';
    vi.advanceTimersByTime(1000);
    expect(written.slice(2)).toEqual([erase]);
  });

  it('never fills the last column, where some terminals would wrap it', () => {
    const { written, stream } = output(true, 6);
    new StatusLine(stream, { text: () => '漢字漢字', redrawMs: 100 }).clear();
    expect(written[0]).toBe(`${erase}漢字…`);
  });

  it('stays below the lines that are printed', () => {
    const { written, stream } = output(true);
    const line = new StatusLine(stream, { text: () => 'status', redrawMs: 100 });
    line.print('a line that stays');
    expect(written.join('')).toBe(`${erase}status${erase}a line that stays\n${erase}status`);
  });

  it('writes nothing while a person is asked, and all of it afterwards', () => {
    const { written, stream } = output(true);
    let text = 'before';
    const line = new StatusLine(stream, { text: () => text, redrawMs: 100 });
    line.hold();
    written.length = 0;
    line.print('printed meanwhile');
    text = 'after';
    vi.advanceTimersByTime(1000);
    expect(written).toEqual([]);
    line.release();
    expect(written.join('')).toBe(`${erase}printed meanwhile\n${erase}after`);
  });

  it('is left with its last state when it is finished', () => {
    const { written, stream } = output(true);
    let text = 'first';
    const line = new StatusLine(stream, { text: () => text, redrawMs: 100 });
    text = 'last';
    line.finish();
    line.print('printed later');
    expect(written.join('')).toBe(`${erase}first${erase}last\nprinted later\n`);
  });
});

describe('a status line elsewhere', () => {
  it('writes only the lines that stay', () => {
    const { written, stream } = output(false);
    const line = new StatusLine(stream, { text: () => 'status', redrawMs: 100 });
    vi.advanceTimersByTime(1000);
    line.print('a line that stays');
    line.finish();
    line.clear();
    expect(written).toEqual(['a line that stays\n']);
  });

  it('writes its text now and then as a line, if it has changed', () => {
    const { written, stream } = output(false);
    let text = '0 calls';
    const line = new StatusLine(stream, { text: () => text, redrawMs: 100, logMs: 60_000 });
    vi.advanceTimersByTime(60_000);
    text = '1 call';
    vi.advanceTimersByTime(120_000);
    line.clear();
    expect(written).toEqual(['1 call\n']);
  });
});

describe('the progress of an import', () => {
  const file = 'traffic\u001b.jsonl';

  it('is shown at once, then twenty times a second at most, and removed', () => {
    const { written, stream } = output(true);
    const progress = importProgress(stream);
    for (let read = 1000; read <= 4000; read += 1000) {
      progress.show({ file, read });
      vi.advanceTimersByTime(25);
    }
    progress.end();
    expect(written).toEqual([
      `${erase}traffic␛.jsonl: 1,000 read`,
      `${erase}traffic␛.jsonl: 2,000 read`,
      `${erase}traffic␛.jsonl: 4,000 read`,
      erase,
    ]);
  });

  it('is not shown without a terminal', () => {
    const { written, stream } = output(false);
    const progress = importProgress(stream);
    progress.show({ file, read: 1000 });
    vi.advanceTimersByTime(1000);
    progress.end();
    expect(written).toEqual([]);
  });
});
