import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord, storeFlagText } from '../../source/text/shell.ts';

describe('a word of a command that is shown', () => {
  it.each([
    'traffic.db',
    '/data/a-b_c/understudy.db',
    'http://127.0.0.1:8080/v1#qwen3-32b',
    'provider/name@2:free',
  ])('is %j as it is', (text) => {
    expect(shellWord(text)).toBe(text);
  });

  it.each([
    '',
    'a b',
    "it's",
    'a;b',
    '$(b)',
    '"',
    '~/a',
    '#a',
    '-a',
    'a?b',
    'a&b',
    'ä 日本',
    'a\\b',
  ])('is read by a shell as %j', (text) => {
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(text)}`]);
    expect(stdout.toString()).toBe(text);
  });

  it('holds nothing that a terminal obeys', () => {
    expect(shellWord('a\u001B[31m\nb')).toBe("'a␛[31m␊b'");
  });
});

it('names a store that is not the usual one', () => {
  expect(storeFlagText(undefined)).toBe('');
  expect(storeFlagText('my store.db')).toBe(" --db 'my store.db'");
});
