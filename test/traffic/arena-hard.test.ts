import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadCapture } from '../../source/store/captures/captures.ts';
import { importInto } from '../intake/import-into.ts';
import { temporaryDirectory, temporaryStore } from '../store/temporary-store.ts';

const path = (name: string): string => new URL(`../../${name}`, import.meta.url).pathname;

describe('scripts/arena-hard.ts', () => {
  it('makes native captures with the answers of both models', async () => {
    const fixture = (name: string): string => path(`test/fixtures/arena-hard/${name}.jsonl`);
    const { stdout } = await promisify(execFile)(process.execPath, [
      path('scripts/arena-hard.ts'),
      ...['question', 'gpt-4-0613', 'gpt-3.5-turbo-0125'].map(fixture),
    ]);
    const file = join(await temporaryDirectory(), 'arena.jsonl');
    writeFileSync(file, stdout);
    const store = await temporaryStore();
    const [report] = await importInto(store, file);
    expect(report).toMatchObject({ read: 3, added: 3, notReplayable: 0 });
    const capture = await loadCapture(store, 'b73a766af676460dabf4a58788c10b29');
    expect(capture).toMatchObject({
      endpoint: 'arena-hard',
      metadata: { cluster: 'Time Calculations & Conversions' },
      request: { model: 'gpt-4-0613', messages: [{ role: 'user' }] },
      recorded: [
        { model: 'gpt-4-0613', production: true, totalMs: null },
        { model: 'gpt-3.5-turbo-0125', production: false, totalMs: null },
      ],
    });
    expect(capture?.recorded[0]?.body['choices']).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: expect.stringContaining('2') as string },
        finish_reason: null,
      },
    ]);
  });
});
