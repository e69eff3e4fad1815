// Bundles the program into dist/. A bundle starts several times faster than the loose modules: Ink,
// Kysely and openai alone are some 600 files. Every command is a chunk of its own that is loaded
// only when it is named, and React is fixed to its production build. An argument names another folder
// than dist/, so that a second build does not disturb a program that runs.
import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = new URL(`../${process.argv[2] ?? 'dist'}/`, import.meta.url).pathname;

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    understudy: 'source/cli.ts',
    'comparison-worker': 'source/review/comparison-worker.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Not minified: the stack of a bug must be readable.
  legalComments: 'linked',
  loader: { '.json': 'json' },
  define: { 'process.env.NODE_ENV': '"production"' },
  external: ['better-sqlite3', 'react-devtools-core'],
  // Some bundled CommonJS modules call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod(`${outdir}understudy.js`, 0o755);
