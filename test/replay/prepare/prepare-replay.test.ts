import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readFlags } from '../../../source/commands/flags/read-flags.ts';
import { readReplayFlags } from '../../../source/commands/flags/replay-flags.ts';
import {
  prepareReplay,
  type PreparedReplay,
  type PrepareOptions,
} from '../../../source/replay/prepare/prepare-replay.ts';
import { temporaryDirectory } from '../../store/temporary-store.ts';

const completion = (content: string) => ({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});

/** A directory with a file of four captures, each answered by three models. */
const scene = async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, 'traffic.jsonl');
  const lines = [1, 2, 3, 4].map((number) =>
    JSON.stringify({
      id: `r${number}`,
      request: { model: 'old', messages: [{ role: 'user', content: `question ${number}` }] },
      response: completion('an answer'),
      responses: { small: completion('a small answer'), large: completion('a large answer') },
    }),
  );
  await writeFile(file, `${lines.join('\n')}\n`);
  const storeFile = join(directory, 'understudy.db');
  const prepare = async (
    argv: readonly string[],
    options: Partial<PrepareOptions> = {},
  ): Promise<PreparedReplay> => {
    const environment = {};
    const prepared = await prepareReplay({
      files: [file],
      asked: readReplayFlags(readFlags('replay', [`--db=${storeFile}`, ...argv]), {
        environment,
        now: new Date(),
      }),
      environment,
      ask: null,
      progress: null,
      ...options,
    });
    onTestFinished(() => prepared.store.close());
    return prepared;
  };
  return { prepare, storeFile };
};

const recorded = ['--baseline=recorded', '--candidate=recorded:small'];

describe('preparing a replay', () => {
  it('opens a comparison per candidate over the same captures, ready to start', async () => {
    const { prepare } = await scene();
    const prepared = await prepare([...recorded, '--candidate=recorded:large']);
    const { comparisons, reports, selected } = prepared;
    expect(
      comparisons.map(({ comparison, models }) => [comparison.candidate, models.candidate.label]),
    ).toEqual([
      ['recorded:small', 'recorded:small'],
      ['recorded:large', 'recorded:large'],
    ]);
    expect([reports.length, selected, prepared.limit]).toEqual([1, null, null]);
    const { ended, progress } = await prepared.start({ signal: new AbortController().signal }).done;
    expect([ended, progress.total, progress.done]).toEqual(['done', 8, 8]);
  });

  it('reports the selection', async () => {
    const { prepare } = await scene();
    const { selected } = await prepare([...recorded, '--limit=2']);
    expect(selected).toContain('2 of 4');
  });

  it('leaves no store behind after a mistake', async () => {
    const { prepare, storeFile } = await scene();
    await expect(prepare(['--baseline=recorded', '--candidate=recorded:nobody'])).rejects.toThrow(
      'No capture of this selection has an answer of recorded:nobody.',
    );
    expect(existsSync(storeFile)).toBe(false);
  });

  it('keeps the first comparison when another candidate has no recordings', async () => {
    const { prepare } = await scene();
    await expect(prepare([...recorded, '--candidate=recorded:nobody'])).rejects.toThrow(
      'recorded:nobody',
    );
    const { comparisons } = await prepare(recorded, { files: [] });
    expect(comparisons[0].comparison.created).toBe(false);
  });

  it('works on a copy of the store for a dry run, and announces nothing', async () => {
    const { prepare, storeFile } = await scene();
    const copy = `${storeFile}.copy`;
    const { notices } = await prepare(['--baseline=recorded', '--candidate=openai/gpt-4o'], {
      copy,
    });
    expect([existsSync(copy), existsSync(storeFile), notices]).toEqual([true, false, []]);
  });
});
