import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { listRules } from '../../source/store/comparisons/stored-rules.ts';
import { listEvents, type VerdictEvent } from '../../source/store/verdicts.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import { mark, reopenReview, reviewer, temporaryFolder, type Review } from '../helpers/review.ts';
import { openScene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';

const both = ['--candidate', 'small', '--candidate', 'recorded:tiny'];

type Opened = Review & {
  /** The comparisons of `small` and `tiny`. */
  readonly ids: readonly [string, string];
  readonly eventsOf: (comparisonId: string) => Promise<readonly VerdictEvent[]>;
};

/** A review of two candidates, which answered these requests. */
const open = async (
  requests: readonly string[],
  options: Parameters<typeof reopenReview>[2] = {},
): Promise<Opened> => {
  const db = join(temporaryFolder(onTestFinished), 'review.db');
  const pairs = (candidate: string) =>
    requests.map((id) => ({
      id,
      baseline: `The answer to ${id} is a river.\nIt is long.`,
      candidate: `The answer to ${id} is a ${candidate} river.\nIt is long.`,
    }));
  const small = await fillStore(db, pairs('small'), 'recorded:small');
  const tiny = await fillStore(db, pairs('tiny'), 'recorded:tiny');
  await fillStore(db, pairs('other'), 'recorded:other');
  const flags = [...both, ...(options.flags ?? [])];
  const review = await reopenReview(db, small, { ...options, flags });
  onTestFinished(() => review.kill());
  const eventsOf: Opened['eventsOf'] = async (comparisonId) => {
    const store = await openStore(db);
    try {
      return await listEvents(store, comparisonId, reviewer);
    } finally {
      await store.close();
    }
  };
  return { ...review, ids: [small, tiny], eventsOf };
};

/** The frame is whole: its head names the candidate, and its last row has the keys. */
const candidateOn = (number: number, name: string) => (text: string) =>
  text.includes(`candidate ${number} of 2`) &&
  (text.split('\n')[0] ?? '').includes(name) &&
  /q quit *$/.test(text);

describe('a review of several candidates', () => {
  it('judges them in turn, each in its comparison, and undoes across them', async () => {
    const review = await open(['q1', 'q2']);
    await review.until(candidateOn(1, 'small'));
    await mark(review, 'a', candidateOn(2, 'tiny'));
    expect(review.text()).toMatch(/q\d, candidate 1: agree/);
    await mark(
      review,
      'x',
      (text) => candidateOn(1, 'small')(text) && /candidate 2: worse/.test(text),
    );
    review.type('u');
    await review.until(/undone: worse on q\d, candidate 2/);
    await review.until(candidateOn(2, 'tiny'));
    await mark(
      review,
      'b',
      (text) => candidateOn(1, 'small')(text) && /candidate 2: better/.test(text),
    );
    const [small, tiny] = review.ids;
    expect(await review.eventsOf(small)).toMatchObject([{ kind: 'verdict', verdict: 'agree' }]);
    expect(await review.eventsOf(tiny)).toMatchObject([
      { kind: 'verdict', verdict: 'worse', ahead: false },
      { kind: 'undo' },
      { kind: 'verdict', verdict: 'better', ahead: false },
    ]);
    expect(await review.quit()).toBe(0);
    const closing = review.text().replaceAll('\n', ' ');
    expect(closing).toMatch(/You gave 2 verdicts/);
    expect(closing).toMatch(/recorded:small: Your agreement: 100\.0 % .* of 1\./);
    expect(closing).toMatch(/recorded:tiny: Your agreement: 0\.0 % .* of 1\./);
    expect(closing).toMatch(
      /To continue: understudy review \w+ --candidate recorded:small --candidate/,
    );
  });

  it('continues where it was, and shows the figures side by side', async () => {
    const review = await open(['q1', 'q2']);
    await mark(review, 'a', candidateOn(2, 'tiny'));
    expect(await review.quit()).toBe(0);
    const again = await reopenReview(review.db, '', { flags: both });
    onTestFinished(() => again.kill());
    await again.until(candidateOn(2, 'tiny'));
    again.type('S');
    const summary = await again.until(/2 candidates for recorded:first[^]*q quit/);
    expect(summary).toMatch(/recorded:small +recorded:tiny/);
    expect(summary).toMatch(/^agreement +100\.0 % +— *$/m);
    again.type('u');
    await again.until(/undone: agree on q\d, candidate 1/);
    expect(await again.quit()).toBe(0);
  });

  it('has three panes in a wide terminal, whose rows fill it, and one in a narrow one', async () => {
    const review = await open(['q1', 'q2'], { columns: 200, rows: 60 });
    const wide = await review.until(/▸ candidate 1 · small[^]*q quit *$/);
    const title = wide.split('\n').findIndex((row) => row.startsWith('─ baseline'));
    const rows = review.screen();
    expect(rows[title]).toHaveLength(200);
    expect(rows[title]).toMatch(
      /^─ baseline ─+┬─ ▸ candidate 1 · small ─+┬─ candidate 2 · tiny · ;: judge/,
    );
    const bars = [...(rows[title] ?? '')].flatMap((cell, at) => (cell === '┬' ? [at] : []));
    expect(bars).toHaveLength(2);
    for (const row of rows.slice(title + 1, 57)) {
      expect(bars.map((at) => row[at])).toEqual(['│', '│']);
    }
    expect(rows[0]).toHaveLength(200);
    expect(wide).toMatch(/^ DIFFERS +candidate 1 .*\n DIFFERS +candidate 2 /m);
    expect(rows[title + 1]).toMatch(/a river\. +│~? *.*a small river\. +│.*a tiny river\./);
    review.type(';');
    await review.until(
      /┬─ candidate 1 · small · ;: judge it ─+┬─ ▸ candidate 2 · tiny[^]*q quit *$/,
    );
    await mark(
      review,
      'w',
      /▸ candidate 1 · small ─+┬─ candidate 2 · tiny ○ both bad[^]*q quit *$/,
    );
    const [small, tiny] = review.ids;
    expect(await review.eventsOf(small)).toEqual([]);
    expect(await review.eventsOf(tiny)).toMatchObject([{ verdict: 'both_bad', ahead: false }]);
    review.resize(80, 24);
    const narrow = await review.until(
      (text) => /- baseline · \+ candidate/.test(text) && (text.split('\n')[0]?.length ?? 0) <= 80,
    );
    expect(narrow).toContain('candidate 1 of 2');
    expect(narrow).not.toContain('tiny river');
  });

  it('hides the names until each candidate of the request has a verdict', async () => {
    const review = await open(['q1', 'q2'], { flags: ['--blind'] });
    await review.until((text) => /candidate 1 of 2/.test(text) && /q quit *$/.test(text));
    const second = await mark(review, ',', /candidate 1: (?:worse|better)[^]*q quit *$/);
    expect(second).toContain('candidate 2 of 2');
    expect(second).not.toMatch(/recorded:|shows it/);
    review.type('K');
    const before = await review.until(/candidate 1 of 2[^]*q quit *$/);
    expect(before.split('\n')[0]).toContain('left → right');
    review.type('J');
    await review.until(/candidate 2 of 2[^]*q quit *$/);
    await mark(review, '.', /candidate 2: (?:worse|better), left was[^]*q quit *$/);
    review.type('h');
    const known = await review.until(/the pair judged last[^]*q quit *$/);
    expect(known.split('\n')[0]).toMatch(/recorded:first → recorded:(?:small|tiny)/);
    const events = await Promise.all(review.ids.map(review.eventsOf));
    expect(events.flat()).toMatchObject([
      { kind: 'verdict', left: expect.any(String) },
      { kind: 'verdict', left: expect.any(String) },
    ]);
  });

  it('makes a rule for every candidate, and takes it back from every one', async () => {
    const db = join(temporaryFolder(onTestFinished), 'review.db');
    const pairs = (label: string) =>
      ['q1', 'q2', 'q3'].map((id) => ({
        id,
        baseline: '{"label":"Refund"}',
        candidate: JSON.stringify({ label }),
      }));
    const small = await fillStore(db, pairs('refund'), 'recorded:small');
    const tiny = await fillStore(db, pairs('REFUND'), 'recorded:tiny');
    const settled = async (): Promise<readonly number[]> => {
      const store = await openStore(db);
      try {
        const lists = [await listRules(store, small), await listRules(store, tiny)];
        return lists.flat().map((rule) => (rule.takenBack === null ? rule.settled : -1));
      } finally {
        await store.close();
      }
    };
    const review = await reopenReview(db, small, { flags: both });
    onTestFinished(() => review.kill());
    await review.until(candidateOn(1, 'small'));
    review.type('I');
    await review.until(/6 unjudged pairs +ignore case at label/);
    review.type('\r');
    await review.until(/6 pairs settled by the rule: ignore case at label/);
    expect(await settled()).toEqual([3, 3]);
    review.type('T');
    await review.until(/1 rule of this review[^]* 6 ignore case at label/);
    review.type('u');
    await review.until(/6 pairs back, without the rule/);
    expect(await settled()).toEqual([-1, -1]);
    expect(await review.quit()).toBe(0);
  });

  it('has no control pairs', async () => {
    const terminal = startInTerminal(node, [
      program,
      'review',
      ...both,
      '--blind',
      '--repeats',
      '5%',
    ]);
    onTestFinished(() => terminal.kill());
    await terminal.until('--repeats is for one candidate');
    expect((await terminal.exit).code).toBe(2);
  });

  it('names the candidates that there are if one is not', async () => {
    const scene = await openScene();
    onTestFinished(() => scene.close());
    const db = scene.path('review.db');
    for (const name of ['recorded:small', 'recorded:tiny']) {
      await fillStore(db, [{ id: 'q1', baseline: 'a', candidate: name }], name);
    }
    const run = (...flags: readonly string[]) => scene.run(['summary', '--db', db, ...flags]);
    const unknown = await run('--candidate', 'huge');
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      'understudy: There is no comparison of "huge" with the baseline recorded:first. Its candidates: recorded:small, recorded:tiny.\n',
    ]);
    const twice = await run('--candidate', 'tiny', '--candidate', 'recorded:tiny');
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining('names recorded:tiny twice'),
    ]);
    const table = await run('--candidate', 'tiny', '--candidate', 'small');
    expect([table.code, table.stdout]).toEqual([
      0,
      expect.stringMatching(/^ +recorded:tiny +recorded:small$/m),
    ]);
    const gate = await run(
      '--candidate',
      'tiny',
      '--candidate',
      'small',
      '--gate',
      'counts.failed<=1',
    );
    expect([gate.code, gate.stderr]).toEqual([2, expect.stringContaining('about one candidate')]);
    for (const line of table.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const document = JSON.parse(
      (await run('--json', '--candidate', 'tiny', '--candidate', 'small')).stdout,
    );
    expect(document).toMatchObject({
      schema: 'understudy.candidates/1',
      baseline: 'recorded:first',
      candidates: [
        { schema: 'understudy.summary/3', comparison: { candidate: 'recorded:tiny' } },
        { schema: 'understudy.summary/3', comparison: { candidate: 'recorded:small' } },
      ],
    });
  });
});
