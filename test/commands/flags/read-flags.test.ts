import { describe, expect, it } from 'vitest';
import {
  commandNames,
  commands,
  type CommandName,
} from '../../../source/commands/flags/command-table.ts';
import {
  flagName,
  type CommandEntry,
  type Flag,
} from '../../../source/commands/flags/flag-definition.ts';
import { readFlags } from '../../../source/commands/flags/read-flags.ts';

const everyFlag = commandNames.flatMap((command) => {
  const { flags }: CommandEntry = commands[command];
  return Object.entries(flags).map(([property, flag]) => ({
    command,
    property,
    flag,
    name: `--${flagName(property, flag)}`,
  }));
});

/** Arguments that the command takes, so that only its flags can be wrong. */
const argumentsOf = (command: CommandName): readonly string[] => {
  const { arguments: taken }: CommandEntry = commands[command];
  return taken.least === 0 ? [] : [taken.choices?.[0] ?? 'traffic.jsonl'];
};

/** How a flag is given, and what the command is handed then. */
const example = (name: string, flag: Flag): { argv: readonly string[]; value: unknown } => {
  if (flag.kind === 'switch') return { argv: [name], value: !flag.default };
  if (flag.kind === 'whole') return { argv: [name, String(flag.most)], value: flag.most };
  if (flag.kind === 'choice')
    return { argv: [`${name}=${flag.choices.at(-1)}`], value: flag.choices.at(-1) };
  if (flag.repeatable === true) return { argv: [name, 'a', `${name}=b`], value: ['a', 'b'] };
  return { argv: [name, 'a'], value: 'a' };
};

const read = (command: CommandName, argv: readonly string[]): Readonly<Record<string, unknown>> =>
  readFlags(command, [...argumentsOf(command), ...argv]).flags;

describe('every flag of the table', () => {
  it.each(everyFlag)('$command $name is read', ({ command, property, flag, name }) => {
    const { argv, value } = example(name, flag);
    const { flags, given } = readFlags(command, [...argv, ...argumentsOf(command)]);
    expect({ ...flags }[property]).toEqual(value);
    expect([...given.keys()]).toEqual([property]);
  });

  it.each(everyFlag)('$command $name has its default without it', ({ command, property, flag }) => {
    const repeatable = flag.kind === 'text' && flag.repeatable === true;
    expect(read(command, [])[property]).toEqual(repeatable ? [] : flag.default);
  });

  it.each(everyFlag.filter(({ flag }) => flag.kind !== 'switch'))(
    '$command $name needs a value',
    ({ command, name }) => {
      for (const argv of [[name], [`${name}=`]]) {
        expect(() => read(command, argv)).toThrow(`${name} needs a value`);
      }
    },
  );

  it.each(everyFlag.filter(({ flag }) => flag.kind !== 'text' || flag.repeatable !== true))(
    '$command $name is given once',
    ({ command, flag, name }) => {
      const { argv } = example(name, flag);
      expect(() => read(command, [...argv, ...argv])).toThrow(`${name} is given twice`);
    },
  );

  it.each(everyFlag.filter(({ flag }) => flag.kind === 'choice' || flag.kind === 'whole'))(
    '$command $name has only values that the table knows',
    ({ command, name }) => {
      for (const word of ['sometimes', '-1', '1.5', '99999999999999999999']) {
        expect(() => read(command, [`${name}=${word}`])).toThrow(`${name} must be `);
      }
    },
  );
});

describe('flags', () => {
  it('end at --; the rest are arguments', () => {
    expect(readFlags('import', ['--json', '--', '--db', '-x']).input).toEqual(['--db', '-x']);
  });

  it('are not known by a property of every object', () => {
    for (const name of ['--constructor', '--__proto__', '--to-string']) {
      expect(() => readFlags('import', ['a', name])).toThrow(`import has no flag ${name}`);
    }
  });

  it('are suggested where one is near', () => {
    expect(() => readFlags('replay', ['--canditate', 'x'])).toThrow('Did you mean --candidate?');
    expect(() => readFlags('replay', ['--no-redaction'])).toThrow('Did you mean --no-redact?');
    expect(() => readFlags('replay', ['--xyzzy'])).toThrow(
      /^replay has no flag --xyzzy\. See understudy replay --help\.$/,
    );
  });

  it('may be given with their default', () => {
    expect(readFlags('import', ['a', '--redact']).flags.redact).toBe(true);
  });
});

describe('arguments', () => {
  it('are as many as the table says', () => {
    expect(() => readFlags('verdicts', [])).toThrow('verdicts needs one file of verdicts');
    expect(() => readFlags('summary', ['a', 'b'])).toThrow('and "b" is one more');
    expect(() => readFlags('scrub', ['a.db'])).toThrow('scrub takes no argument "a.db". It works');
    expect(() => readFlags('completion', ['csh'])).toThrow('not "csh"');
  });
});
