import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Outcome } from '../../source/comparison/outcome.ts';
import {
  demoAnswer,
  demoTrafficFile,
  readDemoRecordings,
  packageFile,
} from '../../source/demo/demo-answers.ts';
import type { DemoModel } from '../../source/money/simulated-models.ts';
import { demoModels } from '../../source/money/simulated-models.ts';
import { ticketPrompts } from '../../source/demo/ticket-rules.ts';
import type { Answer } from '../../source/models/answer.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { recordedStreams } from '../../source/models/stream/recorded-stream.ts';
import { native } from '../../source/traffic/formats/native.ts';
import { allRecords } from '../traffic/reading/all-records.ts';

type DemoCapture = {
  readonly id: string;
  readonly endpoint: string;
  readonly request: JsonObject & { readonly messages: readonly JsonObject[] };
  readonly response?: unknown;
  readonly metadata: { readonly source: string };
};

const captures = readFileSync(demoTrafficFile(), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as DemoCapture);

const sourceNamedIn = (request: string): string =>
  ['BANKING77', 'Arena-Hard'].find((name) => request.includes(name)) ?? 'written';

describe('the traffic of the demo', () => {
  it('has 172 captures with distinct ids, none answered by production', () => {
    expect(captures).toHaveLength(172);
    expect(new Set(captures.map(({ id }) => id)).size).toBe(172);
    expect(new Set(captures.map(({ request }) => JSON.stringify(request))).size).toBe(172);
    expect(captures.filter(({ response }) => response !== undefined)).toEqual([]);
  });

  it('gets an answer from both models, which names its origin', async () => {
    const recordings = await readDemoRecordings(demoTrafficFile());
    const names = captures.map(({ endpoint, request }) => ({
      endpoint,
      models: demoModels.map((model) => demoAnswer(recordings, model, request.messages)?.model),
    }));
    for (const { endpoint, models } of names) {
      expect(models).toEqual(
        endpoint === 'arena_hard'
          ? ['gpt-4-0613 (recorded)', 'gpt-3.5-turbo-0125 (recorded)']
          : ['ticket-rules-a (computed)', 'ticket-rules-b (computed)'],
      );
    }
  });

  it('matches the counts in its README', () => {
    const readme = readFileSync(packageFile('data/demo/README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| (\d+) \| `(\w+)` \| (.*?) \|/gm)].map(
      ([, count, endpoint, request = '']) => ({ count: Number(count), endpoint, request }),
    );
    expect(rows.map(({ count }) => count).reduce((sum, count) => sum + count, 0)).toBe(172);
    const sources: Record<string, string> = {
      banking77: 'BANKING77',
      'arena-hard-v0.1': 'Arena-Hard',
      'written for the demo': 'written',
    };
    for (const row of rows) {
      const counted = captures.filter(
        ({ endpoint, metadata }) =>
          endpoint === row.endpoint && sources[metadata.source] === sourceNamedIn(row.request),
      );
      expect(counted).toHaveLength(row.count);
    }
  });

  it('is read completely as native captures, with both recorded answers where there are some', async () => {
    const recordedModels: string[][] = [];
    for (const record of await allRecords(demoTrafficFile())) {
      const read =
        record.kind === 'object' ? native.open(recordedStreams).read(record.object, null)[0] : null;
      if (read?.kind !== 'capture') continue;
      recordedModels.push(read.capture.recorded.map(({ model }) => model));
    }
    expect(recordedModels).toHaveLength(172);
    expect(recordedModels.filter((models) => models.length > 0)).toEqual(
      Array.from({ length: 38 }, () => ['gpt-4-0613', 'gpt-3.5-turbo-0125']),
    );
  });

  it('has the Chinese tickets of chinese-tickets.tsv', () => {
    const lines = readFileSync(packageFile('data/demo/chinese-tickets.tsv'), 'utf8')
      .trim()
      .split('\n');
    const chinese = captures.filter(({ metadata }) => metadata.source === 'written for the demo');
    expect(
      chinese.map(
        ({ endpoint, request }) => `${endpoint}\t${String(request.messages[1]?.['content'])}`,
      ),
    ).toEqual(lines);
  });

  it('sends the tickets with the prompts that the endpoint recognizes', () => {
    for (const { endpoint, request } of captures) {
      if (endpoint === 'arena_hard') continue;
      expect(request.messages[0]?.['content']).toBe(
        ticketPrompts[endpoint as keyof typeof ticketPrompts],
      );
    }
  });

  it('comes with its licences and the names of its authors', () => {
    const licences = readFileSync(packageFile('data/LICENSES.md'), 'utf8');
    for (const words of [
      'https://github.com/lmarena/arena-hard-auto',
      'Apache License 2.0',
      'https://github.com/PolyAI-LDN/task-specific-datasets',
      'https://creativecommons.org/licenses/by/4.0/',
      'Casanueva',
    ]) {
      expect(licences).toContain(words);
    }
    const apache = readFileSync(packageFile('data/demo/LICENSE-arena-hard'), 'utf8');
    expect(apache).toMatch(/Apache License\s+Version 2.0, January 2004/);
  });
});

describe('the demo as a comparison', () => {
  it('settles most ticket pairs automatically and leaves enough to judge', async () => {
    const recordings = await readDemoRecordings(demoTrafficFile());
    const answerOf = (model: DemoModel, { request }: DemoCapture): Answer => ({
      text: demoAnswer(recordings, model, request.messages)?.text ?? '',
      refusal: '',
      id: null,
      reasoning: '',
      otherChoices: [],
      logprobs: null,
      cost: null,
      toolCalls: [],
      finishReason: 'stop',
      usage: null,
      model: null,
    });
    const outcomes = captures.map((capture) => ({
      ticket: capture.endpoint !== 'arena_hard',
      outcome: compareAnswers(
        capture.request,
        answerOf('incumbent', capture),
        answerOf('newcomer', capture),
      ).outcome,
    }));
    const tickets = outcomes.filter(({ ticket }) => ticket);
    const share = (outcome: Outcome): number =>
      tickets.filter((pair) => pair.outcome === outcome).length / tickets.length;
    expect(share('identical')).toBeGreaterThan(0.55);
    expect(share('identical')).toBeLessThan(0.65);
    expect(share('equivalent')).toBeGreaterThan(0.08);
    expect(share('different')).toBeGreaterThan(0.2);
    const prose = outcomes.filter(({ ticket }) => !ticket);
    expect(new Set(prose.map(({ outcome }) => outcome))).toEqual(new Set(['different']));
  });
});
