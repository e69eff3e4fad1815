import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../source/configuration/read-configuration.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-configuration-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const written = async (name: string, text: string): Promise<string> => {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
};

describe('the configuration file', () => {
  it('is the one that is named by the flag, then by the environment', async () => {
    const first = await written('first.json', '{"budget":{"perMonth":1}}');
    const second = await written('second.json', '{"budget":{"perMonth":2}}');
    const environment = { UNDERSTUDY_CONFIG: second };
    expect(await readConfiguration(first, environment)).toMatchObject({
      file: first,
      budgetPerMonth: 1,
    });
    expect(await readConfiguration(undefined, environment)).toMatchObject({ budgetPerMonth: 2 });
  });

  it('is none when none is named and none is there', async () => {
    expect(await readConfiguration(undefined, { UNDERSTUDY_CONFIG: '' })).toMatchObject({
      file: null,
      budgetPerMonth: null,
      deadlines: {},
    });
  });

  it('dates its prices by the day on which it was changed', async () => {
    const file = await written(
      'c.json',
      '{"providers":{"openai":{"prices":{"m":{"input":1,"output":2}}}}}',
    );
    await utimes(file, new Date(), new Date('2026-03-04T12:00:00Z'));
    const { prices } = await readConfiguration(file, {});
    expect(prices.get('openai')?.get('m')?.date).toBe('2026-03-04');
  });

  it('that is named must be there, be readable and be small', async () => {
    await expect(readConfiguration(join(directory, 'no.json'), {})).rejects.toThrow('is not there');
    await expect(readConfiguration(directory, {})).rejects.toThrow('cannot be read (EISDIR)');
    const large = await written('large.json', ' '.repeat(1024 * 1024 + 1));
    await expect(readConfiguration(large, {})).rejects.toThrow('larger than 1 MiB');
  });
});
