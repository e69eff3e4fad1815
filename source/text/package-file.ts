import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { objectOrEmpty, parseJson } from './json.ts';

let root: string | null = null;

/**
 * The absolute path of a file that ships with the program, given from the root of the package
 * (`data/demo/traffic.jsonl`). Works from the source, where this module is two folders deep, and from the
 * bundle, where it is one folder deep. Does not check that the file exists.
 */
export const packageFile = (path: string): string => {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return join(root, path);
};

const findRoot = (folder: string): string => {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) {
    const { name } = objectOrEmpty(parseJson(readFileSync(manifest, 'utf8')));
    if (name === 'understudy') return folder;
  }
  const parent = dirname(folder);
  if (parent === folder) throw new Error('No package.json of understudy above this module.');
  return findRoot(parent);
};
