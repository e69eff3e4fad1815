import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledPackages, thirdPartyLicenses } from '../scripts/third-party-licenses.ts';

const project = resolve(import.meta.dirname, '..');

/**
 * The folders of the packages in the built program. The bundler writes the path of each module above
 * its code, so this list does not depend on the one that the build took.
 */
const foldersInBundle = (): readonly string[] => {
  const dist = join(project, 'dist');
  const folders = readdirSync(dist)
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => [
      ...readFileSync(join(dist, name), 'utf8').matchAll(
        /^ *\/\/ (node_modules\/(?:.*\/node_modules\/)?(?:@[^/\n]+\/)?[^/\n]+)\//gm,
      ),
    ])
    .map(([, folder = '']) => join(project, folder));
  return [...new Set(folders)];
};

const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license: string;
  };

describe('THIRD-PARTY-LICENSES.txt', () => {
  const text = readFileSync(join(project, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const sections = text.split(/^={80}\n(?=[^\n]+\n[^\n]+\n={80}\n)/m).slice(1);

  it('has every bundled package with its license, and nothing else', () => {
    const bundled = foldersInBundle().map(manifestIn);
    const expected = bundled.map(({ name, version, license }) => `${name} ${version}\n${license}`);
    const present = sections.map((section) => section.split('\n').slice(0, 2).join('\n'));
    expect(present.length).toBeGreaterThan(30);
    expect(present).toEqual([...new Set(expected)].sort());
  });

  it('has the whole license and notice of each', () => {
    const incomplete = foldersInBundle().filter((folder) => {
      const { name, version } = manifestIn(folder);
      const section = sections.find((one) => one.startsWith(`${name} ${version}\n`)) ?? '';
      const shipped = readdirSync(folder)
        .filter((file) => /^(?:licen[cs]e|notice)/i.test(file))
        .map((file) => readFileSync(join(folder, file), 'utf8').trim());
      const parts = ['opyright', ...shipped];
      return !/["“']as is["”']/i.test(section) || !parts.every((part) => section.includes(part));
    });
    expect(incomplete).toEqual([]);
  });

  it.each([
    ['meow', 'Name: yargs-parser'],
    ['openai', 'Nathan LaFreniere'],
  ])('has the notices of code that %s contains itself', (name, notice) => {
    expect(sections.find((section) => section.startsWith(`${name} `))).toContain(notice);
  });
});

describe('a package in the bundle', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'understudy-licenses-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const install = (path: string, files: Readonly<Record<string, string>>): void => {
    const location = join(folder, path);
    mkdirSync(location, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(location, name), text);
  };

  /** The packages of a bundle with so many bytes of each file. */
  const packagesOf = (bytes: Readonly<Record<string, number>>) => {
    const inputs = Object.entries(bytes).map(
      ([path, bytesInOutput]) => [join(folder, path), { bytesInOutput }] as const,
    );
    const output: Metafile['outputs'][string] = {
      bytes: 0,
      imports: [],
      exports: [],
      inputs: Object.fromEntries(inputs),
    };
    return bundledPackages({ inputs: {}, outputs: { 'dist/program.js': output } });
  };

  it('is named once for each version, and only when some of it is left in the bundle', () => {
    const manifest = (name: string, version: string) => ({
      'package.json': JSON.stringify({ name, version, license: 'MIT' }),
      LICENSE: `MIT of ${name} ${version}\n`,
    });
    install('node_modules/a', manifest('a', '2.0.0'));
    install('node_modules/@s/b', manifest('@s/b', '1.0.0'));
    install('node_modules/@s/b/node_modules/a', manifest('a', '1.0.0'));
    install('node_modules/c/node_modules/a', manifest('a', '1.0.0'));
    install('node_modules/dropped', manifest('dropped', '1.0.0'));
    const packages = packagesOf({
      'node_modules/a/index.js': 10,
      'node_modules/a/deep/other.js': 10,
      'node_modules/@s/b/index.js': 10,
      'node_modules/@s/b/node_modules/a/index.js': 10,
      'node_modules/c/node_modules/a/index.js': 10,
      'node_modules/dropped/index.js': 0,
      'source/cli.ts': 10,
    });
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      '@s/b 1.0.0',
      'a 1.0.0',
      'a 2.0.0',
    ]);
    expect(thirdPartyLicenses(packages).match(/^MIT of .*/gm)).toEqual([
      'MIT of @s/b 1.0.0',
      'MIT of a 1.0.0',
      'MIT of a 2.0.0',
    ]);
  });

  it('fails the build without a license file, with instructions', () => {
    install('node_modules/bare', {
      'package.json': JSON.stringify({ name: 'bare', version: '1.0.0', license: 'MIT' }),
      'license.js': 'export const license = null;',
    });
    expect(() => thirdPartyLicenses(packagesOf({ 'node_modules/bare/index.js': 1 }))).toThrow(
      'bare ships no license file. Copy its license from its repository to scripts/licenses/bare.txt',
    );
  });

  it('fails the build when its manifest names no license', () => {
    install('node_modules/unnamed', {
      'package.json': JSON.stringify({ name: 'unnamed', version: '1.0.0' }),
      LICENSE: 'Permission is granted.',
    });
    expect(() => packagesOf({ 'node_modules/unnamed/index.js': 1 })).toThrow(
      /unnamed\/package\.json lacks a license/,
    );
  });
});
