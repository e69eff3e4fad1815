import { adaptPolicies, type AdaptPolicy } from '../../../replay/remedy-book.ts';
import { harmlessLine } from '../../../text/harmless.ts';
import { UserError } from '../../../text/user-error.ts';

/** The flags about changes to requests, as meow declares them. */
export const adaptingFlags = {
  adapt: { type: 'string' },
  keep: { type: 'string' },
} as const;

type AdaptingFlags = { readonly adapt?: string | undefined; readonly keep?: string | undefined };

/** `--adapt`, default `ask`, which is as `never` where nobody can be asked. Throws UserError. */
export const adaptOf = ({ adapt }: AdaptingFlags): AdaptPolicy => {
  if (adapt === undefined) return 'ask';
  const policy = adaptPolicies.find((known) => known === adapt);
  if (policy !== undefined) return policy;
  throw new UserError(
    `--adapt is ask, auto or never, and ${JSON.stringify(harmlessLine(adapt))} is none of them.`,
  );
};

/** What a replay is made of; nobody can keep it as it was. */
const own = new Set(['model', 'messages', 'stream', 'stream_options']);

/** `--keep store,metadata`: parameters that are sent on although a rule would change them. Throws UserError. */
export const keepOf = ({ keep }: AdaptingFlags): ReadonlySet<string> => {
  if (keep === undefined) return new Set();
  const names = keep.split(',').map((name) => name.trim());
  for (const name of names) {
    if (/^[A-Za-z_]\w*$/.test(name) && !own.has(name)) continue;
    throw new UserError(
      own.has(name)
        ? `--keep cannot name ${name}: a replay sends its own.`
        : `--keep takes names of parameters with commas between them, such as store,metadata, and ${JSON.stringify(harmlessLine(name))} is none.`,
    );
  }
  return new Set(names);
};
