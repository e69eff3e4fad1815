import { sides } from '../../../source/comparison/outcome.ts';
import { completionErrors } from './account.ts';
import { slowAnswer } from './faults.ts';
import { openStage, strikes, type Struck } from './strike.ts';
import type { Cell } from './table.ts';

const concurrency = 4;
const kills = 2;

export const killRow = {
  name: 'kill -9',
  does: `the program is killed ${kills} times at random moments, while the side answers slowly`,
};

/** A replay that is killed at random moments, and one that is not. */
export const killProgram = async (struck: Struck): Promise<Cell> => {
  const ids = Array.from({ length: 16 }, (_, index) => `c:${index + 1}`);
  const stage = await openStage({
    ids,
    concurrency,
    choose: (side) => (strikes(struck, side) ? slowAnswer(15) : null),
  });
  try {
    const errors: string[] = [];
    /** Calls by side at the first kill after which its answer was on disk. */
    const settled = new Map<string, number>();
    const server = stage.servers[struck === 'baseline' ? 'baseline' : 'candidate'];
    for (let kill = 1; kill <= kills; kill++) {
      const begun = [...server.calls.values()].reduce((all, one) => all + one, 0);
      const { child, ended } = stage.start();
      await server.reached(begun + 1 + Math.floor(Math.random() * 6));
      child.kill('SIGKILL');
      const run = await ended;
      if (run.code !== null) errors.push(`it ended by itself, with ${run.code}`);
      const look = stage.look(run);
      const { answered, failed, notSent, replayable } = (await stage.scene.summary()).counts;
      if (replayable !== ids.length || answered + failed + notSent !== replayable || failed > 0)
        errors.push(`killed: ${replayable} = ${answered} + ${failed} + ${notSent}`);
      for (const [name, { state }] of look.states) {
        if (state === 'answered' && !settled.has(name))
          settled.set(name, look.calls.get(name) ?? 0);
      }
    }
    const last = await stage.replay();
    const twice = [...last.calls.values()].reduce((all, one) => all + one - 1, 0);
    // A killed program loses the calls in flight. Nothing else may be requested again.
    if (twice > kills * concurrency) errors.push(`${twice} calls were made again`);
    for (const [name, before] of settled) {
      const calls = last.calls.get(name);
      if (calls !== before) errors.push(`${name} was on disk, and was sent ${calls} times`);
    }
    const given = [...last.wholeAnswers.values()].reduce((all, one) => all + one, 0);
    if (given > 2 * ids.length + kills * concurrency) errors.push(`${given} answers were given`);
    const inFlight = /^\S+ \S+ was answered [23] times$/;
    errors.push(...completionErrors(last).filter((one) => !inFlight.test(one)));
    const [check] = stage.scene.rows('pragma integrity_check');
    if (check?.['integrity_check'] !== 'ok') errors.push(`the store is ${JSON.stringify(check)}`);
    const names = ids.flatMap((id) => sides.map((side) => `${id} ${side}`));
    const missing = names.filter((name) => !last.wholeAnswers.has(name));
    if (missing.length > 0) errors.push(`never answered: ${missing.join(', ')}`);
    return {
      fault: killRow.name,
      struck,
      came: 'what was on disk is kept, what was in flight is sent again: answered',
      errors,
    };
  } finally {
    await stage.close();
  }
};
