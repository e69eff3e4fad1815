import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageFile } from '../../source/demo/demo-answers.ts';

describe('packageFile', () => {
  it('finds a file from the folder that holds package.json', () => {
    expect(packageFile('package.json')).toBe(
      new URL('../../package.json', import.meta.url).pathname,
    );
    expect(existsSync(packageFile('data/demo/traffic.jsonl'))).toBe(true);
  });
});
