// Bundles the program into dist/. Loose modules are slow to start: Ink, Kysely and
// openai alone are hundreds of files. Every command is a chunk of its own that is loaded
// only when it is named, and React is fixed to its production build. An argument names another folder
// than dist/, so that a second build does not disturb a program that runs.
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { build, type Plugin } from 'esbuild';
import { joinChunks } from './join-chunks.ts';
import { bundledPackages, thirdPartyLicenses } from './third-party-licenses.ts';

const outdir = new URL(`../${process.argv[2] ?? 'dist'}/`, import.meta.url).pathname;

/**
 * Ink measures every cell of every frame with string-width. The program has the same table with a
 * short way for the scripts that answers are written in (a property test holds the two together), so
 * Ink is given that one.
 */
const ownStringWidth: Plugin = {
  name: 'own-string-width',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.includes('/node_modules/') ? { path: 'string-width', namespace: 'own' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'own' }, () => ({
      contents: "export { paintedWidth as default } from './source/text/width.ts';",
      resolveDir: new URL('..', import.meta.url).pathname,
      loader: 'ts',
    }));
  },
};

/** The path of a file of the project. */
const projectFile = (name: string): string => new URL(`../${name}`, import.meta.url).pathname;

type Change = readonly [code: string | RegExp, replacement: string];

/** Changes the code of files of packages; fails when one no longer has it. */
const changed = (name: string, filter: RegExp, ...changes: readonly Change[]): Plugin => ({
  name,
  setup: ({ onLoad }) => {
    onLoad({ filter }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [code, replacement] of changes) {
        const before = contents;
        contents = contents.replaceAll(code, replacement);
        if (contents === before) throw new Error(`${path} no longer has ${String(code)}`);
      }
      return { contents, loader: 'js' };
    });
  },
});

/** Ink and what it is made of make seven segmenters at import. */
const lazySegmenter: readonly Change[] = [
  ['new Intl.Segmenter(', 'new LazySegmenter('],
  [
    /^/g,
    `import { LazySegmenter } from ${JSON.stringify(projectFile('source/text/lazy-segmenter.ts'))};\n`,
  ],
];
const inkWithoutSegmenters = changed(
  'ink-without-segmenters',
  /(?:wrap-ansi\/index|cli-truncate\/index|ink\/build\/line-update|slice-ansi\/tokenize-ansi|ansi-tokenize\/build\/tokenize)\.js$/,
  ...lazySegmenter,
);

/**
 * string-width compiles its regular expression of all emoji at import, which was half of a start. The
 * program has the same test, made when it is needed, and joined emoji are known without it.
 */
const stringWidthWithoutEmoji = changed(
  'string-width-without-emoji',
  /string-width\/index\.js$/,
  ...lazySegmenter,
  [
    String.raw`const rgiEmojiRegex = /^\p{RGI_Emoji}$/v;`,
    `import { isEmoji } from ${JSON.stringify(projectFile('source/text/emoji.ts'))};`,
  ],
  [
    'rgiEmojiRegex.test(segment) || isDoubleWidthNonRgiEmojiSequence(segment)',
    'isDoubleWidthNonRgiEmojiSequence(segment) || isEmoji(segment)',
  ],
);

/**
 * Ink splits every row of every frame into styled characters, also the rows that the last frame had. These
 * are kept for as many rows as some screens have.
 */
const inkWithKeptRows = changed(
  'ink-with-kept-rows',
  /ink\/build\/output\.js$/,
  [
    'caches = new OutputCaches();',
    `caches = keptCaches.styledChars.size < 1000 ? keptCaches : (keptCaches = new OutputCaches());`,
  ],
  [
    'export default class Output {',
    'let keptCaches = new OutputCaches();\nexport default class Output {',
  ],
);

/** Ink takes what a terminal would obey out of every row twice, to measure it and to write it. */
const inkWithKeptTexts = changed('ink-with-kept-texts', /ink\/build\/sanitize-ansi\.js$/, [
  'export default sanitizeAnsi;',
  `const kept = new Map();
   export default (text) => {
     const known = kept.get(text);
     if (known !== undefined) return known;
     if (kept.size >= 1000) kept.clear();
     const sanitized = sanitizeAnsi(text);
     kept.set(text, sanitized);
     return sanitized;
   };`,
]);

/** Yoga reads its own embedded bytes through fetch(), and so loads Node's HTTP client at every start. */
const yogaWithoutFetch = changed('yoga-without-fetch', /yoga-wasm-base64-esm\.js$/, [
  '"function"!=typeof fetch',
  'true',
]);

/** meow loads the list of all licences to tidy a package.json, which it is not given. */
const meowWithoutLicences = changed('meow-without-licences', /meow\/build\/dependencies\.js$/, [
  'var normalizeExports = requireNormalize();',
  'var normalizeExports = (manifest) => manifest;',
]);

/**
 * An import of a module of Node reads all of its exports, and the getters among them load what nobody
 * asked for: streams from node:fs, the Web Crypto API from node:crypto, every flag of Node from
 * node:process. In a built chunk, this takes what is named and nothing else.
 */
const builtinsByName = (chunk: string): string =>
  chunk.replaceAll(
    /^import (?:([\w$]+)|\* as ([\w$]+)|(?:([\w$]+), )?\{([^}]*)\}) from "((?:node:)?[a-z0-9_/]+)";$/gm,
    (found: string, only = '', all = '', first = '', names = '', path: string) => {
      if (!isBuiltin(path)) return found;
      const whole = `process.getBuiltinModule(${JSON.stringify(path)})`;
      const module = [only, all, first].find((name) => name !== '');
      if (module === undefined && isCalledLate(path, names)) return lateCalls(whole, names);
      const named = names === '' ? '' : `const {${names.replaceAll(/ as /g, ': ')}} = ${whole};`;
      return module === undefined ? named : `const ${module} = ${whole};${named}`;
    },
  );

/** Modules of Node that take 3 to 10 ms to load, and that a review needs after its first screen only. */
const slowModules = new Set(['node:crypto', 'node:child_process']);

/** Whether a slow module can be loaded when one of the imported names is called: all are functions, no classes. */
const isCalledLate = (path: string, names: string): boolean => {
  const exported = new Map(Object.entries(process.getBuiltinModule(path) ?? {}));
  return (
    slowModules.has(path) &&
    importedNames(names).every(
      ({ name }) => /^[a-z]/.test(name) && typeof exported.get(name) === 'function',
    )
  );
};

const lateCalls = (module: string, names: string): string =>
  importedNames(names)
    .map(
      ({ local, name }) =>
        `let __${local};const ${local} = (...given) => (__${local} ??= ${module}.${name})(...given);`,
    )
    .join('');

const importedNames = (names: string) =>
  names.split(',').map((one) => {
    const [name = '', local = name] = one.trim().split(' as ');
    return { name, local };
  });

await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    understudy: 'source/cli.ts',
    'comparison-worker': 'source/review/comparison-worker.ts',
    'bulk-worker': 'source/intake/thread/bulk-worker.ts',
    'recording-worker': 'source/recording/recording-worker.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Else every regular expression with a class of Unicode is compiled anew each time that it is read.
  supported: { 'regexp-unicode-property-escapes': true, 'regexp-set-notation': true },
  // Not minified: the stack of a bug must be readable.
  // THIRD-PARTY-LICENSES.txt has the full text of every license.
  legalComments: 'none',
  metafile: true,
  loader: { '.json': 'json' },
  define: { 'process.env.NODE_ENV': '"production"' },
  external: ['better-sqlite3', 'react-devtools-core'],
  plugins: [
    ownStringWidth,
    stringWidthWithoutEmoji,
    inkWithoutSegmenters,
    inkWithKeptRows,
    inkWithKeptTexts,
    yogaWithoutFetch,
    meowWithoutLicences,
  ],
  // Some bundled CommonJS modules call require() for Node's own modules. Most chunks never do, and to make
  // it takes 2 ms of a start.
  banner: {
    js: "let __require_made;const require=(id)=>(__require_made=__require_made||process.getBuiltinModule('node:module').createRequire(import.meta.url))(id);",
  },
  logLevel: 'warning',
});
await joinChunks(outdir, metafile, {
  start: ['source/commands/review.ts'],
  // A shell may run `completion` whenever it starts.
  light: [
    'cli',
    'commands/main',
    'commands/help',
    'commands/run-command',
    'commands/completion',
  ].map((name) => `source/${name}.ts`),
});
for (const name of await readdir(outdir)) {
  const contents = await readFile(outdir + name, 'utf8');
  await writeFile(outdir + name, builtinsByName(contents));
}
await writeFile(`${outdir}THIRD-PARTY-LICENSES.txt`, thirdPartyLicenses(bundledPackages(metafile)));
await chmod(`${outdir}understudy.js`, 0o755);
