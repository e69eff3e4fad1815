// Joins small chunks of the bundle into one. esbuild makes a chunk for every set of commands that share
// something, and Node takes about a millisecond to find, read and link each.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build, type Metafile } from 'esbuild';

/** Larger chunks have a reason to stand alone: React and Ink, or the openai SDK. */
const smallBytes = 160 * 1024;

const joinedName = 'joined.js';

type Output = Metafile['outputs'][string];

/**
 * Joins the chunks that the first screen of `start` needs, unless they are large, load a package, or
 * are what `light` needs, which loads little. `outdir` has the outputs of the build.
 */
export const joinChunks = async (
  outdir: string,
  { outputs }: Metafile,
  entries: { readonly start: readonly string[]; readonly light: readonly string[] },
): Promise<void> => {
  const chunks = new Map(Object.entries(outputs).map(([path, one]) => [basename(path), one]));
  const closureOf = (files: readonly string[]): ReadonlySet<string> => {
    const found = new Set<string>();
    const add = (name: string): void => {
      if (found.has(name)) return;
      found.add(name);
      for (const next of importsOf(chunks.get(name))) add(next);
    };
    for (const [name, { entryPoint }] of chunks) {
      if (entryPoint !== undefined && files.includes(entryPoint)) add(name);
    }
    return found;
  };
  const light = closureOf(entries.light);
  const joined = new Set(
    [...closureOf(entries.start)].filter((name) => {
      const { bytes = 0, entryPoint, imports = [] } = chunks.get(name) ?? {};
      const loadsPackage = imports.some((one) => one.external === true && !isNodeModule(one.path));
      return !light.has(name) && entryPoint === undefined && bytes < smallBytes && !loadsPackage;
    }),
  );
  // A chunk between two joined ones would import what imports it.
  const reachesFrom = (name: string): ReadonlySet<string> => {
    const found = new Set<string>();
    const add = (one: string): void => {
      for (const next of importsOf(chunks.get(one))) {
        if (found.has(next)) continue;
        found.add(next);
        add(next);
      }
    };
    add(name);
    return found;
  };
  const reaches = new Map([...chunks.keys()].map((name) => [name, reachesFrom(name)]));
  const isBetween = (name: string): boolean =>
    !joined.has(name) && [...(reaches.get(name) ?? [])].some((next) => joined.has(next));
  for (let size = -1; size !== joined.size;) {
    size = joined.size;
    for (const name of joined) {
      if ([...(reaches.get(name) ?? [])].some(isBetween)) joined.delete(name);
    }
  }
  if (joined.size < 2) throw new Error('No chunks are left to join.');
  const numbers = new Map([...joined].map((name, number) => [name, number]));
  const exported = [...joined].map((name) => {
    const names = chunks.get(name)?.exports ?? [];
    const list = names.map((one) => `${one} as ${joinedExport(numbers.get(name), one)}`);
    return `export { ${list.join(', ')} } from './${name}';`;
  });
  const modules: string[] = [];
  for (const name of joined) {
    modules.push(...modulePaths(await readFile(outdir + name, 'utf8')));
  }
  await build({
    // The bundler names its input above each piece of code: here these are the chunks, whose own are lost.
    banner: { js: modules.join('\n') },
    stdin: { contents: exported.join('\n'), resolveDir: outdir, loader: 'js' },
    outfile: outdir + joinedName,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // The chunks are written for the oldest Node already.
    target: 'esnext',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [
      {
        name: 'only-joined',
        setup: ({ onResolve }) => {
          onResolve({ filter: /.*/ }, ({ kind, path }) =>
            kind === 'import-statement' && joined.has(basename(path))
              ? null
              : { path, external: true },
          );
        },
      },
    ],
  });
  for (const name of joined) await rm(outdir + name);
  for (const name of await readdir(outdir)) {
    if (!name.endsWith('.js') || name === joinedName) continue;
    const contents = await readFile(outdir + name, 'utf8');
    await writeFile(outdir + name, importingJoined(contents, numbers));
  }
};

/** The comments in which the bundler names the modules of a chunk. */
const modulePaths = (code: string): readonly string[] =>
  code.match(/^\/\/ (?:node_modules|source|data|own:).*$/gm) ?? [];

const importsOf = (output: Output | undefined): readonly string[] =>
  (output?.imports ?? []).flatMap(({ external, kind, path }) =>
    kind === 'import-statement' && external !== true ? [basename(path)] : [],
  );

const isNodeModule = (path: string): boolean => process.getBuiltinModule(path) !== undefined;

const joinedExport = (number: number | undefined, name: string): string => `_${number}_${name}`;

/** Returns the code of a chunk with its imports from joined chunks as imports from the one that has them. */
const importingJoined = (code: string, numbers: ReadonlyMap<string, number>): string => {
  const changed = code.replaceAll(
    /^import (?:\{([^}]*)\} from )?"\.\/([^"/]+)";$/gm,
    (found: string, names: string | undefined, file: string) => {
      const number = numbers.get(file);
      if (number === undefined) return found;
      if (names === undefined) return `import "./${joinedName}";`;
      const list = names.split(',').map((one) => {
        const [name = '', local = name] = one.trim().split(' as ');
        return `${joinedExport(number, name)} as ${local}`;
      });
      return `import { ${list.join(', ')} } from "./${joinedName}";`;
    },
  );
  for (const file of numbers.keys()) {
    if (changed.includes(`"./${file}"`)) throw new Error(`An import of ${file} was not changed.`);
  }
  return changed;
};
