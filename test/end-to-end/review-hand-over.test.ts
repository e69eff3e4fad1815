import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import { mark, openReview, temporaryFolder, type Review } from '../helpers/review.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { runProgram } from '../commands/program.ts';

const hostile = 'red \u001B[31m answer';
const pairs = [{ id: 'req_1', baseline: hostile, candidate: 'the other answer' }];

/** A review with these variables, in a folder with scripts that stand for the user's programs. */
const open = async (
  scripts: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly review: Review; readonly folder: string }> => {
  const folder = temporaryFolder(onTestFinished);
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, name), text);
  const review = await openReview(folder, pairs, { env: { FOLDER: folder, ...variables } });
  onTestFinished(() => review.kill());
  return { review, folder };
};

describe('the review and other programs', () => {
  it('y copies the answer as it was received, by OSC 52 and into a private file', async () => {
    const { review } = await open({}, {});
    review.type('y');
    const text = await review.until("the baseline's answer: copied");
    const file = / in (\/\S+answer\.txt) until you quit/.exec(text)?.[1] ?? '';
    expect(readFileSync(file, 'utf8')).toBe(hostile);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    const copied = `\u001B]52;c;${Buffer.from(hostile).toString('base64')}\u0007`;
    expect(review.raw()).toContain(copied);
    review.type('\t');
    await review.until('the candidate: y copies its answer');
    review.type('y');
    await review.until("the candidate's answer: copied");
    expect(readFileSync(file, 'utf8')).toBe('the other answer');
    review.type('Y');
    await review.until('the candidate has no address: its answers are recorded');
    expect(await review.quit()).toBe(0);
    expect(existsSync(dirname(file))).toBe(false);
  });

  it('e writes the comment in the editor, with the terminal to itself', async () => {
    const { folder, review } = await open(
      {
        'editor.sh':
          'stat -c %a "$1" > "$FOLDER/mode"; echo "$1" > "$FOLDER/name"; cat "$1" > "$FOLDER/before"\nstty -a > "$FOLDER/stty"; printf "two lines\\nof a comment\\n" > "$1"\n',
      },
      { EDITOR: 'sh "$FOLDER/editor.sh"' },
    );
    await mark(review, 'e', 'req_1: comment saved');
    expect(await review.events()).toMatchObject([
      { kind: 'comment', comment: 'two lines of a comment' },
    ]);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
    expect(read('mode')).toBe('600');
    expect(read('stty')).toMatch(/[ ;]icanon/);
    expect(existsSync(read('name'))).toBe(false);
    expect(review.buffer()).toBe('alternate');
    review.type('e');
    await review.until('the comment has not changed');
    expect(read('before')).toBe('two lines of a comment');
    expect(await review.quit()).toBe(0);
  });

  it('o shows the pair in the pager as printable text; a program that is missing is named', async () => {
    const { folder, review } = await open(
      { 'pager.sh': 'cat "$1" > "$FOLDER/paged"; echo "$1" > "$FOLDER/name"; read line\n' },
      { PAGER: 'sh "$FOLDER/pager.sh"', EDITOR: 'no-such-editor' },
    );
    review.type('o');
    await review.until(() => existsSync(join(folder, 'name')));
    await review.until(() => review.buffer() === 'normal');
    // Ctrl-C is the pager's, and the review goes on.
    review.type('\u0003');
    await review.until((text) => review.buffer() === 'alternate' && text.includes('ended with'));
    const paged = readFileSync(join(folder, 'paged'), 'utf8');
    expect(paged).toContain('␛[31m answer');
    expect(paged).not.toContain('\u001B');
    expect(paged).toContain('Question req_1');
    expect(existsSync(readFileSync(join(folder, 'name'), 'utf8').trim())).toBe(false);
    review.type('e');
    await review.until('no-such-editor ended with code 127');
    expect(await review.quit()).toBe(0);
  });
});

describe('keys, tags and the difftool of the configuration', () => {
  it('work in the review; a mistake is refused before it opens', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    await fillStore(db, pairs);
    const config = join(folder, 'my.json');
    const tool = 'f() { cat "$1" "$2" > both; }; f';
    const write = (settings: unknown): void => writeFileSync(config, JSON.stringify(settings));
    write({ keys: { 'verdict.agree': 't' }, tags: ['wrong price'], difftool: tool });
    const argv = ['review', '--db', db, '--config', config];
    const terminal = startInTerminal(node, [program, ...argv], { cwd: folder });
    onTestFinished(() => terminal.kill());
    await terminal.until(/t agree.*q quit/);
    expect(terminal.text()).toContain('1 wrong price');
    await mark(terminal, '1', 'req_1: wrong price');
    terminal.type('o');
    await terminal.until(() => existsSync(join(folder, 'both')));
    await terminal.until(/t agree.*q quit/);
    await mark(terminal, 't', 'every pair that can be judged has a verdict');
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    expect(readFileSync(join(folder, 'both'), 'utf8')).toBe('red ␛[31m answer\nthe other answer\n');

    write({ keys: { 'verdict.agree': 'x' } });
    const wrong = startInTerminal(node, [program, ...argv], { cwd: folder });
    onTestFinished(() => wrong.kill());
    expect((await wrong.exit).code).toBe(2);
    expect(wrong.text().replaceAll('\n', '')).toContain('which is already verdict.worse');
    const { stderr } = await runProgram(folder, argv);
    expect(stderr).toContain('needs a terminal');
  });
});

describe('a review between pipes', () => {
  it('draws on the terminal, and its closing text goes to stdout', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    await fillStore(db, pairs);
    const command = `echo input | "$0" "$1" review --db review.db --reviewer ada > out 2> err; echo "code $?"`;
    const terminal = startInTerminal('sh', ['-c', command, node, program], { cwd: folder });
    onTestFinished(() => terminal.kill());
    await terminal.until(/a agree.*q quit/);
    terminal.resize(90, 30);
    await terminal.until((text) => text.split('\n')[29]?.startsWith('a agree') === true);
    await mark(terminal, 'x', 'every pair that can be judged has a verdict');
    terminal.type('q');
    await terminal.until('code 0');
    expect(terminal.buffer()).toBe('normal');
    const out = readFileSync(join(folder, 'out'), 'utf8');
    expect(out).toMatch(/^You gave 1 verdict, .* per verdict \(median\): 1 worse\.$/m);
    expect(out).not.toContain('\u001B');
    // The cursor is shown again on stderr, too, in case it is the terminal.
    const err = readFileSync(join(folder, 'err'), 'utf8');
    expect(err.replaceAll('\u001B[?25h', '')).toBe('');
  });

  it('writes the verdicts of the sitting to stdout, which another store takes in', async () => {
    const folder = temporaryFolder(onTestFinished);
    await fillStore(join(folder, 'review.db'), pairs);
    const argv = '"$0" "$1" review --db review.db --reviewer ada --stdout';
    const command = `${argv} 2> err | cat > out; ${argv} 2>&1 > again | cat > err2; echo "code $?"`;
    const terminal = startInTerminal('sh', ['-c', command, node, program], { cwd: folder });
    onTestFinished(() => terminal.kill());
    await terminal.until(/a agree.*q quit/);
    await mark(terminal, '1', 'req_1: wrong value');
    await mark(terminal, 'x', 'every pair that can be judged has a verdict');
    terminal.type('q');
    // Another sitting has no verdict of the first one.
    await terminal.until(/1 judged|\) of 1\b/);
    await terminal.until(/a agree.*q quit/);
    terminal.type('q');
    await terminal.until('code 0');
    const out = readFileSync(join(folder, 'out'), 'utf8');
    const [line, ...others] = out.trimEnd().split('\n');
    expect(others).toEqual([]);
    expect(JSON.parse(line ?? '')).toMatchObject({
      capture: pairs[0]?.id,
      reviewer: 'ada',
      verdict: 'worse',
      tags: ['wrong value'],
      comment: null,
    });
    expect(readFileSync(join(folder, 'err'), 'utf8')).toContain('You gave 1 verdict');
    expect(readFileSync(join(folder, 'again'), 'utf8')).toBe('');
    await fillStore(join(folder, 'other.db'), pairs);
    const taken = await runProgram(folder, ['verdicts', 'out', '--db', 'other.db']);
    expect(taken.code).toBe(0);
    expect(taken.stdout).toMatch(/1 (?:new )?verdict/);
  });
});
