import { sides, type Side } from '../../../source/comparison/outcome.ts';
import { accountErrors, completionErrors } from './account.ts';
import type { Fault } from './faults.ts';
import { openStage, sentOnceErrors, strikes, type Look, type Struck } from './strike.ts';
import type { Cell } from './table.ts';

const slug = ({ name }: Fault): string => name.replaceAll(/[^A-Za-z0-9]+/g, '-');

/** The captures of a fault: one that meets it once, one that meets it until it is repaired. */
const onceId = (fault: Fault): string => `once:${slug(fault)}`;
const alwaysId = (fault: Fault): string => `always:${slug(fault)}`;

/**
 * One replay in which every fault strikes captures of its own, beside calls that go well, and one
 * after all are mended.
 */
export const strikeCalls = async (
  faults: readonly Fault[],
  struck: Struck,
  configuration?: object,
): Promise<readonly Cell[]> => {
  const byId = new Map(
    faults.flatMap((fault) => [
      [onceId(fault), fault],
      [alwaysId(fault), fault],
    ]),
  );
  const calm = ['calm:1', 'calm:2', 'calm:3', 'calm:4'];
  const ids = [...byId.keys(), ...calm];
  let mended = false;
  const stage = await openStage({
    ids,
    concurrency: 16,
    ...(configuration === undefined ? {} : { configuration }),
    choose: (side, captureId, attempt) => {
      const fault = byId.get(captureId);
      if (fault === undefined || mended || !strikes(struck, side)) return null;
      const most = captureId === onceId(fault) ? 1 : (fault.most ?? Number.POSITIVE_INFINITY);
      return attempt > most ? null : fault.play;
    },
  });
  try {
    const first = await stage.replay();
    const summary = await stage.scene.summary();
    mended = true;
    const second = await stage.replay();
    const runErrors = [
      ...accountErrors(first, summary).map((one) => `while it lasted: ${one}`),
      ...completionErrors(second).map((one) => `after it: ${one}`),
    ];
    if (first.code !== 0) runErrors.push(`it ended with ${first.code}: ${first.stdout}`);
    for (const side of sides) {
      const well = strikes(struck, side) ? calm : ids;
      runErrors.push(...sentOnceErrors(second, well, side));
    }
    return faults.map((fault) => {
      const results = sides
        .filter((side) => strikes(struck, side))
        .map((side) => resultOf(first, fault, side));
      return {
        fault: fault.name,
        struck,
        came: [...new Set(results.map(({ came }) => came))].join(' / '),
        errors: [...runErrors, ...results.flatMap(({ errors }) => errors)],
      };
    });
  } finally {
    await stage.close();
  }
};

/** What a fault came to on a side, and where that is not what it must come to. */
const resultOf = (
  look: Look,
  fault: Fault,
  side: Side,
): { readonly came: string; readonly errors: readonly string[] } => {
  const stateOf = (id: string): string => {
    const { state, reason } = look.states.get(`${id} ${side}`) ?? {};
    return reason ? `${state} ${reason}` : String(state);
  };
  const callsOf = (id: string): number => look.calls.get(`${id} ${side}`) ?? 0;
  const [once, always] = [stateOf(onceId(fault)), stateOf(alwaysId(fault))];
  const tries = callsOf(alwaysId(fault));
  const lasting =
    fault.comesTo === 'answered' || fault.most !== undefined
      ? 'answered'
      : `failed ${fault.comesTo}`;
  const errors: string[] = [];
  if (always !== lasting) errors.push(`${side} is ${always}, not ${lasting}`);
  const passing = fault.again ? 'answered' : lasting;
  if (once !== passing) errors.push(`${side} that met it once is ${once}, not ${passing}`);
  if (fault.again !== tries > 1 || (fault.most !== undefined && tries !== fault.most + 1))
    errors.push(`${side} was sent ${tries} times`);
  const onceCalls = fault.again ? 2 : 1;
  if (callsOf(onceId(fault)) !== onceCalls)
    errors.push(`${side} that met it once was sent ${callsOf(onceId(fault))} times`);
  return { came: sentence(fault, always, tries), errors };
};

const sentence = ({ again, comesTo, most }: Fault, always: string, tries: number): string => {
  if (most !== undefined) return `\`${comesTo}\` ${most} times: answered by try ${tries}`;
  const [state, reason] = always.split(' ');
  if (state === 'answered') return 'answered';
  const failed = `\`${reason}\` (${tries} ${tries === 1 ? 'try' : 'tries'}); resumed: answered`;
  return again ? `retried: answered; lasting: ${failed}` : failed;
};
