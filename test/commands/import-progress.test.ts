import { describe, expect, it } from 'vitest';
import { importProgress } from '../../source/commands/import-progress.ts';

const shown = (isTTY: boolean): string => {
  let text = '';
  const progress = importProgress({ isTTY, write: (more: string) => (text += more) });
  progress.show({ file: 'a\u001bb.jsonl', read: 12_000 });
  progress.end();
  return text;
};

describe('importProgress', () => {
  it('writes one line over and over on a terminal and takes it away', () => {
    expect(shown(true)).toBe('\r\u001b[Ka␛b.jsonl: 12,000 read\r\u001b[K');
  });

  it('writes nothing elsewhere', () => {
    expect(shown(false)).toBe('');
  });
});
