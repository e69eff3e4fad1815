import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectFiles } from '../../source/intake/inspect-files.ts';
import { storeSink } from '../../source/intake/store-sink.ts';
import { takeIn } from '../../source/intake/take-in.ts';
import { countRecords } from '../../source/store/captures/captures.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { offerNone, selectOffered } from '../../source/store/comparisons/select-captures.ts';
import { at } from '../store/samples.ts';
import { temporaryDirectory, temporaryStore } from '../store/temporary-store.ts';
import { bulkWorkerUrl, importInto } from './import-into.ts';

const line = (id: number, characters: number, text = 'x'): string =>
  JSON.stringify({
    id: `c${id}`,
    request: { messages: [{ role: 'user', content: `${id} ${text.repeat(characters)}` }] },
  });

/** The size of a prompt decides the size of the file, and that decides how it is added. */
const sizes = [
  { way: 'directly', characters: 10 },
  { way: 'by a thread', characters: 5000 },
] as const;

describe.each(sizes)('the captures of files that are added $way', ({ characters }) => {
  it('are offered to the comparison with those that the store has, and no others', async () => {
    const store = await temporaryStore();
    const directory = await temporaryDirectory();
    const lines = Array.from({ length: 1200 }, (_, index) => line(index, characters));
    const write = async (name: string, content: readonly string[]): Promise<string> => {
      const file = join(directory, name);
      writeFileSync(file, `${content.join('\n')}\n`);
      return file;
    };
    await importInto(store, await write('before.jsonl', lines.slice(0, 300)));
    await importInto(store, await write('others.jsonl', [line(5000, 10), line(5001, 10)]));

    const comparison = await openComparison(store, {
      name: 'a',
      baseline: 'b',
      candidate: 'c',
      at,
    });
    const bad = ['not JSON', line(7, characters, 'y')];
    const path = await write('all.jsonl', [...lines, ...bad, ...lines.slice(1000)]);
    const files = await inspectFiles([path]);
    await offerNone(store);
    const sink = storeSink(store, files, {
      comparisonId: comparison.id,
      at,
      workerUrl: bulkWorkerUrl,
    });
    const shown: number[] = [];
    const [report] = await takeIn(files, sink, {
      redactor: null,
      lastTurn: false,
      progress: {
        show: ({ read }) => shown.push(read),
        end: () => shown.push(-1),
      },
    });
    expect(report).toMatchObject({ read: 1402, added: 900, duplicates: 500, notReplayable: 2 });
    expect(shown.slice(-2)).toEqual([1402, -1]);
    expect(await countRecords(store, comparison.id)).toMatchObject({
      replayable: 0,
      notReplayable: 2,
    });
    expect(await selectOffered(store, comparison.id, null)).toMatchObject({
      offered: 1200,
      selected: 1200,
    });
    expect(await countRecords(store, comparison.id)).toMatchObject({
      replayable: 1200,
      notReplayable: 2,
    });
    expect(await countRecords(store)).toMatchObject({ replayable: 1202 });
  });
});
