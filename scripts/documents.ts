// Writes what the documentation takes from the source: the table of keys in README.md and the JSON
// schemas of the summary and of the configuration in data/. A test fails when they are out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { configurationSchema } from '../source/configuration/configuration.ts';
import { keymap } from '../source/review/session/keymap.ts';
import { summarySchema } from '../source/summary/json.ts';

const readmeFile = new URL('../README.md', import.meta.url);
const schemaFile = new URL('../data/summary.schema.json', import.meta.url);
const configurationFile = new URL('../data/config.schema.json', import.meta.url);

/** The keys as a Markdown table, from the keymap. */
export const keysTable = (): string => {
  const rows = keymap.map(
    ({ keys, help }) => `| ${keys.map((key) => `\`${key}\``).join(' ')} | ${help} |`,
  );
  return ['| key | does |', '| --- | --- |', ...rows].join('\n');
};

/** The README with its generated block as the source says now. */
export const readmeOf = (readme: string): string =>
  readme.replace(
    /<!-- keys -->[\s\S]*<!-- \/keys -->/,
    () =>
      `<!-- keys -->\n\n<!-- prettier-ignore-start -->\n\n${keysTable()}\n\n<!-- prettier-ignore-end -->\n\n<!-- /keys -->`,
  );

/** The JSON schema of `summary --format json`. */
export const summarySchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(summarySchema), null, 2)}\n`;

/** The JSON schema of understudy.config.json, for an editor to check it with. */
export const configurationSchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(configurationSchema), null, 2)}\n`;

if (import.meta.main) {
  writeFileSync(readmeFile, readmeOf(readFileSync(readmeFile, 'utf8')));
  writeFileSync(schemaFile, summarySchemaText());
  writeFileSync(configurationFile, configurationSchemaText());
}
