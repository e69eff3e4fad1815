import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commandsPage,
  commandsTable,
  configurationSchemaText,
  firstKeysTable,
  keysTable,
  summarySchemaText,
  updatedDialectsPage,
  updatedReadme,
  updatedReviewPage,
} from '../scripts/documents.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The pages that a person wrote, at least in part. */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A page without its fenced blocks, whose lines are no headings and no links. */
const prose = (page: string): string => read(page).replaceAll(/^( *)```[^]*?^\1```$/gm, '');

/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (page: string): readonly string[] =>
  [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documentation', () => {
  it('has a README of at most 200 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('has the commands and the first keys in README.md (node scripts/documents.ts writes them)', () => {
    const readme = read('README.md');
    expect(updatedReadme(readme)).toBe(readme);
    expect(readme).toContain(commandsTable());
    expect(readme).toContain(firstKeysTable());
    expect(firstKeysTable().split('\n')).toHaveLength(2 + 10);
  });

  it('has every key in docs/review.md (node scripts/documents.ts writes them)', () => {
    const page = read('docs/review.md');
    expect(updatedReviewPage(page)).toBe(page);
    expect(page).toContain(keysTable());
  });

  it('has what becomes of every field in docs/dialects.md (node scripts/documents.ts writes it)', () => {
    const page = read('docs/dialects.md');
    expect(updatedDialectsPage(page)).toBe(page);
    expect(page).toContain('| `seed` | native | **dropped** | **dropped** | bridged |');
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

  it('names only files and folders that exist', () => {
    const named = pages.flatMap((page) =>
      [...prose(page).matchAll(/`((?:source|data|docs|scripts|test)\/[^`\s]*)`/g)].map(
        ([, path = '']) => ({ page, path }),
      ),
    );
    expect(named.length).toBeGreaterThan(30);
    const missing = named.filter(({ path }) => !existsSync(join(root, path)));
    expect(missing.map(({ page, path }) => `${page}: ${path}`)).toEqual([]);
  });

  it('links only to pages, files and headings that exist', () => {
    const links = pages.flatMap((page) =>
      [...prose(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(
        ([link, file = '', anchor]) => ({ page, link, file, anchor }),
      ),
    );
    expect(links.length).toBeGreaterThan(20);
    const broken = links.filter(({ page, file, anchor }) => {
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchors(target).includes(anchor);
    });
    expect(broken.map(({ page, link }) => `${page}: ${link}`)).toEqual([]);
  });

  it('can be reached from the README, every page', () => {
    const readme = read('README.md');
    expect(pages.slice(1).filter((page) => !readme.includes(`](${page}`))).toEqual([]);
  });

  it('gives every direct dependency its reason', () => {
    const manifest = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const [, section = ''] = read('CONTRIBUTING.md').split('## Why each dependency');
    const explained = new Set(
      section
        .split('\n## ')[0]
        ?.split('\n')
        .filter((line) => line.startsWith('|'))
        .flatMap((line) => line.split('|')[1]?.split(',') ?? [])
        .map((name) => name.trim()),
    );
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(
      names.filter((name) => !explained.has(name.startsWith('@types/') ? '@types/…' : name)),
    ).toEqual([]);
  });
});
