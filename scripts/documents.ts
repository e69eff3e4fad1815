// Writes what the documentation takes from the source: docs/commands.md, the tables of commands and keys
// in README.md and docs/review.md, the tables of fields in docs/dialects.md, and the JSON schemas of the summary and of the configuration in data/.
// A test fails when any of them is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  commandNames,
  commands,
  commandUsage,
  type CommandName,
} from '../source/commands/flags/command-table.ts';
import {
  exitCodes,
  flagDefault,
  flagGroups,
  flagTerm,
  type CommandEntry,
  type Flag,
  type HelpBlock,
} from '../source/commands/flags/flag-definition.ts';
import { configurationSchema } from '../source/configuration/configuration-schema.ts';
import { keyCommands, type KeyCommand } from '../source/review/session/keymap.ts';
import { summarySchema } from '../source/summary/summary-json.ts';
import { type Dialect, dialectTitles } from '../source/traffic/dialects/dialect.ts';
import { dialectFields, dialectTable, dialectTableHeads } from './dialect-fields.ts';

const commandsFile = new URL('../docs/commands.md', import.meta.url);
const readmeFile = new URL('../README.md', import.meta.url);
const reviewFile = new URL('../docs/review.md', import.meta.url);
const dialectsFile = new URL('../docs/dialects.md', import.meta.url);
const schemaFile = new URL('../data/summary.schema.json', import.meta.url);
const configurationFile = new URL('../data/config.schema.json', import.meta.url);

/** The commands of the keymap that the README names: the ten that a first review needs. */
const firstKeys: ReadonlySet<(typeof keyCommands)[number]['id']> = new Set([
  'verdict.agree',
  'verdict.worse',
  'verdict.better',
  'verdict.both_bad',
  'verdict.skip',
  'verdict.undo',
  'difference.next',
  'view.next',
  'help.open',
  'quit',
]);

/** Every key as a Markdown table, from the keymap. */
export const keysTable = (): string =>
  markdownTable(
    ['key', 'does', 'command'],
    keyCommands.map(({ id, keys, help }) => [
      keys.map(codeCell).join(' '),
      cell(help),
      codeCell(id),
    ]),
  );

/** The ten keys that a first review needs. */
export const firstKeysTable = (): string =>
  tableOfKeys(keyCommands.filter(({ id }) => firstKeys.has(id)));

const tableOfKeys = (commandsOfKeys: readonly Pick<KeyCommand, 'keys' | 'help'>[]): string =>
  markdownTable(
    ['key', 'does'],
    commandsOfKeys.map(({ keys, help }) => [keys.map(codeCell).join(' '), cell(help)]),
  );

/** Text in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll(/[*<|]/g, String.raw`\$&`);

/** A word of code in a cell of a Markdown table. */
const codeCell = (text: string): string => `\`${text.replaceAll('|', String.raw`\|`)}\``;

const markdownTable = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
};

/** The commands as a Markdown table, for the README. */
export const commandsTable = (): string =>
  markdownTable(
    ['command', 'does'],
    commandNames.map((name) => [codeCell(commandUsage(name)), cell(commands[name].purpose)]),
  );

/** docs/commands.md: every command with its flags, and every exit code. */
export const commandsPage = (): string => `# Commands

Every command, its flags and its exit codes. \`npx node scripts/documents.ts\` writes this page from the
table that the program itself reads (\`source/commands/flags/command-table.ts\`).

A value follows its flag, or an equals sign: \`--db FILE\` or \`--db=FILE\`. \`--\` ends the flags.
\`understudy COMMAND --help\` prints the same in a terminal.

${commandsTable()}

## Exit codes

They mean the same in every command.

${markdownTable(['code', 'means', 'in particular'], Object.entries(exitCodes).map(exitRow))}

${commandNames.map(commandSection).join('\n\n')}
`;

const exitRow = ([code, meaning]: readonly [string, string]): readonly string[] => {
  const particular = commandNames.flatMap((name) => {
    const { exits }: CommandEntry = commands[name];
    return Object.entries(exits)
      .filter(([own]) => own === code)
      .map(([, text]) => ({ name, text }));
  });
  const byText = [...Map.groupBy(particular, ({ text }) => text)].map(
    ([text, those]) => `${those.map(({ name }) => codeCell(name)).join(', ')}: ${cell(text)}`,
  );
  return [code, cell(meaning), byText.join('<br>')];
};

const commandSection = (name: CommandName): string => {
  const { about, flags, notes }: CommandEntry = commands[name];
  const groups = Object.entries(flagGroups).flatMap(([group, title]) => {
    const rows = Object.entries(flags).filter(([, flag]) => flag.group === group);
    return rows.length === 0 ? [] : [`### ${title}`, flagsTable(rows)];
  });
  return [
    `## ${name}`,
    `    ${commandUsage(name)} [flags]`,
    ...about.map(blockMarkdown),
    ...groups,
    ...notes.map(blockMarkdown),
  ].join('\n\n');
};

const flagsTable = (flags: readonly (readonly [property: string, flag: Flag])[]): string =>
  markdownTable(
    ['flag', 'does', 'default'],
    flags.map(([property, flag]) => {
      const isRepeatable = flag.kind === 'text' && flag.repeatable === true;
      return [
        codeCell(flagTerm(property, flag)),
        cell(isRepeatable ? `${flag.help}; may be repeated` : flag.help),
        cell(flagDefault(flag) ?? ''),
      ];
    }),
  );

const blockMarkdown = (block: HelpBlock): string =>
  typeof block === 'string'
    ? cell(block)
    : `${cell(block.title)}:\n\n${markdownTable(
        ['', ''],
        block.rows.map(([term, text]) => [codeCell(term), cell(text)]),
      )}`;

/** The README with its generated tables as the source has them now. */
export const updatedReadme = (readme: string): string =>
  withBlock(withBlock(readme, 'commands', commandsTable()), 'keys', firstKeysTable());

/** docs/review.md with its generated table as the source has it now. */
export const updatedReviewPage = (page: string): string => withBlock(page, 'keys', keysTable());

/** docs/dialects.md with its generated tables as the source has them now. */
export const updatedDialectsPage = (page: string): string =>
  withBlock(
    page,
    'fields',
    Object.keys(dialectFields).filter(isDialect).map(dialectSection).join('\n\n'),
  );

const isDialect = (name: string): name is Dialect => Object.hasOwn(dialectFields, name);

const dialectSection = (dialect: Dialect): string =>
  `## Fields of ${dialectTitles[dialect]}\n\n${markdownTable(dialectTableHeads(dialect), dialectTable(dialect))}`;

const withBlock = (page: string, name: string, content: string): string =>
  page.replace(
    new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`),
    () =>
      `<!-- ${name} -->\n\n<!-- prettier-ignore-start -->\n\n${content}\n\n<!-- prettier-ignore-end -->\n\n<!-- /${name} -->`,
  );

/** The JSON schema of `summary --format json`. */
export const summarySchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(summarySchema), null, 2)}\n`;

/** The JSON schema of understudy.config.json, for an editor to check it with. */
export const configurationSchemaText = (): string => {
  const schema = z.toJSONSchema(configurationSchema);
  const { keys } = schema.properties ?? {};
  if (typeof keys === 'object') keys.propertyNames = { enum: keyCommands.map(({ id }) => id) };
  return `${JSON.stringify(schema, null, 2)}\n`;
};

if (import.meta.main) {
  writeFileSync(commandsFile, commandsPage());
  writeFileSync(readmeFile, updatedReadme(readFileSync(readmeFile, 'utf8')));
  writeFileSync(reviewFile, updatedReviewPage(readFileSync(reviewFile, 'utf8')));
  writeFileSync(dialectsFile, updatedDialectsPage(readFileSync(dialectsFile, 'utf8')));
  writeFileSync(schemaFile, summarySchemaText());
  writeFileSync(configurationFile, configurationSchemaText());
}
