import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvRows } from '../../source/export/csv-rows.ts';
import { isLeftOut, jsonLines, type ExportFormat } from '../../source/export/export-format.ts';
import type { ExportedPair } from '../../source/export/exported-pair.ts';
import { llmComparator } from '../../source/export/llm-comparator.ts';
import { mtBenchVotes } from '../../source/export/mt-bench-votes.ts';
import { preferencePairs } from '../../source/export/preference-pairs.ts';
import { promptfooTests } from '../../source/export/promptfoo-tests.ts';
import { hostile, samplePair, sampleSide, sampleVerdict } from './sample-pair.ts';

/** The whole text of an export of these pairs, and why others were left out. */
const written = (format: ExportFormat, ...pairs: readonly ExportedPair[]) => {
  const made = pairs.map((pair) => format.rows(pair));
  const rows = made.flatMap((of) => (isLeftOut(of) ? [] : of));
  const [first = samplePair()] = pairs;
  return {
    text: `${format.begin(first.comparison)}${rows.join(format.separator)}${format.end}`,
    leftOut: made.flatMap((of) => (isLeftOut(of) ? [of.leftOut] : [])),
  };
};

const parsed = (format: ExportFormat, ...pairs: readonly ExportedPair[]): unknown =>
  JSON.parse(written(format, ...pairs).text);

const call = (name: string, args: string) => ({ id: 'call_1', name, arguments: args });

describe('an export as JSON Lines', () => {
  it('is a pair a line, with nothing that a terminal obeys', () => {
    const pair = samplePair({ baseline: sampleSide(hostile), endpoint: hostile });
    const { text } = written(
      jsonLines((one) => one),
      pair,
      samplePair(),
    );
    expect(text.endsWith('\n')).toBe(true);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([pair, samplePair()]);
    expect(text).not.toMatch(/[\u001B\u202E\r]/);
  });
});

describe('an export as CSV', () => {
  it('has a row for each verdict, and one for a pair without any', () => {
    const { text } = written(
      csvRows,
      samplePair({
        verdicts: [
          sampleVerdict('ada', 'worse', { tags: ['tone', 'too long'], comment: 'curt' }),
          sampleVerdict('bo', null, { id: null, time: null, ahead: null, tags: ['a;b'] }),
        ],
        candidate: {
          state: 'failed',
          failure: { reason: 'timeout', message: '', status: null },
          partial: null,
        },
      }),
      samplePair({ capture: 'req_2', verdicts: [], commonVerdict: null }),
    );
    const rows: Record<string, string>[] = parse(text, { columns: true });
    expect(rows.map(({ capture, verdict, reviewer }) => [capture, reviewer, verdict])).toEqual([
      ['req_1', 'ada', 'worse'],
      ['req_1', 'bo', ''],
      ['req_2', '', ''],
    ]);
    expect(rows[0]).toMatchObject({
      tags: 'tone; too long',
      comment: 'curt',
      time: '2026-11-21T09:00:00.000Z',
      ahead: 'false',
      common_verdict: 'worse',
      baseline_text: 'yes',
      baseline_total_ms: '812',
      baseline_cost_usd: '0.25',
      candidate_state: 'failed',
      candidate_failure: 'timeout',
      candidate_text: '',
    });
    expect(rows[1]?.['tags']).toBe('["a;b"]');
    expect(JSON.parse(rows[0]?.['request'] ?? '')).toEqual(samplePair().request);
  });

  it('has no cell that a spreadsheet runs', () => {
    const pair = samplePair({
      baseline: sampleSide(hostile),
      endpoint: '@SUM(A1)',
      verdicts: [sampleVerdict('-2+3', 'worse', { comment: '=cmd|x', tags: ['+1'] })],
    });
    const [row = {}]: Record<string, string>[] = parse(written(csvRows, pair).text, {
      columns: true,
    });
    expect(row['baseline_text']).toBe(`'${hostile}`);
    expect(Object.values(row).filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  });
});

describe('preference pairs', () => {
  it('are messages as TRL reads them, the better answer as chosen', () => {
    const { text, leftOut } = written(
      preferencePairs,
      samplePair(),
      samplePair({ capture: 'req_2', commonVerdict: 'better' }),
    );
    expect(leftOut).toEqual([]);
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const [yes, no] = ['yes', 'no'].map((content) => [{ role: 'assistant', content }]);
    const prompt = [{ role: 'user', content: 'Is it urgent?' }];
    const row = { comparison: 'c0ffee00', endpoint: 'classify_ticket', prompt };
    expect(rows).toEqual([
      { ...row, id: 'req_1', chosen: yes, rejected: no },
      { ...row, id: 'req_2', chosen: no, rejected: yes },
    ]);
  });

  it('have tools, parsed arguments, texts without parts, and refusals', () => {
    const tools = [{ type: 'function', function: { name: 'find', parameters: {} } }];
    const pair = samplePair({
      request: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'one' },
              { type: 'text', text: 'two' },
            ],
          },
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'c', type: 'function', function: { name: 'find', arguments: '{"a":1}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'c', content: 'none' },
        ],
        tools,
      },
      baseline: sampleSide('', { toolCalls: [call('find', '{"a":2}')] }),
      candidate: sampleSide('', { refusal: 'I cannot.' }),
    });
    expect(JSON.parse(written(preferencePairs, pair).text)).toEqual({
      id: 'req_1',
      comparison: 'c0ffee00',
      endpoint: 'classify_ticket',
      tools,
      prompt: [
        { role: 'user', content: 'one\ntwo' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c', type: 'function', function: { name: 'find', arguments: { a: 1 } } },
          ],
        },
        { role: 'tool', tool_call_id: 'c', content: 'none' },
      ],
      chosen: [
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'find', arguments: { a: 2 } } },
          ],
        },
      ],
      rejected: [{ role: 'assistant', content: 'I cannot.' }],
    });
  });

  it('say why a pair is none', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const { leftOut, text } = written(
      preferencePairs,
      samplePair({ commonVerdict: null, verdicts: [] }),
      samplePair({ commonVerdict: 'agree' }),
      samplePair({ commonVerdict: 'both_bad' }),
      samplePair({ commonVerdict: 'conflict' }),
      samplePair({ request: {} }),
      samplePair({ request: { messages: [{ role: 'user', content: [image] }] } }),
      samplePair({ candidate: { state: 'not_sent', reason: null } }),
      samplePair({ candidate: sampleSide('yes') }),
    );
    expect(text).toBe('');
    expect(leftOut).toEqual([
      'no verdict',
      'agree',
      'both bad',
      'reviewers disagree',
      'a request without messages',
      'images, sound or files in the request',
      'a side without an answer',
      'the same answer twice',
    ]);
  });
});

describe('the document for LLM Comparator', () => {
  it('has every member that its viewer requires, and scores in favour of A', () => {
    const pairs = [
      samplePair({
        verdicts: [
          sampleVerdict('ada', 'worse', { left: 'candidate', comment: hostile, tags: ['tone'] }),
          sampleVerdict('bo', 'better'),
          sampleVerdict('cy', 'agree'),
          sampleVerdict('di', null),
        ],
        commonVerdict: 'conflict',
      }),
      samplePair({ commonVerdict: 'better' }),
      samplePair({ commonVerdict: 'both_bad' }),
      samplePair({
        commonVerdict: null,
        verdicts: [],
        outcome: 'failed',
        candidate: {
          state: 'failed',
          failure: { reason: 'timeout', message: '', status: null },
          partial: null,
        },
        request: {
          messages: [
            { role: 'system', content: 'Be kind.' },
            { role: 'user', content: 'Hi' },
          ],
        },
      }),
    ];
    const document = parsed(llmComparator, ...pairs) as {
      metadata: { source_path: string; custom_fields_schema: { name: string; type: string }[] };
      models: unknown;
      examples: Record<string, unknown>[];
    };
    expect(document.models).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(document.metadata.source_path).toContain('c0ffee00');
    expect(document.examples.map(({ score }) => score)).toEqual([0, -1, 0, null]);
    expect(document.examples[0]).toMatchObject({
      input_text: 'Is it urgent?',
      tags: ['classify_ticket'],
      output_text_a: 'yes',
      output_text_b: 'no',
      individual_rater_scores: [
        { score: 1, rating_label: 'ada: worse', is_flipped: true, rationale: `${hostile} · tone` },
        { score: -1, rating_label: 'bo: better', is_flipped: false, rationale: '' },
        { score: 0, rating_label: 'cy: agree', is_flipped: false, rationale: '' },
      ],
    });
    expect(document.examples[3]).toMatchObject({
      input_text: 'system: Be kind.\n\nuser: Hi',
      output_text_b: '[failed: timeout]',
    });
    const names = document.metadata.custom_fields_schema.map(({ name }) => name).toSorted();
    for (const example of document.examples) {
      expect(Object.keys(example['custom_fields'] as object).toSorted()).toEqual(names);
    }
    // An empty export is a document, too.
    expect(
      JSON.parse(`${llmComparator.begin(samplePair().comparison)}${llmComparator.end}`),
    ).toMatchObject({
      examples: [],
    });
  });
});

describe('votes of MT-bench', () => {
  it('have an element for each verdict, with the baseline as model_a', () => {
    const pair = samplePair({
      request: {
        messages: [
          { role: 'user', content: 'One?' },
          { role: 'assistant', content: '1' },
          { role: 'user', content: 'Two?' },
        ],
      },
      verdicts: [
        sampleVerdict('ada', 'worse'),
        sampleVerdict('bo', 'better'),
        sampleVerdict('cy', 'agree'),
        sampleVerdict('di', 'both_bad', { time: null }),
        sampleVerdict('ed', null),
      ],
    });
    const votes = parsed(mtBenchVotes, pair) as Record<string, unknown>[];
    expect(votes.map(({ judge, winner }) => [judge, winner])).toEqual([
      ['expert_ada', 'model_a'],
      ['expert_bo', 'model_b'],
      ['expert_cy', 'tie'],
      ['expert_di', 'tie (bothbad)'],
    ]);
    expect(votes[0]).toEqual({
      question_id: 'req_1',
      model_a: 'a',
      model_b: 'b',
      winner: 'model_a',
      judge: 'expert_ada',
      conversation_a: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'Two?' },
        { role: 'assistant', content: 'yes' },
      ],
      conversation_b: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'Two?' },
        { role: 'assistant', content: 'no' },
      ],
      turn: 2,
      tstamp: Date.parse('2026-11-21T09:00:00Z') / 1000,
    });
    expect(votes[3]?.['tstamp']).toBeNull();
    expect(written(mtBenchVotes, samplePair({ verdicts: [] })).leftOut).toEqual(['no verdict']);
  });
});

describe('tests for promptfoo', () => {
  const assertsOf = (pair: ExportedPair): unknown =>
    (parsed(promptfooTests, pair) as { assert: unknown }[])[0]?.assert;

  it('accept the answers that were found good', () => {
    expect(parsed(promptfooTests, samplePair())).toEqual([
      {
        description: 'classify_ticket req_1',
        vars: { messages: [{ role: 'user', content: 'Is it urgent?' }] },
        assert: [{ type: 'equals', value: 'yes' }],
        metadata: {
          comparison: 'c0ffee00',
          capture: 'req_1',
          endpoint: 'classify_ticket',
          outcome: 'different',
          verdict: 'worse',
          tags: [],
        },
      },
    ]);
    expect(assertsOf(samplePair({ commonVerdict: 'better' }))).toEqual([
      { type: 'equals', value: 'no' },
    ]);
    expect(assertsOf(samplePair({ commonVerdict: 'agree' }))).toEqual([
      {
        type: 'assert-set',
        threshold: 0.5,
        assert: [
          { type: 'equals', value: 'yes' },
          { type: 'equals', value: 'no' },
        ],
      },
    ]);
    const settled = samplePair({
      commonVerdict: null,
      outcome: 'equivalent',
      baseline: sampleSide('{"a":1,"b":2}'),
      candidate: sampleSide('{"b":2, "a":1}'),
    });
    expect(assertsOf(settled)).toEqual([{ type: 'equals', value: { a: 1, b: 2 } }]);
    expect(assertsOf(samplePair({ baseline: sampleSide('', { refusal: 'No.' }) }))).toEqual([
      { type: 'is-refusal' },
    ]);
  });

  it('leave prose to a grader, and run nothing that traffic or a model wrote', () => {
    const escaped = "{{ '{{' }} range }}{{ '{%' }} raw %}{{ '{#' }} x #}";
    const [test] = parsed(
      promptfooTests,
      samplePair({
        request: { messages: [{ role: 'user', content: [{ type: 'text', text: hostile }] }] },
        baseline: sampleSide(hostile),
      }),
    ) as { vars: { messages: unknown }; assert: { type: string; value: string }[] }[];
    expect(JSON.stringify(test?.vars)).toContain(escaped);
    expect(JSON.stringify(test?.vars)).not.toContain('{{ range');
    expect(test?.assert[0]?.type).toBe('llm-rubric');
    expect(test?.assert[0]?.value).toContain(escaped);
    for (const text of ['file://x.js', 'package:x:y', '["file://x.js"]']) {
      expect(assertsOf(samplePair({ baseline: sampleSide(text) }))).toMatchObject([
        { type: 'llm-rubric' },
      ]);
    }
    expect(assertsOf(samplePair({ baseline: sampleSide('["{{x}}",1]') }))).toEqual([
      { type: 'equals', value: ["{{ '{{' }}x}}", 1] },
    ]);
  });

  it('say why a pair is none', () => {
    expect(
      written(
        promptfooTests,
        samplePair({ commonVerdict: null }),
        samplePair({ commonVerdict: 'both_bad' }),
        samplePair({ commonVerdict: 'conflict' }),
        samplePair({ candidate: { state: 'not_sent', reason: null } }),
        samplePair({ baseline: sampleSide('', { toolCalls: [call('find', '{}')] }) }),
        samplePair({ baseline: sampleSide('') }),
      ).leftOut,
    ).toEqual([
      'no verdict',
      'both bad',
      'reviewers disagree',
      'a side without an answer',
      'an answer that calls tools',
      'an empty answer',
    ]);
  });
});
