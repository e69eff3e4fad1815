import { stripVTControlCharacters } from 'node:util';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { listEvents } from '../../source/store/verdicts.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import { look, temporaryFolder } from '../helpers/review.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';

const pairs = [
  { id: 'req_1', baseline: 'It arrives on 20 November.', candidate: 'It arrives on 22 November.' },
  { id: 'req_2', baseline: '{"priority":"high"}', candidate: '{"priority":"urgent"}' },
  { id: 'req_3', baseline: 'Hello there.', candidate: 'Hello Ann, 你好.' },
];

/** A review for a screen reader: what was said, and what was said since the last key. */
const listen = (
  db: string,
  start: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): {
  readonly review: TerminalProgram;
  readonly said: () => string;
  /** Types a key, and resolves with what was said after it once that contains a text. */
  readonly key: (key: string, wanted: string | RegExp) => Promise<string>;
} => {
  const argv = ['review', '--db', db, '--reviewer', 'ada', ...(start.flags ?? [])];
  const review = startInTerminal(node, [program, ...argv], {
    columns: 200,
    rows: 24,
    env: start.env ?? {},
  });
  onTestFinished(() => review.kill());
  const said = (): string => stripVTControlCharacters(review.raw()).replaceAll('\r\n', '\n');
  return {
    review,
    said,
    key: async (key, wanted) => {
      for (;;) {
        const before = said().length;
        review.type(key);
        const since = (): string => said().slice(before);
        const isSaid = (): boolean =>
          typeof wanted === 'string' ? since().includes(wanted) : wanted.test(since());
        await review.until(() => isSaid() || /on the screen (?:yet|for only)/.test(since()));
        if (isSaid()) return since();
        await look();
      }
    },
  };
};

describe('a review with a screen reader', () => {
  it('ends with the command that continues it as the same reviewer, blind as before', async () => {
    const db = join(temporaryFolder(onTestFinished), 'review.db');
    const comparisonId = await fillStore(db, pairs);
    const flags = ['--screen-reader', '--blind', '--repeats', '10%', '--target', '90%'];
    const { review, said } = listen(db, { flags });
    await review.until(() => /^right: .+\n/m.test(said()));
    review.type('q');
    expect((await review.exit).code).toBe(0);
    expect(said().replaceAll(/\s+/g, ' ')).toContain(
      `Left: 3 unjudged pairs. To continue: understudy review ${comparisonId} --db ${db} --reviewer ada --repeats 10% --target 90% --blind --screen-reader`,
    );
  });

  it.each([
    ['the flag', { flags: ['--screen-reader'] }],
    ['the environment', { env: { INK_SCREEN_READER: 'true' } }],
  ])('is done as a whole, asked for by %s: what changes is said once', async (_, start) => {
    const db = join(temporaryFolder(onTestFinished), 'review.db');
    const comparisonId = await fillStore(db, pairs);
    const { key, review, said } = listen(db, start);
    const whole = /baseline: .+\n[^]*candidate: .+\n/;
    await review.until(() => whole.test(said()));
    expect(said()).toMatch(
      /^understudy: .* against .*\. Keys: a agree, x worse, b better, w both bad/m,
    );
    expect(said()).toMatch(/^pair 1 of 3 to judge, 3 left, 0 judged\.$/m);
    expect(said()).toMatch(/^user: /m);
    const first = pairs.find(({ id }) => said().includes(`, ${id}, not judged`));
    if (first === undefined) throw new Error(said());
    expect(said()).toContain(`baseline: ${first.baseline}`);
    expect(said()).toContain(`candidate: ${first.candidate}`);

    expect(await key('1', ': wrong value')).toContain(`${first.id}: wrong value`);
    const noted = await key('c', 'comment: ').then(() => key('too late\r', 'comment saved'));
    expect(noted).toContain('comment: too late');
    const second = await key('x', /pair 2 of 3[^]*candidate: .+\n/);
    expect(second).toMatch(new RegExp(`^${first.id}: worse \\(u: undo\\)`, 'm'));
    expect(second).toContain('pair 2 of 3 to judge, 2 left, agree 0.0 %');
    expect(second).not.toContain(first.candidate);

    const undone = await key('u', /pair 1 of 3[^]*candidate: .+\n/);
    expect(undone).toContain(`undone: worse on ${first.id}`);
    await key('x', /pair 2 of 3[^]*candidate: .+\n/);
    const list = await key('L', /Row \d of 3: /);
    expect(list).toMatch(/^3 pairs, by number/m);
    expect(await key('G', 'Row 3 of 3: ')).not.toContain('Row 2');
    expect(await key('\u001B', 'Back to req_')).not.toContain('baseline:');
    await look();
    expect(await key('?', 'agree: the candidate is as good')).toMatch(/^Keys$/m);
    await key('\u001B', 'Back to req_');
    // A key that follows too soon would be the rest of a sequence.
    await look();
    expect(await key(']', 'Difference ')).toMatch(
      /^Difference \d of \d\. baseline: .*; candidate: /m,
    );

    await key('a', /pair 3 of 3[^]*candidate: .+\n/);
    const end = await key('b', /^Verdicts/m);
    expect(end).toContain('every pair that can be judged has a verdict');
    review.type('q');
    expect((await review.exit).code).toBe(0);
    expect(said()).toContain('You gave 3 verdicts');
    expect(said()).toMatch(/: 1 agree, 1 worse, 1 better\./);

    // Nothing is drawn, and no more than one line is ever taken back.
    expect(said()).not.toMatch(/[│┬▌╱✓✗▲○]/);
    expect(review.raw()).not.toContain('\u001B[?1049h');
    expect(review.raw()).not.toMatch(
      /\u001B\[(?:[2-9]|\d\d+)A|\u001B\[[23]J|\u001B\[1A\u001B\[2K\u001B\[1A/,
    );
    const store = await openStore(db);
    const events = await listEvents(store, comparisonId, 'ada');
    await store.close();
    expect(events.map(({ kind }) => kind)).toEqual([
      'tag',
      'comment',
      'verdict',
      'undo',
      'verdict',
      'verdict',
      'verdict',
    ]);
  });
});
