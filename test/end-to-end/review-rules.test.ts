import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { runProgram } from '../commands/program.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { mark, reopenReview, temporaryFolder, type Review } from '../helpers/review.ts';

/** Pairs that differ in `at`: four only in it, two also in `label`, and one that is the same. */
const pairs = [
  ...Array.from({ length: 6 }, (_, index) => ({
    id: `req_${index}`,
    baseline: JSON.stringify({ at: `10:0${index}`, label: index < 4 ? 'A' : 'B' }),
    candidate: JSON.stringify({ at: `11:0${index}`, label: 'A' }),
  })),
  { id: 'same', baseline: '{"at":"1"}', candidate: '{"at": "1"}' },
];

const open = async (
  db: string,
  comparisonId: string,
  by: string,
  ...flags: readonly string[]
): Promise<Review> => {
  const opened = await reopenReview(db, comparisonId, { by, flags, columns: 140, rows: 40 });
  onTestFinished(() => opened.kill());
  return opened;
};

const filled = async () => {
  const folder = temporaryFolder(onTestFinished);
  const db = join(folder, 'review.db');
  return { folder, db, comparisonId: await fillStore(db, pairs) };
};

const summaryOf = async (folder: string, ...flags: readonly string[]) => {
  const argv = ['summary', '--json', '--db', 'review.db', ...flags];
  const { stderr, stdout } = await runProgram(folder, argv);
  if (stdout === '') throw new Error(stderr);
  return summarySchema.strict().parse(JSON.parse(stdout));
};

/** Types `I` and waits for the rules about the difference with their counts. */
const offer = async (screen: Review, rule: RegExp): Promise<void> => {
  screen.type('I');
  await screen.until(rule);
};

const ignoreAt = /▌ +4 unjudged pairs +ignore at in answer_question/;

describe('a rule in the review', () => {
  it('says what it would settle, settles it, and is taken back', async () => {
    const { comparisonId, db, folder } = await filled();
    const screen = await open(db, comparisonId, 'ada');
    await screen.until('1 of 6 to judge · 6 left');
    await offer(screen, ignoreAt);
    expect(screen.text()).toContain('make the rule');
    screen.type('\u001b');
    await screen.until(/difference 1 of \d/);
    expect((await summaryOf(folder)).rules).toEqual([]);
    await offer(screen, ignoreAt);
    screen.type('\r');
    await screen.until(/4 pairs settled by the rule: ignore at in answer_question/);
    await screen.until(
      /of 2 to judge · 2 left[^]*4 by rule[^]* DIFFERS +label "B" → "A"[^]*≈ at "/,
    );
    const ruled = await summaryOf(folder);
    expect(ruled.counts).toMatchObject({
      equivalent: 1,
      settledByMachine: 1,
      settledByRule: 4,
      different: 2,
      unjudged: 2,
    });
    expect(ruled.rules).toMatchObject([
      { text: 'ignore at in answer_question', author: 'ada', settled: 4, takenBack: null },
    ]);
    screen.type('T');
    await screen.until(/▌ +4 ignore at in answer_question +ada \d{4}-/);
    // What it settles is in view, marked and with the rule.
    screen.type('\r');
    await screen.until(/equivalent \(by rule\)[^]* RULE +ignore at \(ada\)[^]*≈ at +"10:0/);
    screen.type('T');
    await screen.until(/▌ +4 ignore at/);
    screen.type('u');
    await screen.until(
      /4 pairs back, without the rule[^]*of 6 to judge|of 6 to judge[^]*4 pairs back/,
    );
    await screen.until(/▌ +0 ignore at in answer_question +ada .* taken back .* by ada/);
    const back = await summaryOf(folder);
    expect(back.counts).toMatchObject({ settledByRule: 0, different: 6, unjudged: 6 });
    expect(back.rules).toMatchObject([{ settled: 0, takenBack: { reviewer: 'ada' } }]);
    screen.type('\u001b');
    await screen.until(/difference 1 of/);
    expect(await screen.quit()).toBe(0);
  });

  it('changes the patterns at once, also in a list that is open', async () => {
    const { comparisonId, db } = await filled();
    const ada = await open(db, comparisonId, 'ada');
    const bo = await open(db, comparisonId, 'bo');
    await bo.until('1 of 6 to judge · 6 left');
    bo.type('P');
    await bo.until(/6 patterns of differences[^]*at: 10:00 → 11:00/);
    await offer(ada, ignoreAt);
    ada.type('\r');
    await ada.until(/4 pairs settled by the rule/);
    await bo.until(/1 pattern of differences, the most[^]* 2 +0 +answer_question +label: B → A/);
    ada.type('T');
    await ada.until(/▌ +4 ignore at/);
    ada.type('u');
    await ada.until(/4 pairs back, without the rule/);
    await bo.until(/6 patterns of differences, the most/);
    expect(await bo.events()).toEqual([]);
  });

  it('keeps verdicts, and is seen by another reviewer with its author', async () => {
    const { comparisonId, db, folder } = await filled();
    const ada = await open(db, comparisonId, 'ada');
    const bo = await open(db, comparisonId, 'bo');
    const [, first = ''] = /· (req_\d) ·/.exec(ada.text()) ?? [];
    await mark(ada, 'x', `${first}: worse`);
    await offer(ada, /▌ +\d unjudged pairs? +ignore at in/);
    const [, promised = ''] = /▌ +(\d) unjudged/.exec(ada.text()) ?? [];
    ada.type('\r');
    await ada.until(/4 pairs settled by the rule/);
    expect((await ada.events()).map(({ kind }) => kind)).toEqual(['verdict']);
    await bo.until(/of 2 to judge[^]*4 by rule/);
    await bo.until(/ DIFFERS +label "B" → "A"/);
    // What is left differs in the label, which bo lets pass.
    await offer(bo, /▌ +2 unjudged pairs +ignore label in/);
    bo.type('\r');
    await bo.until(/2 pairs settled by the rule/);
    await ada.until(/6 by rule/);
    const { counts, ruledVerdicts, rules } = await summaryOf(folder);
    expect(counts).toMatchObject({ settledByRule: 6, unjudged: 0, judged: 0 });
    expect(ruledVerdicts.worse).toBe(1);
    // The judged pair is not promised, whether or not the rule is about it.
    expect(promised).toBe(['req_4', 'req_5'].includes(first) ? '4' : '3');
    expect(rules.map(({ author, settled }) => [author, settled])).toEqual([
      ['ada', 6],
      ['bo', 2],
    ]);
    const { stdout } = await runProgram(folder, ['summary', '--db', 'review.db']);
    expect(stdout).toContain('Rules: 6 pairs settled by rules of 2 authors.');
    expect(stdout).toMatch(/ignore label in answer_question: 2 pairs \(bo, \d{4}-\d{2}-\d{2}\)/);
    const { stdout: some } = await runProgram(folder, [
      'summary',
      '--db',
      'review.db',
      '--filter',
      'settled:rule rule:bo',
    ]);
    expect(some).toContain('2 by rule');
    const listed = await runProgram(folder, ['rules', '--db', 'review.db', '--json']);
    const document: { rules: readonly { id: string; text: string }[] } = JSON.parse(listed.stdout);
    expect(document.rules.map(({ text }) => text)).toEqual([
      'ignore at in answer_question',
      'ignore label in answer_question',
    ]);
    const id = document.rules[1]?.id ?? '';
    const taking = ['rules', '--db', 'review.db', '--reviewer', 'cy', '--take-back', id];
    const { stdout: after } = await runProgram(folder, taking);
    expect(after).toMatch(/4 pairs · ada ·[^]*0 pairs · bo ·[^]*taken back .* UTC by\s+cy/);
    await ada.until(/of 2 to judge[^]*4 by rule/);
    const again = await runProgram(folder, taking);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('taken back already')]);
    expect(await ada.quit()).toBe(0);
    expect(ada.raw()).toContain('4 pairs are settled by rules of 1 author.');
    expect(await bo.quit()).toBe(0);
  });
});

describe('the rules of a configuration', () => {
  it('settle pairs with the file as their author, and go with it', async () => {
    const { comparisonId, db, folder } = await filled();
    const file = join(folder, 'rules.json');
    const configure = (rules: readonly unknown[]): void => {
      writeFileSync(file, JSON.stringify({ rules }));
    };
    configure([{ path: '$.at', ignore: 'everything', endpoint: 'answer_question' }]);
    const screen = await open(db, comparisonId, 'ada', '--config', file);
    await screen.until(/of 2 to judge[^]*4 by rule/);
    screen.type('T');
    await screen.until(/▌ +4 ignore at in answer_question .*rules\.json/);
    screen.type('u');
    await screen.until(/this rule is in .*rules\.json: take it out there/);
    screen.type('q');
    const end = await screen.exit;
    expect(end.code).toBe(0);
    // Without the file, its rules stay; with it, they are those of the file.
    expect((await summaryOf(folder)).counts.settledByRule).toBe(4);
    configure([
      { path: 'at', ignore: 'everything' },
      { path: 'label', ignore: 'everything' },
    ]);
    expect((await summaryOf(folder, '--config', 'rules.json')).counts.settledByRule).toBe(6);
    configure([]);
    const without = await summaryOf(folder, '--config', file);
    expect(without.counts.settledByRule).toBe(0);
    expect(without.rules.map(({ author, takenBack }) => [author, takenBack?.reviewer])).toEqual(
      Array.from({ length: 3 }, () => ['rules.json', 'rules.json']),
    );
    configure([{ path: 'items[0]', ignore: 'order' }]);
    const wrong = await runProgram(folder, ['summary', '--db', 'review.db', '--config', file]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('rules[0].path is not a path such as items[].score');
  });
});
