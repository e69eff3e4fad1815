import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  commandsPage,
  commandsTable,
  configurationSchemaText,
  keysTable,
  readmeOf,
  summarySchemaText,
} from '../scripts/documents.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('the documentation', () => {
  it('has the commands and the keys in README.md (node scripts/documents.ts writes them)', () => {
    const readme = read('README.md');
    expect(readmeOf(readme)).toBe(readme);
    expect(readme).toContain(commandsTable());
    expect(readme).toContain(keysTable());
  });

  it('has every command, flag and exit code in docs/commands.md (node scripts/documents.ts writes it)', () => {
    expect(read('docs/commands.md')).toBe(commandsPage());
  });

  it('has the schema of the summary (node scripts/documents.ts writes it)', () => {
    expect(read('data/summary.schema.json')).toBe(summarySchemaText());
  });

  it('has the schema of the configuration (node scripts/documents.ts writes it)', () => {
    expect(read('data/config.schema.json')).toBe(configurationSchemaText());
  });

  it('gives every direct dependency its reason', () => {
    const readme = read('README.md');
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
