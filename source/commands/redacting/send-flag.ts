import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';

/** `--send`, as meow declares it. */
export const sendFlag = { send: { type: 'string' } } as const;

/** What of a redacted capture is sent: the values that it had, or the placeholders that are stored. */
export type Send = 'original' | 'redacted';

/**
 * `--send`, by default `redacted`. Throws UserError for anything else, and where there can be no
 * original: without the files, in batches, whose requests are written to files, and with
 * `--no-redact`, which stores the originals.
 */
export const sendOf = (
  flags: { readonly send?: string | undefined; readonly redact?: boolean | undefined },
  { batch, files }: { readonly batch: boolean; readonly files: number },
): Send => {
  const { redact = true, send = 'redacted' } = flags;
  if (send === 'redacted') return send;
  if (send !== 'original') {
    throw new UserError(
      `--send is original or redacted, and ${JSON.stringify(harmlessLine(send))} is neither.`,
    );
  }
  if (!redact) {
    throw new UserError(
      '--no-redact stores the originals and sends them. Leave out either that or --send original.',
    );
  }
  if (batch) {
    throw new UserError(
      '--send original goes with live calls only: the requests of a batch are written to files, and originals are never written. Leave out --batch or --send original.',
    );
  }
  if (files === 0) {
    throw new UserError(
      '--send original needs the files that the captures are from, since the store has placeholders only. Name them again; nothing is added twice. Calls that understudy record has taken have no original any more.',
    );
  }
  return send;
};
