import type { Failure } from '../answer.ts';
import { shortened } from './error-message.ts';
import { failureOf } from './failures.ts';

const said: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'it did not answer in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** The failure of a call that came to no answer at all, from what was thrown. */
export const connectionFailure = (error: unknown, baseUrl: string): Failure => {
  const causes = causesOf(error);
  const codes = causes.map(codeOf).filter((code) => code !== null);
  const code = codes.find((one) => one in said) ?? codes[0] ?? null;
  if (code?.startsWith('HPE_')) {
    return failure(`What answers at ${baseUrl} does not speak HTTP.`);
  }
  const deepest = causes.at(-1);
  const text = deepest instanceof Error ? deepest.message : String(deepest);
  const why = (code === null ? undefined : said[code]) ?? (text || code || 'unknown reason');
  return failure(`No connection to ${baseUrl}: ${why}.`);
};

const failure = (message: string): Failure => failureOf('connection', shortened(message), null);

/** An error with what caused it, outermost first; of several tries (IPv6, IPv4) the first. */
const causesOf = (error: unknown): readonly unknown[] => {
  const causes: unknown[] = [];
  let current = error;
  while (current !== undefined && current !== null && causes.length < 8) {
    causes.push(current);
    const { cause, errors } = current as { cause?: unknown; errors?: readonly unknown[] };
    current = cause ?? errors?.[0];
  }
  return causes;
};

const codeOf = (error: unknown): string | null => {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
};
