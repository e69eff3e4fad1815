import { writeFile } from 'node:fs/promises';
import { sides, type Side } from '../../../source/comparison/outcome.ts';
import { startProgram, type Run } from '../../commands/program.ts';
import {
  createFaultServer,
  type FaultServer,
  type Play,
  type Spoken,
} from '../../helpers/fault-server.ts';
import { openScene, type Scene } from '../../helpers/scene.ts';
import { goodAnswer } from './faults.ts';

/** Which side a fault strikes. */
export const struckSides = ['baseline', 'candidate', 'both'] as const;
export type Struck = (typeof struckSides)[number];

export const strikes = (struck: Struck, side: Side): boolean =>
  struck === 'both' || struck === side;

/** The result of one side of a pair. `reason` and `tries` are of the last run that sent it. */
export type SideState = {
  readonly state: 'answered' | 'failed' | 'not_sent' | 'unaccounted';
  readonly reason: string | null;
  readonly failedTries: number;
};

/** What can be seen after a run of the program. */
export type Look = Run & {
  /** By `id side`. */
  readonly states: ReadonlyMap<string, SideState>;
  /** Pairs that are compared. */
  readonly outcomes: number;
  /** What the servers counted, by `id side`. */
  readonly calls: ReadonlyMap<string, number>;
  readonly wholeAnswers: ReadonlyMap<string, number>;
};

/** A replay whose servers can be made to fail and recover. */
export type Stage = {
  readonly scene: Scene;
  readonly ids: readonly string[];
  readonly servers: Readonly<Record<Side, FaultServer>>;
  /** The arguments of the replay. */
  readonly argv: readonly string[];
  /** Starts a replay. */
  readonly start: (
    environment?: Readonly<Record<string, string>>,
  ) => ReturnType<typeof startProgram>;
  /** Replays to the end and reads the results. */
  readonly replay: (environment?: Readonly<Record<string, string>>) => Promise<Look>;
  readonly look: (run: Run) => Look;
  readonly close: () => Promise<void>;
};

export type StageOptions = {
  readonly ids: readonly string[];
  readonly choose: (side: Side, captureId: string, attempt: number) => Play | null;
  /** Where a side is not at plain HTTP on the loopback address, or does not listen yet. */
  readonly at?: Partial<Record<Side, Endpoint>>;
  readonly concurrency: number;
  readonly configuration?: object;
};

/** How a side's server is reached; all of it has its own default. */
export type Endpoint = {
  readonly host?: string;
  readonly urlScheme?: 'http' | 'https';
  readonly spoken?: () => Spoken;
  readonly listens?: boolean;
};

/** Opens servers for both sides and writes the captures. */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const { ids, choose, concurrency } = options;
  const scene = await openScene();
  const open = async (side: Side): Promise<FaultServer> => {
    const { listens = true, spoken } = options.at?.[side] ?? {};
    const server = await createFaultServer({
      choose: (captureId, attempt) => choose(side, captureId, attempt) ?? goodAnswer,
      ...(spoken === undefined ? {} : { spoken }),
    });
    if (listens) await server.listen();
    return server;
  };
  const [baseline, candidate] = await Promise.all([open('baseline'), open('candidate')]);
  const servers = { baseline, candidate };
  const url = (side: Side): string => {
    const { host = '127.0.0.1', urlScheme = 'http' } = options.at?.[side] ?? {};
    return `${urlScheme}://${host}:${servers[side].port}/v1#m-${side}`;
  };
  const lines = ids.map((id) =>
    JSON.stringify({ id, request: { messages: [{ role: 'user', content: `Answer [${id}]` }] } }),
  );
  await writeFile(scene.path('traffic.jsonl'), `${lines.join('\n')}\n`);
  if (options.configuration !== undefined) {
    await writeFile(
      scene.path('understudy.config.json'),
      JSON.stringify(options.configuration, null, 2),
    );
  }
  const argv = [
    'replay',
    'traffic.jsonl',
    `--baseline=${url('baseline')}`,
    `--candidate=${url('candidate')}`,
    `--concurrency=${concurrency}`,
    '--budget=none',
  ];
  const start: Stage['start'] = (environment) =>
    startProgram(scene.directory, argv, environment ?? {});
  const look = (run: Run): Look => ({
    ...run,
    outcomes: scene.rows('select capture_id from outcome').length,
    states: statesIn(scene, ids),
    calls: counted(servers, 'calls'),
    wholeAnswers: counted(servers, 'wholeAnswers'),
  });
  return {
    scene,
    ids,
    servers,
    argv,
    start,
    look,
    replay: async (environment) => look(await start(environment).ended),
    close: async () => {
      await Promise.all([baseline.close(), candidate.close()]);
      await scene.close();
    },
  };
};

const counted = (
  servers: Readonly<Record<Side, FaultServer>>,
  what: 'calls' | 'wholeAnswers',
): ReadonlyMap<string, number> =>
  new Map(
    sides.flatMap((side) =>
      [...servers[side][what]].map(([id, count]) => [`${id} ${side}`, count] as const),
    ),
  );

/** What the store says of every side, read without the program. */
const statesIn = (scene: Scene, ids: readonly string[]): ReadonlyMap<string, SideState> => {
  const key = (row: Readonly<Record<string, unknown>>): string =>
    `${String(row['capture_id'])} ${String(row['side'])}`;
  const responses = scene.rows('select capture_id, side from response');
  const attempts = scene.rows(
    'select capture_id, side, reason, final from attempt order by number',
  );
  const notSent = scene.rows('select capture_id, side, reason from not_sent');
  const answered = new Set(responses.map(key));
  if (answered.size !== responses.length) throw new Error('A side has two answers in the store.');
  const states = new Map<string, SideState>();
  for (const id of ids) {
    for (const side of sides) {
      const name = `${id} ${side}`;
      const tries = attempts.filter((attempt) => key(attempt) === name);
      const last = tries.findLast(({ final }) => final === 1);
      const unsent = notSent.find((row) => key(row) === name);
      const failedTries = tries.length;
      if (answered.has(name)) states.set(name, { state: 'answered', reason: null, failedTries });
      else if (last !== undefined)
        states.set(name, { state: 'failed', reason: String(last['reason']), failedTries });
      else if (unsent !== undefined)
        states.set(name, { state: 'not_sent', reason: String(unsent['reason']), failedTries });
      else states.set(name, { state: 'unaccounted', reason: null, failedTries });
    }
  }
  return states;
};

/** The calls of a side that is well and was not sent exactly once each, as sentences. */
export const sentOnceErrors = (look: Look, ids: readonly string[], side: Side): readonly string[] =>
  ids
    .map((id) => `${id} ${side}`)
    .filter((name) => look.calls.get(name) !== 1)
    .map((name) => `${name} is well, and was sent ${look.calls.get(name)} times`);
