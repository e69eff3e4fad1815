import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeAllowance, takeAllowance } from '../../source/store/allowances.ts';
import { openStore, type Store } from '../../source/store/open.ts';

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-allowances-'));
  store = await openStore(join(directory, 'store.db'));
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

const spender = (pid: number, changes: { host?: string; at?: string; dead?: number } = {}) => ({
  host: changes.host ?? 'here',
  pid,
  at: changes.at ?? '2026-11-24T12:00:00.000Z',
  isAlive: (other: number) => other !== changes.dead,
});

describe('an allowance', () => {
  it('is seen by other processes, with its latest amount', async () => {
    expect(await takeAllowance(store, spender(1), 5)).toBe(0);
    expect(await takeAllowance(store, spender(2), 3)).toBe(5);
    expect(await takeAllowance(store, spender(1), 4)).toBe(3);
    await changeAllowance(store, spender(1), 0.5);
    expect(await takeAllowance(store, spender(3), 1)).toBe(3.5);
  });

  it('ends with the process', async () => {
    await takeAllowance(store, spender(1), 5);
    expect(await takeAllowance(store, spender(2, { dead: 1 }), 3)).toBe(0);
    // It is forgotten, even if a new process gets its number.
    expect(await takeAllowance(store, spender(3), 1)).toBe(3);
  });

  it('lasts for a day if its process cannot be seen', async () => {
    await takeAllowance(store, spender(1, { host: 'container' }), 5);
    const hours = (at: string) => takeAllowance(store, spender(2, { at, dead: 1 }), 3);
    expect(await hours('2026-11-25T11:59:00.000Z')).toBe(5);
    expect(await hours('2026-11-25T12:00:00.000Z')).toBe(0);
  });
});
