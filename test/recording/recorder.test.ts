import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../../source/recording/counters.ts';
import { Recorder } from '../../source/recording/recorder.ts';
import { KeptBytes } from '../../source/recording/tap.ts';
import { program } from '../helpers/program.ts';
import { temporaryDirectory } from '../store/temporary-store.ts';
import { exchange, tapped } from './exchange.ts';

const workerUrl = pathToFileURL(join(dirname(program), 'recording-worker.js'));

/** Sizes of prompts around the size of a parcel's buffer, which is 128 KB. */
const sizes = [0, 10, 3_000, 60_000, 127_000, 131_072, 140_000, 300_000];

type Line = {
  readonly id: string;
  readonly request: { readonly messages: readonly { readonly content: string }[] };
  readonly response: {
    readonly choices: readonly { readonly message: { readonly content: string } }[];
  };
};

const answerWith = (content: string): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  });

describe('the recorder', () => {
  it('saves every exchange with its own bodies, even in reused memory', async () => {
    const file = join(await temporaryDirectory(), 'traffic.jsonl');
    const counters = createCounters();
    const recorder = new Recorder({
      workerUrl,
      settings: { to: { kind: 'file', file, rotateBytes: null }, share: 1, redaction: null },
      counters,
      kept: new KeptBytes(1e9),
      onTrouble: () => undefined,
    });
    const expected = new Map<string, readonly [prompt: string, answer: string]>();
    for (let number = 0; number < 160; number++) {
      const id = `capture_${number}`;
      const size = sizes[(number * 5) % sizes.length] ?? 0;
      const prompt = `${number} ${'p'.repeat(size)}`;
      const answer = `${number} ${'a'.repeat(size % 7_000)}`;
      expected.set(id, [prompt, answer]);
      const request = { model: 'm', messages: [{ role: 'user', content: prompt }] };
      const body = JSON.stringify(request);
      recorder.record(
        exchange({
          id,
          request: tapped([body.slice(0, 100), body.slice(100)]),
          response: tapped([answerWith(answer)]),
        }),
      );
      // Buffers come back meanwhile, and are used again.
      if (number % 16 === 15) await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await recorder.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const found = lines.map((line): [string, readonly [string, string]] => {
      const { id, request, response } = JSON.parse(line) as Line;
      return [id, [request.messages[0]?.content ?? '', response.choices[0]?.message.content ?? '']];
    });
    expect(found).toHaveLength(expected.size);
    expect(new Map(found)).toEqual(expected);
    expect(counters).toMatchObject({ recorded: expected.size, queuedExchanges: 0, queuedBytes: 0 });
  });

  it.each([
    ['exits without an error', 'process.exit(0)', 'The recording thread ended with exit code 0.'],
    ['fails', "throw new Error('out of memory')", 'out of memory'],
  ])('replaces a thread that %s, and counts what was lost', async (_, end, reason) => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'traffic.jsonl');
    const worker = join(directory, 'worker.mjs');
    // The first thread ends at its first parcel; the second one is the real one.
    writeFileSync(
      worker,
      `import { existsSync, writeFileSync } from 'node:fs';
       import { parentPort } from 'node:worker_threads';
       const mark = ${JSON.stringify(join(directory, 'mark'))};
       if (existsSync(mark)) await import(${JSON.stringify(workerUrl.href)});
       else parentPort.on('message', () => { writeFileSync(mark, ''); ${end}; });`,
    );
    const counters = createCounters();
    const troubles: (string | null)[] = [];
    let lose = (): void => undefined;
    const lost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    const recorder = new Recorder({
      workerUrl: pathToFileURL(worker),
      settings: { to: { kind: 'file', file, rotateBytes: null }, share: 1, redaction: null },
      counters,
      kept: new KeptBytes(1e9),
      onTrouble: (trouble) => {
        troubles.push(trouble);
        lose();
      },
    });
    recorder.record(exchange({ id: 'first', response: tapped([answerWith('a')]) }));
    await lost;
    recorder.record(exchange({ id: 'second', response: tapped([answerWith('b')]) }));
    await recorder.close();
    expect(troubles).toEqual([
      `Recording stopped, and starts again with the next call: ${reason}`,
      null,
    ]);
    expect(counters).toMatchObject({ recorded: 1, queuedExchanges: 0, queuedBytes: 0 });
    expect([...counters.dropped]).toEqual([['the recording thread ended', 1]]);
    expect(readFileSync(file, 'utf8')).toContain('"id":"second"');
  });

  it('can be closed while its thread ends', async () => {
    const worker = join(await temporaryDirectory(), 'worker.mjs');
    writeFileSync(
      worker,
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(0));",
    );
    const counters = createCounters();
    const recorder = new Recorder({
      workerUrl: pathToFileURL(worker),
      settings: {
        to: { kind: 'file', file: 'none', rotateBytes: null },
        share: 1,
        redaction: null,
      },
      counters,
      kept: new KeptBytes(1e9),
      onTrouble: () => undefined,
    });
    recorder.record(exchange());
    await recorder.close();
    expect([...counters.dropped]).toEqual([['the recording thread ended', 1]]);
    expect(counters).toMatchObject({ queuedExchanges: 0, queuedBytes: 0 });
  });
});
