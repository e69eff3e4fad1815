import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { loadCapture } from '../../../source/store/captures/captures.ts';
import { queueFacts, type QueueFacts } from '../../../source/store/comparisons/queue-facts.ts';
import { addRules, listRules } from '../../../source/store/comparisons/stored-rules.ts';
import { pairFacts, type PairFact } from '../../../source/store/comparisons/pair-facts.ts';
import { fillStandingVerdicts } from '../../../source/store/comparisons/standing-verdicts.ts';
import { appendEvent, listEvents } from '../../../source/store/verdicts.ts';
import { takeClaims } from '../../../source/store/side-claims.ts';
import { openStore, type Store } from '../../../source/store/open.ts';
import { at, sampleCapture } from '../samples.ts';
import { secondConnection, temporaryDirectory } from '../temporary-store.ts';
import { fillWithVerdicts, writeOldStore, type Insert } from './old-store.ts';

const hexHash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A row in every table that knows a body. */
const fillByHash = (insert: Insert): void => {
  const body = (text: string): string => {
    insert('body', { hash: hexHash(text), text, bytes: Buffer.byteLength(text) });
    return hexHash(text);
  };
  const pair = { comparison_id: 'k', capture_id: 'c1' };
  for (const id of ['c2', 'c1']) {
    const request_hash = body(`{"messages":[{"role":"user","content":"${id}"}]}`);
    insert('capture', {
      id,
      endpoint: 'e',
      request_hash,
      source: 's',
      imported_at: at,
      redacted: 1,
    });
  }
  const recorded = { capture_id: 'c1', model: 'm', production: 1, total_ms: 5 };
  insert('recorded_response', { ...recorded, body_hash: body('{"recorded":"é"}') });
  insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
  insert('comparison_capture', { ...pair, position: '0' });
  const side = { ...pair, side: 'baseline', sample: 0, created_at: at };
  const answer_hash = body('{"content":"answer"}');
  insert('response', { ...side, answer_hash, recorded: 0, adaptations: '[]', cost_usd: 0.5 });
  const failed = { ...side, number: 1, reason: 'timeout', message: 'late', final: 1 };
  insert('attempt', { ...failed, partial_hash: body('{"content":"ans"}'), status: 200 });
  const job = { id: 'j', comparison_id: 'k', side: 'baseline', state: 'done', lines: 1, bytes: 1 };
  insert('batch_job', { ...job, created_at: at, updated_at: at });
  const line = { job_id: 'j', line: 1, custom_id: 'x', ...pair, side: 'baseline', sample: 0 };
  insert('batch_line', { ...line, adaptations_hash: body('[]'), settled: 1 });
};

/** Two captures and a recorded response that share a body, and another body. */
const fillShared = (insert: Insert): void => {
  const texts = ['{"messages":[]}', '{"messages":["é"]}'];
  for (const [index, text] of texts.entries()) {
    const hash = Buffer.from(hexHash(text), 'hex');
    insert('body', { number: index + 1, hash, text, bytes: Buffer.byteLength(text) });
  }
  for (const [id, body] of Object.entries({ c1: 1, c2: 1, c3: 2 })) {
    insert('capture', { id, endpoint: 'e', request_body: body, source: 's', imported_at: at });
  }
  const recorded = { capture_number: 1, model: 'm', production: 1, response_body: 1 };
  insert('recorded_response', recorded);
};

/** The facts about the pairs of the comparison `k` as a summary reads them. */
const factsOf = async (store: Store): Promise<readonly PairFact[]> => {
  await fillStandingVerdicts(store, 'k');
  return pairFacts(store, 'k', { reviewer: null, stratify: null });
};

describe('migrating a store', () => {
  it('to numbered bodies keeps everything', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm009_body_numbers', fillByHash);
    const store = await openStore(file);
    expect(await loadCapture(store, 'c1')).toMatchObject({
      request: { messages: [{ role: 'user', content: 'c1' }] },
      redacted: true,
      recorded: [{ model: 'm', production: true, totalMs: 5, body: { recorded: 'é' } }],
    });
    expect(await loadCapture(store, 'c2')).toMatchObject({
      request: { messages: [{ content: 'c2' }] },
    });
    const database = secondConnection(file);
    const bodyText = (table: 'response' | 'attempt' | 'batch_line'): string => {
      const column = { response: 'answer', attempt: 'partial', batch_line: 'adaptations' }[table];
      const query = `select text from ${table} join body on body.number = ${column}_body`;
      return database.prepare<[], { text: string }>(query).get()?.text ?? '';
    };
    expect(bodyText('response')).toBe('{"content":"answer"}');
    expect(bodyText('attempt')).toBe('{"content":"ans"}');
    expect(bodyText('batch_line')).toBe('[]');
    const row = database.prepare('select cost_usd, side from response').get();
    expect(row).toEqual({ cost_usd: 0.5, side: 'baseline' });
    expect(database.prepare('select status, number from attempt').get()).toEqual({
      status: 200,
      number: 1,
    });
    expect(database.pragma('foreign_key_check')).toEqual([]);
    const pairs = database.prepare('select baseline, candidate from pair').all();
    expect(pairs).toEqual([{ baseline: 'answered', candidate: 'not_sent' }]);
    await expect(store.db.deleteFrom('body').execute()).rejects.toThrow(/FOREIGN KEY/);
    await store.close();
  });

  it('to unshared bodies keeps the shared ones', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm012_bodies_without_hash', fillShared);
    const store = await openStore(file);
    const shared = { messages: [] };
    expect(await loadCapture(store, 'c1')).toMatchObject({
      request: shared,
      recorded: [{ body: shared }],
    });
    expect(await loadCapture(store, 'c2')).toMatchObject({ request: shared });
    expect(await loadCapture(store, 'c3')).toMatchObject({ request: { messages: ['é'] } });
    const database = secondConnection(file);
    const bodies = () => database.prepare('select number, bytes from body').all();
    expect(bodies()).toEqual([
      { number: 1, bytes: 15 },
      { number: 2, bytes: 19 },
    ]);
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');

    const capture = sampleCapture('c4', { request: shared });
    const known = sampleCapture('c2', { endpoint: 'e', request: shared });
    const { added, duplicates } = await addRecords(
      store,
      [capture, known].map((one) => ({ kind: 'capture', capture: one })),
      { source: 's', comparisonId: null, at },
    );
    expect({ added, duplicates }).toEqual({ added: 1, duplicates: 1 });
    expect(bodies()).toHaveLength(3);
    await store.close();
  });

  it('to claims keeps answers, and its sides can be claimed', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const pair = { comparison_id: 'k', capture_id: 'c1' };
    writeOldStore(file, 'm013_claims', (insert) => {
      insert('body', { number: 1, text: '{}', bytes: 2 });
      insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      insert('comparison_capture', { ...pair, position: '0' });
      const answer = { side: 'baseline', sample: 0, answer_body: 1, recorded: 0 };
      insert('response', { ...pair, ...answer, adaptations: '[]', created_at: at });
    });
    const store = await openStore(file);
    const claimant = { id: 'run', host: 'here', pid: 1, startedAt: at };
    const wanted = (['baseline', 'candidate'] as const).map((side) => ({
      captureId: 'c1',
      side,
      sample: 0,
      comparisonIds: ['k'],
    }));
    expect(await takeClaims(store, claimant, wanted, at)).toMatchObject([
      { answered: ['k'], claimed: [] },
      { answered: [], claimed: ['k'] },
    ]);
    await store.close();
  });

  it('to the queue keeps outcomes, and finds them without their details', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const pair = { comparison_id: 'k', capture_id: 'c1' };
    writeOldStore(file, 'm017_queue', (insert) => {
      insert('body', { number: 1, text: '{}', bytes: 2 });
      insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      insert('comparison_capture', { ...pair, position: '0' });
      insert('outcome', { ...pair, rules: 1, outcome: 'identical', details: '{}' });
    });
    const store = await openStore(file);
    const outcomes: QueueFacts[] = [];
    for await (const facts of queueFacts(store, 'k')) {
      if (facts.kind === 'outcomes') outcomes.push(facts);
    }
    expect(outcomes).toEqual([
      { kind: 'outcomes', rows: [{ captureId: 'c1', outcome: 'identical', byRule: false }] },
    ]);
    const plan = secondConnection(file)
      .prepare(
        "explain query plan select capture_id, outcome from outcome where comparison_id = 'k' order by capture_id",
      )
      .all();
    expect(plan).toMatchObject([{ detail: expect.stringContaining('COVERING INDEX') }]);
    await store.close();
  });

  it('to the summary knows which answers are alike in being unusable', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const findings = [
      '{"badges":{"baseline":["empty"],"candidate":["refusal"]}}',
      '{"badges":{"baseline":["empty"],"candidate":[]}}',
      '{}',
      '',
    ];
    writeOldStore(file, 'm020_summary', (insert) => {
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      for (const [index, details] of findings.entries()) {
        const pair = { comparison_id: 'k', capture_id: `c${index}` };
        const request = { endpoint: 'e', request_body: index + 1, source: 's', imported_at: at };
        insert('body', { number: index + 1, text: '{}', bytes: 2 });
        insert('capture', { id: pair.capture_id, ...request });
        insert('comparison_capture', { ...pair, position: '0' });
        insert('outcome', { ...pair, rules: 1, outcome: 'identical', details });
      }
    });
    const store = await openStore(file);
    const rows = await store.db
      .selectFrom('outcome')
      .select('unusable')
      .orderBy('capture_id')
      .execute();
    expect(rows.map(({ unusable }) => unusable)).toEqual([1, 0, 0, 0]);
    await store.close();
  });

  it('to tool calls keeps outcomes, of whose tool calls it knows nothing', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm023_tool_calls', (insert) => {
      const pair = { comparison_id: 'k', capture_id: 'c1' };
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      insert('body', { number: 1, text: '{}', bytes: 2 });
      insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
      insert('comparison_capture', { ...pair, position: '0' });
      insert('outcome', { ...pair, rules: 5, outcome: 'identical', details: '{}' });
    });
    const store = await openStore(file);
    const rows = await store.db.selectFrom('outcome').select(['outcome', 'tool_calls']).execute();
    expect(rows).toEqual([{ outcome: 'identical', tool_calls: null }]);
    await store.close();
  });

  it('to conversations knows which captures are turns of the same one', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm025_conversations', (insert) => {
      const capture = (number: number, request: string, metadata: string | null): void => {
        insert('body', { number, text: request, bytes: Buffer.byteLength(request) });
        insert('capture', {
          id: `c${number}`,
          endpoint: 'e',
          request_body: number,
          source: 's',
          imported_at: at,
          ...(metadata === null ? {} : { metadata }),
        });
      };
      const first = [{ role: 'user', content: 'one' }];
      const second = [
        ...first,
        { role: 'assistant', content: 'answer ' },
        { role: 'user', content: 'two' },
      ];
      capture(1, JSON.stringify({ messages: first }), null);
      capture(2, JSON.stringify({ messages: second }), null);
      capture(3, JSON.stringify({ messages: first }), '{"thread_id":"t"}');
      capture(4, JSON.stringify({ messages: second.slice(2) }), '{"thread_id":"t"}');
      capture(5, '{"messages":', null);
    });
    const store = await openStore(file);
    const [one, two, three, four, five] = await store.db
      .selectFrom('capture')
      .select(['conversation', 'messages', 'chain', 'previous'])
      .orderBy('number')
      .execute();
    expect(two?.conversation).toBe(one?.conversation);
    expect(two?.previous).toBe(one?.chain);
    expect([one?.messages, two?.messages, one?.previous]).toEqual([1, 3, null]);
    expect(four?.conversation).toBe(three?.conversation);
    expect(four).toMatchObject({ messages: 1, chain: null, previous: null });
    expect(three?.conversation).not.toBe(one?.conversation);
    expect(five).toEqual({ conversation: null, messages: null, chain: null, previous: null });
    await store.close();
  });

  it('to the random order keeps verdicts, of which it knows no order', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const pair = { comparison_id: 'k', capture_id: 'c1' };
    writeOldStore(file, 'm014_order', (insert) => {
      insert('body', { number: 1, text: '{}', bytes: 2 });
      insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      insert('comparison_capture', { ...pair, position: '0' });
      const event = { id: '1', reviewer: 'ann', created_at: at, kind: 'verdict' };
      insert('verdict_event', { ...pair, ...event, verdict: 'agree' });
    });
    const store = await openStore(file);
    const [event] = await listEvents(store, 'k', 'ann');
    expect(event).toMatchObject({ kind: 'verdict', verdict: 'agree' });
    expect(event).not.toHaveProperty('ahead');
    const facts = await factsOf(store);
    expect(facts).toMatchObject([{ order: 'unknown', votes: { agree: 1 } }]);
    await store.close();
  });

  it('to several reviewers keeps verdicts as everybody’s own, and lets one resolve them', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const pair = { comparison_id: 'k', capture_id: 'c1' };
    writeOldStore(file, 'm015_reviewers', (insert) => {
      insert('body', { number: 1, text: '{}', bytes: 2 });
      insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      insert('comparison_capture', { ...pair, position: '0' });
      const event = { created_at: at, kind: 'verdict', ahead: 0 };
      insert('verdict_event', { ...pair, ...event, id: '1', reviewer: 'ann', verdict: 'agree' });
      insert('verdict_event', { ...pair, ...event, id: '2', reviewer: 'bo', verdict: 'worse' });
    });
    const store = await openStore(file);
    const resolving = {
      comparisonId: 'k',
      captureId: 'c1',
      reviewer: 'ann',
      at,
      resolves: true,
    } as const;
    await appendEvent(store, { ...resolving, id: '3', kind: 'verdict', verdict: 'better' });
    expect(await listEvents(store, 'k', 'ann')).toMatchObject([{ id: '1', verdict: 'agree' }]);
    const facts = await factsOf(store);
    expect(facts).toMatchObject([{ votes: { agree: 1, worse: 1, better: 0 }, resolved: 'better' }]);
    await appendEvent(store, { ...resolving, id: '4', kind: 'undo', undoes: '3' });
    const undone = await factsOf(store);
    expect(undone).toMatchObject([{ resolved: null }]);
    await store.close();
  });

  it('to rules keeps outcomes as those of the machine', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const pair = { comparison_id: 'k', capture_id: 'c1' };
    writeOldStore(file, 'm018_rules', (insert) => {
      insert('body', { number: 1, text: '{}', bytes: 2 });
      insert('capture', { id: 'c1', endpoint: 'e', request_body: 1, source: 's', imported_at: at });
      insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
      insert('comparison_capture', { ...pair, position: '0' });
      const details = '{"outcome":"different","reason":"text differs"}';
      insert('outcome', { ...pair, rules: 4, outcome: 'different', details });
      for (const side of ['baseline', 'candidate']) {
        const stored = { recorded: 0, adaptations: '[]', created_at: at };
        insert('response', { ...pair, ...stored, side, sample: 0, answer_body: 1 });
      }
    });
    const store = await openStore(file);
    const rule = { endpoint: null, path: 'a', ignore: 'everything', tolerance: null } as const;
    await addRules(store, 'k', [{ ...rule, id: '1', author: 'ann', madeBy: 'reviewer', at }]);
    const facts = await factsOf(store);
    expect(facts).toMatchObject([{ outcome: 'different', byRule: false }]);
    expect(await listRules(store, 'k')).toMatchObject([{ id: '1', settled: 0, takenBack: null }]);
    await store.close();
  });

  it('to chosen pairs keeps verdicts, which nothing but the queue chose', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm016_chosen_pairs', (insert) => {
      fillWithVerdicts(insert, { left_side: 'candidate' });
    });
    const store = await openStore(file);
    const [event] = await listEvents(store, 'k', 'ann');
    expect(event).toMatchObject({ kind: 'verdict', verdict: 'agree', left: 'candidate' });
    expect(event).not.toHaveProperty('chosen');
    expect(event).not.toHaveProperty('group');
    const facts = await factsOf(store);
    expect(facts).toMatchObject([{ chosen: false, unseen: false, votes: { agree: 1, worse: 1 } }]);
    const chosen = { kind: 'filter', text: 'cost>1' } as const;
    const pattern = { chosen, group: { id: '3', seen: 5 } };
    const again = { comparisonId: 'k', captureId: 'c1', reviewer: 'ann', at, id: '3' };
    await appendEvent(store, { ...again, kind: 'verdict', verdict: 'worse', ...pattern });
    expect(await listEvents(store, 'k', 'ann')).toMatchObject([{ id: '1' }, pattern]);
    await store.close();
  });

  it('to control pairs keeps verdicts, and what is said of control pairs is none of them', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm019_controls', (insert) => {
      fillWithVerdicts(insert, { left_side: 'candidate', chosen_by: 'filter', chosen: 'cost>1' });
    });
    const store = await openStore(file);
    const [first] = await listEvents(store, 'k', 'ann');
    expect(first).toMatchObject({
      verdict: 'agree',
      left: 'candidate',
      chosen: { text: 'cost>1' },
    });
    expect(first).not.toHaveProperty('control');
    const before = await factsOf(store);
    expect(before).toMatchObject([{ votes: { agree: 1, worse: 1 } }]);
    const key = { comparisonId: 'k', captureId: 'c1', reviewer: 'ann', at } as const;
    const control = { kind: 'repeat', repeats: '1' } as const;
    const again = {
      ...key,
      control,
      kind: 'verdict',
      verdict: 'better',
      left: 'baseline',
    } as const;
    await appendEvent(store, { ...again, id: '3' });
    await appendEvent(store, { ...key, id: '4', kind: 'tag', tag: 'tone' });
    expect(await listEvents(store, 'k', 'ann')).toMatchObject([
      { id: '1' },
      { id: '3', control, verdict: 'better', left: 'baseline' },
      { id: '4' },
    ]);
    expect(await factsOf(store)).toEqual(before);
    await store.close();
  });

  it('to origins of verdicts says that those of earlier versions are unknown', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file, 'm029_verdict_origins', (insert) => {
      fillWithVerdicts(insert, {});
      const event = { comparison_id: 'k', capture_id: 'c1', created_at: at, ahead: 1 };
      const verdict = { ...event, kind: 'verdict', verdict: 'agree', reviewer: 'cy' };
      insert('verdict_event', { ...verdict, id: '3', group_id: 'g', group_seen: 4 });
    });
    const store = await openStore(file);
    const unknown = { kind: 'unknown', store: null };
    expect(await listEvents(store, 'k', 'ann')).toMatchObject([
      { verdict: 'agree', origin: unknown },
    ]);
    // Only a review gives a verdict to a whole pattern.
    const [ofPattern] = await listEvents(store, 'k', 'cy');
    expect(ofPattern).toMatchObject({ origin: { kind: 'pattern', store: null } });
    const key = { comparisonId: 'k', captureId: 'c1', reviewer: 'ann', at } as const;
    await appendEvent(store, { ...key, id: '4', kind: 'verdict', verdict: 'worse' });
    const [, fresh] = await listEvents(store, 'k', 'ann');
    expect(fresh).not.toHaveProperty('origin');
    await store.close();
  });
});
