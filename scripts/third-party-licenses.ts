import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { z } from 'zod';

/** A package of which at least one byte is in the bundle. */
export type BundledPackage = {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Absolute. */
  readonly folder: string;
};

/** License texts of packages that ship none, one file a package: `NAME.txt`. */
const textsFolder = new URL('licenses/', import.meta.url).pathname;

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });

/**
 * The packages with bytes in an output of the bundler, by name and version. Two versions of one
 * package are two packages.
 */
export const bundledPackages = ({ outputs }: Metafile): readonly BundledPackage[] => {
  const folders = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []),
  );
  const packages = [...new Set(folders)].map((folder) => readPackage(resolve(folder)));
  // Copies of one version in several folders are one package.
  return [...new Map(packages.map((one) => [heading(one), one])).values()].sort((a, b) =>
    heading(a) < heading(b) ? -1 : 1,
  );
};

/** Throws when the package's manifest lacks a name, a version or a license. */
const readPackage = (folder: string): BundledPackage => {
  const path = join(folder, 'package.json');
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (manifest.success) return { ...manifest.data, folder };
  throw new Error(
    `${path} lacks a ${manifest.error.issues[0]?.path.join('.')}, so the package cannot be bundled: its license has to be named in THIRD-PARTY-LICENSES.txt.`,
  );
};

const heading = ({ name, version }: BundledPackage): string => `${name} ${version}`;

/**
 * The text of `THIRD-PARTY-LICENSES.txt`: each package with every license and notice that it ships.
 * Throws when a package ships no license and `scripts/licenses/` has none for it.
 */
export const thirdPartyLicenses = (packages: readonly BundledPackage[]): string => {
  const rule = '='.repeat(80);
  const sections = packages.map((one) =>
    [
      `${rule}\n${heading(one)}\n${one.license}\n${rule}`,
      ...licenseFiles(one).map((path) => readFileSync(path, 'utf8').trim()),
    ].join('\n\n'),
  );
  const introduction =
    'understudy contains code from the packages below, each under its own license.';
  return `${[introduction, ...sections].join('\n\n')}\n`;
};

const isNotice =
  /^(?:licen[cs]es?|copying|notices?|third[-_]?party)\b(?!.*\.(?:[cm]?[jt]sx?|json|map)$)/i;

const isLicense = /^(?:licen[cs]e|copying)\b/i;

/** The paths of a package's own license and notices, then of those for code that it contains. */
const licenseFiles = ({ folder, name }: BundledPackage): readonly string[] => {
  const shipped = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isNotice.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes('node_modules/'))
    .sort();
  const own = shipped.filter((path) => dirname(path) === '.');
  const nested = shipped.filter((path) => dirname(path) !== '.');
  const files = [...own, ...nested].map((path) => join(folder, path));
  if (own.some((path) => isLicense.test(path))) return files;
  const known = join(textsFolder, `${name}.txt`);
  if (existsSync(known)) return [known, ...files];
  throw new Error(
    `${name} ships no license file. Copy its license from its repository to scripts/licenses/${name}.txt, so that THIRD-PARTY-LICENSES.txt can have it.`,
  );
};
