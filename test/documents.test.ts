import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../source/commands/help.ts';
import { configurationSchemaText, readmeOf, summarySchemaText } from '../scripts/documents.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('the documentation', () => {
  it('has the keys of the keymap (node scripts/documents.ts writes them)', () => {
    expect(readmeOf(read('README.md'))).toBe(read('README.md'));
  });

  it('has the schema of the summary (node scripts/documents.ts writes it)', () => {
    expect(read('data/summary.schema.json')).toBe(summarySchemaText());
  });

  it('has the schema of the configuration (node scripts/documents.ts writes it)', () => {
    expect(read('data/config.schema.json')).toBe(configurationSchemaText());
  });

  it('names every command and gives every direct dependency its reason', () => {
    const readme = read('README.md');
    for (const command of Object.keys(commands)) expect(readme).toContain(`understudy ${command}`);
    const manifest = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const [, table] = readme.split('## Why each dependency');
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const unexplained = names.filter(
      (name) => table?.includes(name.startsWith('@types/') ? '@types/…' : name) !== true,
    );
    expect(unexplained).toEqual([]);
  });
});
