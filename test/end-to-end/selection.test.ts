import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../source/comparison/outcome.ts';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { openStore } from '../../source/store/open.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { timeOrderedId } from '../../source/text/time-ordered-id.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { trafficLines, writeTraffic, type TrafficLine } from '../helpers/traffic.ts';

const recorded = ['--baseline', 'recorded:first', '--candidate', 'recorded:second'];
const captures = 200;
const lines = trafficLines(captures);

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  await writeTraffic(scene.path('traffic.jsonl'), lines);
});

afterEach(() => scene.close());

const selectedIn = (): readonly string[] =>
  scene
    .rows('select capture_id as id from comparison_capture order by capture_id')
    .map(({ id }) => String(id));

const idsOf = (wanted: (line: TrafficLine) => boolean): readonly string[] =>
  lines
    .filter(wanted)
    .map(({ id }) => id)
    .sort();

const replay = async (...flags: readonly string[]) => {
  const run = await scene.run(['replay', 'traffic.jsonl', ...recorded, ...flags]);
  expect(run).toMatchObject({ code: 0 });
  return run;
};

/** Gives the pairs of the newest comparison their verdicts; null gives none. */
const judge = async (
  db: string,
  verdictOf: (pair: { readonly endpoint: string }) => Verdict | null,
): Promise<void> => {
  const store = await openStore(scene.path(db));
  const { id: comparisonId } = await findComparison(store, null);
  let last: string | null = null;
  for (const { captureId, endpoint } of await listPairs(store, comparisonId)) {
    const verdict = verdictOf({ endpoint });
    if (verdict === null) continue;
    last = timeOrderedId(last, Date.now(), randomBytes(10));
    const at = '2026-11-24T00:00:00.000Z';
    const event = { id: last, comparisonId, captureId, reviewer: 'ann', at };
    await appendEvent(store, { ...event, kind: 'verdict', verdict });
  }
  await store.close();
};

const dayOf = ({ timestamp }: TrafficLine): string => timestamp?.slice(0, 10) ?? '';

describe('the replayed captures', () => {
  it.each<readonly [readonly string[], (line: TrafficLine) => boolean, string]>([
    [['--endpoint', 'reply'], ({ endpoint }) => endpoint === 'reply', 'endpoint reply'],
    [['--endpoint', 'classify_*'], ({ endpoint }) => endpoint !== 'reply', 'endpoint classify_*'],
    [
      ['--endpoint', 'reply', '--endpoint=classify_mail'],
      ({ endpoint }) => endpoint !== 'classify_ticket',
      'endpoint reply or classify_mail',
    ],
    [
      ['--since', '2026-11-10', '--until', '2026-11-12'],
      (line) => dayOf(line) >= '2026-11-10' && dayOf(line) <= '2026-11-12',
      'since 2026-11-10, until 2026-11-12',
    ],
    [['--where', 'tier=gold'], ({ metadata }) => metadata?.['tier'] === 'gold', 'tier=gold'],
    [
      ['--where', 'tier!=gold', '--where', 'turns>=5', '--endpoint', 'reply'],
      ({ endpoint, metadata }) =>
        endpoint === 'reply' && metadata?.['tier'] !== 'gold' && Number(metadata?.['turns']) >= 5,
      'endpoint reply, tier!=gold, turns>=5',
    ],
    [['--sample', '100%'], () => true, 'sample 100 %'],
  ])('is what %j says', async (flags, wanted, words) => {
    const { stderr } = await replay(...flags);
    const expected = idsOf(wanted);
    expect(expected.length).toBeGreaterThan(0);
    expect(selectedIn()).toEqual(expected);
    expect(stderr).toContain(`${expected.length} of 200 captures selected: ${words}\n`);
    const { counts, leftOut } = await scene.summary();
    expect(counts).toMatchObject({
      imported: expected.length,
      replayable: expected.length,
      answered: expected.length,
    });
    expect(leftOut.total).toBe(captures - expected.length);
    const reasons = leftOut.reasons.reduce((sum, one) => sum + one.captures, 0);
    expect(reasons).toBe(leftOut.total);
  });

  it('is a sample of whole conversations, the same from the file and from the store', async () => {
    await replay('--sample', '20%', '--name', 'file');
    const fromFile = selectedIn();
    expect(fromFile.length).toBeGreaterThan(20);
    expect(fromFile.length).toBeLessThan(60);
    const others = (id: string): string => `r${Number(id.slice(1)) ^ 1}`;
    for (const id of fromFile) expect(fromFile).toContain(others(id));

    await scene.run(['import', 'traffic.jsonl', '--db', 'other.db']);
    const all = [...recorded, '--sample', '0.2', '--db', 'other.db'];
    expect(await scene.run(['replay', ...all])).toMatchObject({ code: 0 });
    const rows = scene.rows('select capture_id as id from comparison_capture', 'other.db');
    expect(rows.map(({ id }) => id).sort()).toEqual(fromFile);
  });

  it('is weighted by the traffic that its strata stand for', async () => {
    const answer = (content: string) => ({ choices: [{ message: { content } }] });
    const traffic = Array.from({ length: 1000 }, (_, index) => {
      const endpoint = index < 950 ? 'common' : 'rare';
      const request = { messages: [{ role: 'user', content: `Question ${index}` }] };
      const responses = { first: answer(`one ${index}`), second: answer(`two ${index}`) };
      return { id: `q${index}`, endpoint, metadata: { kind: endpoint }, request, responses };
    });
    await writeFile(
      scene.path('traffic.jsonl'),
      traffic.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    for (const by of ['endpoint', 'metadata.kind']) {
      const db = `${by}.db`;
      await replay('--stratify', `${by}:20`, '--db', db);
      const before = await scene.summary(db);
      expect(before.sample.strata).toMatchObject([
        { captures: 950, pairs: 20, judged: 0, rated: false },
        { captures: 50, pairs: 20, judged: 0, rated: false },
      ]);
      await judge(db, ({ endpoint }) => (endpoint === 'common' ? 'agree' : null));
      const half = await scene.summary(db);
      expect(half.judgedRates.agreement).toMatchObject({ rate: null, n: 20 });
      const { stdout: open } = await scene.run(['summary', '--db', db]);
      expect(open.replaceAll(/\s+/g, ' ')).toContain('because 1 of 2 strata have no verdict');
      await judge(db, ({ endpoint }) => (endpoint === 'common' ? null : 'worse'));
      const after = await scene.summary(db);
      expect(after.sample.weighting).toBe('traffic');
      for (const rate of [after.judgedRates.agreement, after.agreement]) {
        expect(rate.rate).toBeCloseTo(0.95, 12);
        expect(rate.lower).toBeCloseTo(0.797, 2);
        expect(rate.upper).toBeLessThan(0.9581);
      }
      const { stdout } = await scene.run(['summary', '--db', db]);
      const text = stdout.replaceAll(/\s+/g, ' ');
      expect(text).toContain('Of 40 requests the candidate answers 95.0 %');
      expect(text).toContain('as well as the baseline, weighted by traffic;');
      expect(text).toContain('of the costs, that of a month alone is weighted.');
      expect(stdout).toMatch(/^ +of 1,000 requests, 40 drawn {2,}of 40 judged pairs$/m);
      expect(stdout).toMatch(/^ {2}no worse +95\.0 % .{20} {2}95\.0 % /m);
    }
  });

  it('stands for no traffic if its strata are no longer known', async () => {
    await replay('--stratify', 'endpoint:10');
    await writeFile(
      scene.path('traffic.jsonl'),
      `${lines
        .slice(0, 3)
        .map((line) => JSON.stringify(line))
        .join('\n')}\n`,
    );
    await replay('--sample', '100%');
    expect((await scene.summary()).sample).toEqual({ weighting: 'unknown', strata: [] });
    const { stdout } = await scene.run(['summary']);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('drawn by strata that the comparison no longer names');
  });

  it('is cut by strata and by a limit, which say so', async () => {
    const { stderr } = await replay('--stratify', 'endpoint:10', '--limit', '25');
    expect(stderr).toContain('25 of 200 captures selected: at most 10 per endpoint, limit 25\n');
    const { byEndpoint, leftOut, comparison } = await scene.summary();
    expect(byEndpoint.length).toBe(3);
    for (const { counts } of byEndpoint) expect(counts.replayable).toBeLessThanOrEqual(10);
    expect(leftOut).toEqual({
      total: 175,
      reasons: [
        { reason: 'over the number per stratum', captures: 170 },
        { reason: 'over the limit', captures: 5 },
      ],
    });
    expect(comparison.selection).toMatchObject({ limit: 25 });
    const { stdout } = await scene.run(['summary']);
    expect(stdout).toContain('selected at most 10 per endpoint, limit 25');
    expect(stdout).toContain('left out: over the number per stratum 170; over the limit 5');
  });

  it('counts unreplayable records as before', async () => {
    await writeFile(scene.path('bad.jsonl'), '{"request":{"messages":[]}}\nnot JSON\n');
    const run = await scene.run([
      'replay',
      'traffic.jsonl',
      'bad.jsonl',
      ...recorded,
      '--limit',
      '10',
    ]);
    expect(run.code).toBe(0);
    const { counts, leftOut } = await scene.summary();
    expect(counts).toMatchObject({ imported: 12, replayable: 10, notReplayable: 2 });
    expect(leftOut.total).toBe(190);
  });

  it('grows with another selection, loses nothing, and continues with the stored one', async () => {
    await replay('--endpoint', 'reply');
    const replies = idsOf(({ endpoint }) => endpoint === 'reply');

    const second = await replay('--endpoint', 'classify_mail');
    const mails = idsOf(({ endpoint }) => endpoint === 'classify_mail');
    expect(second.stderr).toContain(
      `${mails.length} of 200 captures selected: endpoint classify_mail; ${mails.length} of them new to the comparison, which keeps the ${replies.length} that it has\n`,
    );
    expect(selectedIn()).toEqual([...replies, ...mails].sort());
    expect((await scene.summary()).leftOut.total).toBe(captures - replies.length - mails.length);

    const third = await replay();
    expect(third.stderr).toContain('endpoint classify_mail (as before; --sample 100% selects all)');
    expect(third.stderr).toContain('; 0 of them new');
    expect(selectedIn()).toHaveLength(replies.length + mails.length);

    await replay('--sample', '100%');
    expect(selectedIn()).toHaveLength(captures);
    expect((await scene.summary()).leftOut).toEqual({ total: 0, reasons: [] });
  });

  it('sends only the selected captures', async () => {
    const { endpoint, models } = await scene.serve();
    const run = await scene.run(['compare', 'traffic.jsonl', ...models, '--limit=7']);
    expect(run.code).toBe(0);
    expect(endpoint.calls()).toHaveLength(14);
  });
});

describe('an import that is killed', () => {
  it('leaves no partial selection, and the same command completes it', async () => {
    const many = trafficLines(30_000);
    await writeTraffic(scene.path('many.jsonl'), many);
    const argv = ['many.jsonl', ...recorded, '--sample', '2%'];
    // A new store would appear only when the import has ended.
    await fillStore(scene.path('understudy.db'), []);
    const started = scene.start(['replay', ...argv]);
    const inStore = (): number => {
      try {
        return Number(scene.rows('select count(*) as number from capture')[0]?.['number']);
      } catch {
        return 0;
      }
    };
    while (inStore() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    started.child.kill('SIGKILL');
    await started.ended;
    const imported = inStore();
    expect(imported).toBeGreaterThan(0);
    expect(imported).toBeLessThan(many.length);
    expect(selectedIn()).toEqual([]);
    expect(scene.rows('select * from comparison_left_out')).toEqual([]);

    expect(await scene.run(['replay', ...argv])).toMatchObject({ code: 0 });
    const resumed = selectedIn();
    expect(await scene.run(['replay', ...argv, '--db', 'fresh.db'])).toMatchObject({ code: 0 });
    const fresh = scene.rows('select capture_id as id from comparison_capture', 'fresh.db');
    expect(resumed).toEqual(fresh.map(({ id }) => id).sort());
    expect(resumed.length).toBeGreaterThan(100);
    expect((await scene.summary()).leftOut.total).toBe(many.length - resumed.length);
  });
});

describe('a selection that cannot be', () => {
  it.each<readonly [readonly string[], string]>([
    [['--sample', '10'], '--sample takes a share above 0 and at most 1, such as 10% or 0.1'],
    [['--limit', '0'], '--limit takes a whole number of captures, at least 1, not "0".'],
    [['--limit', '-1'], '--limit takes a whole number of captures, at least 1, not "-1".'],
    [['--since', 'soon'], '--since takes a date, a date with a time, or a time before now'],
    [['--until', '2026-11-31'], '--until takes a date'],
    [['--since', '2026-11-20', '--until', '2026-11-19'], 'is before --since 2026-11-20'],
    [['--where', 'tier'], '--where takes a condition on metadata'],
    [['--where', 'tier>gold'], 'compares numbers, and "gold" is not a number'],
    [['--where', ''], '--where needs a value'],
    [['--stratify', 'endpoint'], '--stratify takes endpoint or a metadata key'],
    [
      ['--endpoint', 'repley'],
      'No capture has the endpoint "repley". Did you mean reply? Available:',
    ],
    [
      ['--where', 'tier=silver'],
      'None of the 200 captures is selected by tier=silver: --where does not hold 200. Change or leave out --where.',
    ],
    [
      ['--where', 'tier=silver', '--sample', '50%', '--limit', '5'],
      'Change or leave out --sample or --where or --limit.',
    ],
    [['--limit', '5', '--limit', '6'], '--limit is given twice'],
    [['--json'], '--json goes with --dry-run'],
  ])('%j: one sentence, exit code 2, nothing left', async (flags, sentence) => {
    const before = await scene.snapshot();
    const run = await scene.run(['replay', 'traffic.jsonl', ...recorded, ...flags]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^understudy: [^\n]+\n$/);
    expect(run.stderr).toContain(sentence);
    expect(await scene.snapshot()).toEqual(before);
  });
});
