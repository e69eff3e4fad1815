import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commandNames,
  commands,
  type CommandName,
} from '../../source/commands/flags/command-table.ts';
import { flagName, type CommandEntry } from '../../source/commands/flags/flag-definition.ts';
import { node, program } from '../helpers/program.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-completion-'));
  writeFileSync(join(directory, 'traffic.jsonl'), '');
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Defines the program as a shell would find it on its path. */
const understudy = `understudy() { ${node} ${program} "$@"; }`;

const scripts = new Map<string, string>();

const script = (shell: string): string => {
  const known = scripts.get(shell);
  if (known !== undefined) return known;
  const made = execFileSync(node, [program, 'completion', shell], { encoding: 'utf8' });
  scripts.set(shell, made);
  return made;
};

/** Whether a shell is here. `.ci/run` installs all of them and says so: then none may be missing. */
const isHere = (shell: string): boolean => {
  const found = spawnSync(shell, ['--version']).status === 0;
  if (found || process.env['UNDERSTUDY_ALL_SHELLS'] !== undefined) return true;
  process.stderr.write(`${shell} is not installed: its completion is not tested.\n`);
  return false;
};

const flagNames = (name: CommandName): readonly string[] => {
  const { flags }: CommandEntry = commands[name];
  return Object.entries(flags).map(([property, flag]) => `--${flagName(property, flag)}`);
};

/** A command line before and after the tab key. */
const completed = [
  ['understudy compl', 'understudy completion'],
  ['understudy replay --adap', 'understudy replay --adapt'],
  ['understudy replay --adapt ne', 'understudy replay --adapt never'],
  ['understudy replay --adapt=ne', 'understudy replay --adapt=never'],
  ['understudy summary --format js', 'understudy summary --format json'],
  ['understudy import traf', 'understudy import traffic.jsonl'],
  ['understudy import --db traf', 'understudy import --db traffic.jsonl'],
  ['understudy import --map latency', 'understudy import --map latencyMs='],
  ['understudy completion fi', 'understudy completion fish'],
] as const;

/** Loads the script as its help says, then types each line and the tab key: what the lines become. */
const typeLines = async (
  shell: TerminalProgram,
  load: string,
): Promise<readonly (readonly [before: string, after: string])[]> => {
  const clear = async (): Promise<void> => {
    // The whole line, then the screen.
    shell.type('\u0015\u000c');
    await shell.until((text) => text.trim() === '$');
  };
  shell.type(`${understudy}; ${load}; clear; echo READY\r`);
  await shell.until(/^READY$/m);
  const found: (readonly [string, string])[] = [];
  for (const [before, after] of completed) {
    await clear();
    shell.type(`${before}\t`);
    // Zsh writes the = of a flag that takes a value.
    const line = await shell.until(
      (text) => text.trim().replace(/=$/, '') === `$ ${after}`.replace(/=$/, ''),
    );
    found.push([before, line.trim().slice(2)]);
  }
  await clear();
  shell.type('exit\r');
  await shell.exit;
  return found;
};

describe('completion in bash', () => {
  it('completes commands, flags, values and files', async () => {
    const shell = startInTerminal('bash', ['--norc', '--noprofile', '-i'], {
      cwd: directory,
      env: { PS1: '$ ' },
    });
    const lines = await typeLines(shell, 'eval "$(understudy completion bash)"');
    expect(lines).toEqual(completed);
  });

  it.each(commandNames)('offers every flag of %s', (name) => {
    const lines = `${script('bash')}
COMP_WORDS=(understudy ${name} --)
COMP_CWORD=2
_understudy
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offered = execFileSync('bash', ['-c', lines], { encoding: 'utf8' });
    expect(offered.trim().split('\n')).toEqual(flagNames(name));
  });
});

describe.skipIf(!isHere('zsh'))('completion in zsh', () => {
  it('completes commands, flags, values and files', async () => {
    const shell = startInTerminal('zsh', ['-f', '-i'], { cwd: directory, env: { PS1: '$ ' } });
    const lines = await typeLines(
      shell,
      'autoload -Uz compinit; compinit -u -D; eval "$(understudy completion zsh)"',
    );
    expect(lines).toEqual(
      completed.map(([before, after]) => [before, before.endsWith('--adap') ? `${after}=` : after]),
    );
  });

  it('is a function that zsh can load by itself', () => {
    writeFileSync(join(directory, '_understudy'), script('zsh'));
    const lines = `fpath=(${directory} $fpath); autoload -Uz compinit; compinit -u -D
print -r -- $_comps[understudy]`;
    expect(execFileSync('zsh', ['-f', '-c', lines], { encoding: 'utf8' })).toBe('_understudy\n');
  });

  it.each(commandNames)('has every flag of %s', (name) => {
    const lines = `compdef() { : }
_arguments() { print -rl -- "$@" }
${script('zsh')}
words=(understudy ${name} ''); CURRENT=3; _understudy`;
    const found = execFileSync('zsh', ['-f', '-c', lines], { encoding: 'utf8' });
    const flags = [...found.matchAll(/^\*?(--[a-z-]+)/gm)].map(([, flag]) => flag);
    expect(flags).toEqual(flagNames(name));
  });
});

describe.skipIf(!isHere('fish'))('completion in fish', () => {
  const offers = (line: string): readonly string[] => {
    writeFileSync(join(directory, 'understudy.fish'), script('fish'));
    const lines = 'source understudy.fish; complete -C $argv[1]';
    const options = { cwd: directory, encoding: 'utf8', env: { ...process.env, HOME: directory } };
    const found = execFileSync('fish', ['--no-config', '-c', lines, line], {
      ...options,
      encoding: 'utf8',
    });
    return found
      .split('\n')
      .filter((row) => row !== '')
      .map((row) => row.split('\t')[0] ?? '');
  };

  it.each(completed)('completes %j to %j', (before, after) => {
    const start = before.slice(0, before.lastIndexOf(' ') + 1);
    expect(offers(before).map((word) => start + word)).toEqual([after]);
  });

  it.each(commandNames)('offers every flag of %s', (name) => {
    expect([...offers(`understudy ${name} --`)].toSorted()).toEqual(
      [...flagNames(name)].toSorted(),
    );
  });
});
