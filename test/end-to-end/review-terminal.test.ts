import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import { judgedOn, temporaryFolder, mark } from '../helpers/review.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';

type Shell = TerminalProgram & {
  readonly db: string;
  /** The process id of the review, as it recorded it. */
  readonly reviewPid: () => number;
};

/** The review as a job of an interactive shell with job control. */
const reviewInShell = async (answerLength = 10): Promise<Shell> => {
  const folder = temporaryFolder(onTestFinished);
  const db = join(folder, 'shell.db');
  await fillStore(
    db,
    Array.from({ length: 40 }, (_, index) => ({
      id: `req_${index}`,
      baseline: `${index} `.repeat(answerLength),
      candidate: `${index + 1} `.repeat(answerLength),
    })),
  );
  const shell = startInTerminal('bash', ['--norc', '--noprofile', '-i'], {
    columns: 120,
    rows: 40,
    cwd: folder,
    env: { PS1: 'shell> ', BASH_SILENCE_DEPRECATION_WARNING: '1' },
  });
  onTestFinished(() => shell.kill('SIGKILL'));
  await shell.until('shell>');
  shell.type(
    `sh -c 'echo $$ > pid; exec "$0" "$@"' '${node}' '${program}' review --db shell.db --reviewer ada\r`,
  );
  await shell.until((text) => /of 40 to judge[^]*first token/.test(text));
  return {
    ...shell,
    db,
    reviewPid: () => Number(readFileSync(join(folder, 'pid'), 'utf8')),
  };
};

/** The terminal is as the shell left it: normal screen, visible cursor, line mode with echo. */
const expectRestored = async (shell: Shell, code: number): Promise<void> => {
  await shell.until((text) => text.trimEnd().endsWith('shell>') && !text.includes('a agree'));
  shell.type('echo "code $?"; stty -a | tr "\\n" " "; echo; echo done\r');
  const text = await shell.until(/^done$/m);
  expect(text).toContain(`code ${code}`);
  const joined = text.replaceAll('\n', '');
  expect(joined).toMatch(/[ ;]icanon/);
  expect(joined).toMatch(/ echo /);
  expect(joined).toMatch(/[ ;]isig/);
  expect(joined).toMatch(/icrnl/);
  expect(shell.buffer()).toBe('normal');
  expect(shell.cursorHidden()).toBe(false);
  const raw = shell.raw();
  for (const mode of ['1049', '2026', '1000', '1006'] as const) {
    expect(raw.lastIndexOf(`\u001B[?${mode}l`)).toBeGreaterThan(
      raw.lastIndexOf(`\u001B[?${mode}h`),
    );
  }
  // Rows wrap again.
  expect(raw).toContain('\u001B[?7l');
  expect(raw.lastIndexOf('\u001B[?7h')).toBeGreaterThan(raw.lastIndexOf('\u001B[?7l'));
  // At its prompt bash enables bracketed pastes itself; the review has disabled its own.
  const own = raw.slice(raw.indexOf('\u001B[?1049h'), raw.lastIndexOf('\u001B[?1049l') + 200);
  expect(own).toContain('\u001B[?2004l');
};

/** Goes from pair to pair, no faster than the screen, until a text appears. */
const goOnUntil = async (shell: Shell, wanted: string): Promise<void> => {
  while (shell.buffer() === 'alternate') {
    const before = shell.text();
    shell.type('\u001B[C');
    await shell.until((text) => text !== before);
  }
  await shell.until(wanted);
};

describe('ps', () => {
  it('shows the program by its name, without its arguments', async () => {
    const shell = await reviewInShell();
    const argv = ['-o', 'comm=', '-o', 'args=', '-p', String(shell.reviewPid())];
    const shown = execFileSync('ps', argv, { encoding: 'utf8' });
    expect(shown.trim().split(/\s+/)).toEqual(['understudy', 'understudy']);
  });
});

describe('the terminal is restored', () => {
  it('after q, with the shell line above still there', async () => {
    const shell = await reviewInShell();
    shell.type('q');
    await expectRestored(shell, 0);
    expect(shell.text().replaceAll('\n', '')).toContain('review --db shell.db');
  });

  it('after Ctrl-C', async () => {
    const shell = await reviewInShell();
    shell.type('\u0003');
    await expectRestored(shell, 130);
    expect(shell.text()).not.toContain('Warning');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('after %s', async (signal, code) => {
    const shell = await reviewInShell();
    process.kill(shell.reviewPid(), signal);
    await expectRestored(shell, code);
    expect(shell.text()).not.toContain('Warning');
  });

  it('after the store is damaged during the review, with a message and exit code 2', async () => {
    const shell = await reviewInShell(60_000);
    writeFileSync(shell.db, Buffer.alloc(statSync(shell.db).size, 0x5a), { flag: 'r+' });
    await goOnUntil(shell, 'shell.db is');
    expect(shell.text()).toMatch(/understudy: .*shell\.db is (?:damaged|not a SQLite database)/);
    await expectRestored(shell, 2);
  });

  it('after the store was replaced by one without its captures, with a message and exit code 2', async () => {
    const shell = await reviewInShell();
    const other = new Database(shell.db);
    other.pragma('foreign_keys = off');
    other.exec('delete from capture');
    other.close();
    await goOnUntil(shell, 'was replaced by another');
    expect(shell.text()).toMatch(
      /understudy: shell\.db was replaced by another store while it was/,
    );
    await expectRestored(shell, 2);
  });

  it('after a bug, whose stack is printed', async () => {
    const shell = await reviewInShell();
    const other = new Database(shell.db);
    other.exec('drop table attempt');
    other.close();
    await goOnUntil(shell, 'no such table');
    expect(shell.text()).toContain('loadPair');
    await expectRestored(shell, 1);
  });

  it('during Ctrl-Z, and the review is complete again after fg', async () => {
    const shell = await reviewInShell();
    await mark(shell, 'a', (text) => judgedOn(text) === 1);
    for (let time = 0; time < 2; time++) {
      shell.type('\u001A');
      await shell.until((text) => text.includes('Stopped') && text.trimEnd().endsWith('shell>'));
      expect(shell.buffer()).toBe('normal');
      const raw = shell.raw();
      expect(raw.lastIndexOf('\u001B[?7h')).toBeGreaterThan(raw.lastIndexOf('\u001B[?7l'));
      expect(raw.lastIndexOf('\u001B[?1000l')).toBeGreaterThan(raw.lastIndexOf('\u001B[?1000h'));
      shell.type(
        'stty -a | tr "\\n" " "; echo; echo settings $((40 + time)) shown\r'.replace(
          'time',
          String(time),
        ),
      );
      const text = await shell.until(`settings ${40 + time} shown`);
      expect(text.replaceAll('\n', '')).toMatch(/[ ;]icanon.* echo /);
      shell.type('fg\r');
      await shell.until((shown) => /\) of 1 *$[^]*first token[^]*a agree/m.test(shown));
      expect(shell.buffer()).toBe('alternate');
    }
    await mark(shell, 'x', (text) => judgedOn(text) === 2);
    shell.type('\u001A');
    await shell.until((text) => text.includes('Stopped') && text.trimEnd().endsWith('shell>'));
    shell.resize(90, 30);
    shell.type('fg\r');
    await shell.until((text) => {
      const rows = text.split('\n');
      return (
        rows.length === 30 &&
        rows[2]?.startsWith('─ request') === true &&
        rows[2].trimEnd().length === 90
      );
    });
    shell.type('q');
    await expectRestored(shell, 0);
  });
});
