import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyStore } from '../../../source/store/engine/store-copy.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { countRecords } from '../../../source/store/captures/captures.ts';
import { openStore } from '../../../source/store/open.ts';
import { UserError } from '../../../source/text/user-error.ts';
import { at, sampleCapture } from '../samples.ts';
import { temporaryDirectory } from '../temporary-store.ts';

describe('a copy of a store', () => {
  it('contains commits that are still in the log, and is removed', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const store = await openStore(file);
    await addRecords(store, [{ kind: 'capture', capture: sampleCapture('c1') }], {
      source: 'traffic.jsonl',
      comparisonId: null,
      at,
    });
    const copy = await copyStore(file);
    const copied = await openStore(copy.file, { mustExist: true, shownAs: file });
    expect(copied.file).toBe(file);
    expect((await countRecords(copied)).replayable).toBe(1);
    await copied.close();
    await store.close();
    copy.remove();
    expect(existsSync(dirname(copy.file))).toBe(false);
  });

  it('is not a file if there is no store', async () => {
    const copy = await copyStore(join(await temporaryDirectory(), 'store.db'));
    expect(existsSync(copy.file)).toBe(false);
    copy.remove();
  });

  it('reports why it cannot use the path', async () => {
    const folder = await temporaryDirectory();
    await mkdir(join(folder, 'inner'));
    await expect(copyStore(join(folder, 'inner'))).rejects.toThrow(UserError);
    await expect(copyStore(join(folder, 'nowhere', 'store.db'))).rejects.toThrow(
      'no such directory',
    );
  });
});
