import { sides, type Side } from '../../../source/comparison/outcome.ts';
import { certificateFile } from '../../helpers/fault-server.ts';
import { accountErrors, completionErrors } from './account.ts';
import type { SideFault } from './faults.ts';
import { openStage, strikes, type Endpoint, type Look, type Struck } from './strike.ts';
import type { Cell } from './table.ts';

const knownNames = new URL('known-names.ts', import.meta.url).href;

/**
 * A replay in which everything that is sent to the struck sides fails, and one after that is mended:
 * the server listens, the name is known, the certificate is trusted, the key is taken.
 */
export const strikeSides = async (fault: SideFault, struck: Struck): Promise<Cell> => {
  const { kind, name } = fault;
  const ids = Array.from({ length: 6 }, (_, index) => `c:${index + 1}`);
  let mended = false;
  const endpoint = ((): Endpoint => {
    switch (kind) {
      case 'refused':
        return { listens: false };
      case 'dns':
        return { host: 'understudy-test.invalid' };
      case 'untrusted':
        return { urlScheme: 'https', spoken: () => 'https' };
      case 'no tls':
        return { urlScheme: 'https', spoken: () => (mended ? 'https' : 'http') };
      default:
        return {};
    }
  })();
  const at = Object.fromEntries(
    sides.filter((side) => strikes(struck, side)).map((side) => [side, endpoint]),
  );
  const stage = await openStage({
    ids,
    concurrency: 4,
    at,
    choose: (side) =>
      typeof kind === 'object' && !mended && strikes(struck, side) ? kind.play : null,
  });
  try {
    const first = await stage.replay();
    mended = true;
    if (kind === 'refused') {
      for (const side of sides) if (strikes(struck, side)) await stage.servers[side].listen();
    }
    const second = await stage.replay({
      ...(kind === 'dns' ? { NODE_OPTIONS: `--import=${knownNames}` } : {}),
      ...(endpoint.urlScheme === 'https' ? { NODE_EXTRA_CA_CERTS: certificateFile } : {}),
    });
    const results = sides
      .filter((side) => strikes(struck, side))
      .map((side) => resultOf(first, fault, side));
    const errors = [
      ...accountErrors(first, ids.length).map((one) => `while it lasted: ${one}`),
      ...completionErrors(second, ids.length).map((one) => `after it: ${one}`),
      ...results.flatMap((result) => result.errors),
    ];
    for (const side of sides.filter((one) => !strikes(struck, one))) {
      for (const id of ids) {
        const calls = second.calls.get(`${id} ${side}`);
        if (calls !== 1) errors.push(`${id} ${side} is well, and was sent ${calls} times`);
      }
    }
    return {
      fault: name,
      struck,
      came: [...new Set(results.map(({ came }) => came))].join(' / '),
      errors,
    };
  } finally {
    await stage.close();
  }
};

/** What the fault came to on a side, and where that is not what it must come to. */
const resultOf = (
  look: Look,
  { comesTo }: SideFault,
  side: Side,
): { readonly came: string; readonly errors: readonly string[] } => {
  const states = [...look.states].filter(([name]) => name.endsWith(` ${side}`));
  const errors = states
    .filter(([, { state, reason }]) => state === 'answered' || reason !== comesTo)
    .map(([name, { state, reason }]) => `${name} is ${state} ${reason}`);
  const reasons = new Set(states.map(([, { reason }]) => `\`${reason}\``));
  return { came: `${[...reasons].join(', ')}; resumed: answered`, errors };
};
