import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { startDemoEndpoint, type DemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import type { ChooseFault } from '../../source/demo/faults.ts';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { runProgram, startProgram } from '../commands/program.ts';

/** A directory and servers for one test, taken away by `close`. */
export type Scene = {
  readonly directory: string;
  readonly path: (name: string) => string;
  /** Runs the program in the directory to its end. */
  readonly run: (
    argv: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => ReturnType<typeof runProgram>;
  readonly start: (
    argv: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => ReturnType<typeof startProgram>;
  /** A server of the two demo models, and the flags that name both. */
  readonly serve: (
    faults?: ChooseFault,
  ) => Promise<{ readonly endpoint: DemoEndpoint; readonly models: readonly string[] }>;
  /** The newest comparison's summary, as its schema has it. */
  readonly summary: (db?: string) => Promise<ReturnType<typeof summarySchema.parse>>;
  /** Rows that a query finds in the store, which no process needs to have open. */
  readonly rows: (sql: string, db?: string) => readonly Readonly<Record<string, unknown>>[];
  /** The names of all files in the directory with a hash of their bytes. */
  readonly snapshot: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

export const openScene = async (): Promise<Scene> => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-end-to-end-'));
  const endpoints: DemoEndpoint[] = [];
  const path = (name: string): string => join(directory, name);
  const run: Scene['run'] = (argv, environment) => runProgram(directory, argv, environment);
  return {
    directory,
    path,
    run,
    start: (argv, environment) => startProgram(directory, argv, environment),
    serve: async (faults) => {
      const endpoint = await startDemoEndpoint({
        timings: 'instant',
        ...(faults === undefined ? {} : { faults }),
      });
      endpoints.push(endpoint);
      const models = [
        `--baseline=${endpoint.url}#incumbent`,
        `--candidate=${endpoint.url}#newcomer`,
      ];
      return { endpoint, models };
    },
    summary: async (db = 'understudy.db') => {
      const { code, stdout, stderr } = await run(['summary', '--format', 'json', '--db', db]);
      if (code !== 0) throw new Error(`no summary: ${stderr}`);
      return summarySchema.strict().parse(JSON.parse(stdout));
    },
    rows: (sql, db = 'understudy.db') => {
      const database = new Database(path(db));
      try {
        return database.prepare<[], Record<string, unknown>>(sql).all();
      } finally {
        database.close();
      }
    },
    snapshot: async () => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      const names = entries
        .filter((entry) => entry.isFile())
        .map(({ name, parentPath }) => join(parentPath, name));
      const hashed = names.map(async (name) => {
        const hash = createHash('sha256')
          .update(await readFile(name))
          .digest('hex');
        return `${name} ${hash}`;
      });
      return (await Promise.all(hashed)).sort();
    },
    close: async () => {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
};
