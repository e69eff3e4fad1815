import {
  commandNames,
  commands,
  commandUsage,
  isCommandName,
  type CommandName,
} from './flags/command-table.ts';
import {
  exitCodes,
  flagDefault,
  flagGroups,
  flagTerm,
  type CommandEntry,
  type Flag,
  type HelpBlock,
} from './flags/flag-definition.ts';

/** The longest line of help, in characters. */
const width = 100;

/** The column where explanations start; that of a longer term is on the next line. */
const column = 25;

/** Returns the help of a command, or of the program if no command has this name. */
export const helpText = (name: string | undefined): string =>
  name !== undefined && isCommandName(name) ? commandHelp(name) : programHelp();

const programHelp = (): string => {
  return pageText([
    'understudy: may a cheaper model take over? Replay production traffic on two models, see where the answers differ, mark agreement with one key, and end in a number that you can defend.',
    'Usage: understudy COMMAND [files] [flags]',
    {
      title: 'Commands',
      rows: commandNames.map((name) => [name, commands[name].purpose]),
    },
    {
      title: 'Start with',
      rows: [
        ['understudy demo', ''],
        [
          'understudy compare traffic.jsonl --baseline openai/gpt-4o --candidate deepseek/deepseek-v4-flash',
          '',
        ],
      ],
    },
    { title: 'Exit codes', rows: Object.entries(exitCodes) },
    'Flags of a command: understudy COMMAND --help. Version: understudy --version. Completion for your shell: understudy completion --help.',
  ]);
};

const commandHelp = (name: CommandName): string => {
  const { about, exits, flags, notes }: CommandEntry = commands[name];
  const groups = Object.entries(flagGroups).flatMap(([group, title]) => {
    const rows = Object.entries(flags)
      .filter(([, flag]) => flag.group === group)
      .map(([property, flag]) => [flagTerm(property, flag), flagText(flag)] as const);
    return rows.length === 0 ? [] : [{ title, rows }];
  });
  const codes = Object.entries(exits);
  return pageText([
    `${commandUsage(name)} [flags]`,
    ...about,
    ...groups,
    ...notes,
    ...(codes.length === 0 ? [] : [{ title: 'Exit codes specific to this command', rows: codes }]),
  ]);
};

/** Returns the help of a flag, whether it may be repeated, and its default. */
const flagText = (flag: Flag): string => {
  const byDefault = flagDefault(flag);
  const facts = [
    ...(flag.kind === 'text' && flag.repeatable === true ? ['may be repeated'] : []),
    ...(byDefault === null ? [] : [`default: ${byDefault}`]),
  ];
  return facts.length === 0 ? flag.help : `${flag.help} (${facts.join('; ')})`;
};

const pageText = (blocks: readonly HelpBlock[]): string =>
  `${blocks.map((block) => blockLines(block).join('\n')).join('\n\n')}\n`;

const blockLines = (block: HelpBlock): readonly string[] => {
  if (typeof block === 'string') return wordWrap(block, width);
  const hasFlags = block.rows.some(([term]) => term.startsWith('--'));
  const longest = Math.max(...block.rows.map(([term]) => term.length));
  // All groups of flags share one column.
  const start = hasFlags ? column : Math.min(column, longest + 4);
  const rows = block.rows.flatMap(([term, text]) => {
    if (text === '') return [`  ${term}`];
    const lines = wordWrap(text, width - start);
    const indented = lines.map((line) => ' '.repeat(start) + line);
    if (term.length + 4 > start) return [`  ${term}`, ...indented];
    return [`  ${term}`.padEnd(start) + (lines[0] ?? ''), ...indented.slice(1)];
  });
  return [...wordWrap(`${block.title}:`, width), ...rows];
};

/** Wraps text at spaces. All characters in help are one cell wide. */
const wordWrap = (text: string, most: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};
