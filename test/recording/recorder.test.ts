import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../../source/recording/counters.ts';
import { createRecorder } from '../../source/recording/recorder.ts';
import { program } from '../helpers/program.ts';
import { temporaryDirectory } from '../store/temporary-store.ts';
import { exchange, tapped } from './exchange.ts';

const workerUrl = pathToFileURL(join(dirname(program), 'recording-worker.js'));

/** Sizes of prompts around those of a parcel's memory: a few KB, just under, just over, and far more. */
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
  it('hands every exchange on with its own bodies, whatever memory its parcel had before', async () => {
    const file = join(await temporaryDirectory(), 'traffic.jsonl');
    const counters = createCounters();
    const recorder = createRecorder({
      workerUrl,
      settings: { to: { kind: 'file', file, rotateBytes: null }, share: 1, redaction: null },
      counters,
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
      // Memory comes back between them, and is used again.
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
});
