import { sides, type Side } from '../../../source/comparison/outcome.ts';
import { accountErrors, completionErrors } from './account.ts';
import type { SideFault } from './faults.ts';
import { openStage, sentOnceErrors, strikes, type Look, type Struck } from './strike.ts';
import type { Cell } from './table.ts';

/** A replay in which every call to the failing sides is refused, and one after the repair. */
export const strikeSides = async (fault: SideFault, struck: Struck): Promise<Cell> => {
  const ids = Array.from({ length: 8 }, (_, index) => `c:${index + 1}`);
  let mended = false;
  const stage = await openStage({
    ids,
    concurrency: 4,
    choose: (side) => (!mended && strikes(struck, side) ? fault.play : null),
  });
  try {
    const first = await stage.replay();
    const summary = await stage.scene.summary();
    mended = true;
    const second = await stage.replay();
    const errors = [
      ...accountErrors(first, summary).map((one) => `while it lasted: ${one}`),
      ...completionErrors(second).map((one) => `after it: ${one}`),
    ];
    if (first.code !== 2) errors.push(`it ended with ${first.code}: ${first.stdout}`);
    for (const side of sides) {
      errors.push(
        ...(strikes(struck, side)
          ? turnedAwayErrors(first, fault, side)
          : sentOnceErrors(second, ids, side)),
      );
    }
    const came = `stopped after 5 calls, \`${fault.comesTo}\`; resumed: answered`;
    return { fault: fault.name, struck, came, errors };
  } finally {
    await stage.close();
  }
};

/** Whether each call came to the fault's reason, and no more were sent than it took to know. */
const turnedAwayErrors = (look: Look, { comesTo }: SideFault, side: Side): readonly string[] => {
  const states = [...look.states].filter(([name]) => name.endsWith(` ${side}`));
  const errors = states
    .filter(([, { state, reason }]) => state === 'answered' || reason !== comesTo)
    .map(([name, { state, reason }]) => `${name} is ${state} ${reason}`);
  const calls = states.reduce((all, [name]) => all + (look.calls.get(name) ?? 0), 0);
  // Those that were in flight when the fifth failed.
  if (calls < 5 || calls > 5 + 4) errors.push(`${calls} calls were sent to the ${side}`);
  return errors;
};
