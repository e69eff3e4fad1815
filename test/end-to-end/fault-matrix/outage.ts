import { writeFile } from 'node:fs/promises';
import { sides } from '../../../source/comparison/outcome.ts';
import { certificateFile } from '../../helpers/fault-server.ts';
import { accountErrors, completionErrors } from './account.ts';
import type { Outage } from './faults.ts';
import {
  openStage,
  sentOnceErrors,
  strikes,
  type Endpoint,
  type Stage,
  type Struck,
} from './strike.ts';
import type { Cell } from './table.ts';

const knownNames = new URL('known-names.ts', import.meta.url).href;

/**
 * A replay that is interrupted while the struck sides are paused, and one that goes on until they are
 * well again: the server listens, the name is known, the certificate is trusted.
 */
export const strikeWithOutage = async (fault: Outage, struck: Struck): Promise<Cell> => {
  const { kind, name } = fault;
  const ids = Array.from({ length: 8 }, (_, index) => `c:${index + 1}`);
  let mended = false;
  const endpoint = endpointOf(kind, () => mended);
  const struckSides = sides.filter((side) => strikes(struck, side));
  const stage = await openStage({
    ids,
    concurrency: 8,
    at: Object.fromEntries(struckSides.map((side) => [side, endpoint])),
    choose: (side) =>
      typeof kind === 'object' && !mended && strikes(struck, side) ? kind.play : null,
  });
  const environment = {
    NODE_EXTRA_CA_CERTS: certificateFile,
    ...(kind === 'dns' ? { NODE_OPTIONS: `--import=${knownNames}` } : {}),
  };
  try {
    const first = stage.start(environment);
    await paused(first, struckSides.length);
    // The other side continues.
    for (const side of sides) {
      if (!strikes(struck, side)) await stage.servers[side].answered(ids.length);
    }
    first.child.kill('SIGINT');
    const interrupted = stage.look(await first.ended);
    const summary = await stage.scene.summary();

    const second = stage.start(environment);
    await paused(second, struckSides.length);
    mended = true;
    if (kind === 'refused') for (const side of struckSides) await stage.servers[side].listen();
    if (kind === 'dns') await writeFile(stage.scene.path('names-are-known'), '');
    const last = stage.look(await second.ended);

    const errors = [
      ...accountErrors(interrupted, summary, { interrupted: true }).map(
        (one) => `interrupted: ${one}`,
      ),
      ...completionErrors(last).map((one) => `mended: ${one}`),
    ];
    if (interrupted.code !== 130) errors.push(`interrupted, it ended with ${interrupted.code}`);
    for (const side of sides) {
      if (!strikes(struck, side)) errors.push(...sentOnceErrors(last, ids, side));
    }
    const reasons = stage.scene
      .rows("select distinct reason from attempt where reason <> 'interrupted'")
      .map(reasonOf);
    if (reasons.join() !== fault.comesTo) errors.push(`the reasons are ${reasons.join(', ')}`);
    const came = `paused, \`${fault.comesTo}\`; probed, well again: answered`;
    return { fault: name, struck, came, errors };
  } finally {
    await stage.close();
  }
};

const reasonOf = (row: Readonly<Record<string, unknown>>): string => String(row['reason']);

const endpointOf = (kind: Outage['kind'], mended: () => boolean): Endpoint => {
  switch (kind) {
    case 'refused':
      return { listens: false };
    case 'dns':
      return { host: 'understudy-test.invalid' };
    case 'untrusted':
      return { urlScheme: 'https', spoken: () => (mended() ? 'tls' : 'tls of a stranger') };
    case 'no tls':
      return { urlScheme: 'https', spoken: () => (mended() ? 'tls' : 'http') };
    default:
      return {};
  }
};

/** Resolves when the program says of so many models that they are paused; rejects when it ends. */
const paused = async (
  { child, ended }: ReturnType<Stage['start']>,
  models: number,
): Promise<void> => {
  let said = '';
  const enough = new Promise<void>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      said += text;
      const named = [...said.matchAll(/^the \S+ (\S+) is paused /gm)].map(([, model]) => model);
      if (new Set(named).size >= models) resolve();
    });
  });
  const early = ended.then(({ stdout, stderr }) => {
    throw new Error(`It ended before it paused: ${stdout}${stderr}`);
  });
  // It ends later, after the test has stopped waiting.
  early.catch(() => undefined);
  await Promise.race([enough, early]);
};
