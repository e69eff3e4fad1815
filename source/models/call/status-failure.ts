import type { JsonValue } from '../../text/json.ts';
import type { Failure, FailureReason } from '../answer.ts';
import { errorCodes, errorText, shortened } from './error-message.ts';
import { refusedParameter } from './refused-parameter.ts';

/** OpenAI, Moonshot and Zhipu (1113) answer 429 when the money is gone; waiting does not help there. */
const noCreditCodes = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'exceeded_current_quota_error',
  'insufficient_balance',
  '1113',
]);

const unknownModel = /model.{0,80}(?:not exist|not found|unknown|no such)|unknown model/i;

/** The failure in an answer whose status is none of 2xx. `body` is parsed JSON, or the text. */
export const statusFailure = (
  status: number,
  headers: Headers,
  body: JsonValue | undefined,
): Failure => {
  const said = errorText(body);
  const codes = errorCodes(body);
  const location = headers.get('location');
  const text =
    status >= 300 && status < 400
      ? `it redirects${location === null ? '' : ` to ${location}`}, and a request is sent nowhere but to the URL that was named`
      : (said ?? 'it did not say why');
  const reason = reasonOf(status, codes, said ?? '');
  const parameter = reason === 'rejected' ? refusedParameter(body, said ?? '') : null;
  return {
    reason,
    message: `The server answered ${status}: ${shortened(text)}`,
    status,
    retryAfterMs: retryAfterMs(headers),
    parameter: parameter === null ? null : shortened(parameter),
  };
};

const reasonOf = (status: number, codes: readonly string[], said: string): FailureReason => {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 402) return 'no_credit';
  if (status === 404) return 'not_found';
  if (status === 429) {
    return codes.some((code) => noCreditCodes.has(code)) ? 'no_credit' : 'rate_limited';
  }
  if (status === 408 || status === 409 || status >= 500) return 'server_error';
  if (codes.includes('model_not_found') || (status === 400 && unknownModel.test(said))) {
    return 'not_found';
  }
  return 'rejected';
};

/**
 * What the server asked to wait, in milliseconds ≥ 0, however long; null when it did not. A date is
 * taken against the server's own clock where it sends it.
 */
export const retryAfterMs = (headers: Headers): number | null => {
  const milliseconds = number(headers.get('retry-after-ms'));
  if (milliseconds !== null) return milliseconds;
  const value = headers.get('retry-after');
  const seconds = number(value);
  if (seconds !== null) return seconds * 1000;
  // Date.parse takes `-3` for a date too.
  const until = /[a-z]/i.test(value ?? '') ? Date.parse(value ?? '') : Number.NaN;
  if (Number.isNaN(until)) return null;
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(serverNow) ? Date.now() : serverNow));
};

const number = (text: string | null): number | null =>
  text !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : null;

/** What the openai SDK throws for such an answer, taken apart; null for anything else it throws. */
export const statusError = (
  error: unknown,
): {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonValue | undefined;
} | null => {
  if (!(error instanceof Error) || !('status' in error) || !('headers' in error)) return null;
  const { status, headers } = error;
  if (typeof status !== 'number' || !(headers instanceof Headers)) return null;
  // The parsed body, or for one that is no JSON only its text behind the status.
  const parsed = 'error' in error ? (error.error as JsonValue | undefined) : undefined;
  return { status, headers, body: parsed ?? plainText(error.message.replace(/^\d+ /, '')) };
};

/** An error page is said by its title. */
const plainText = (text: string): string => {
  if (text === 'status code (no body)') return '';
  if (!/^\s*</.test(text)) return text;
  return /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim() ?? 'a web page';
};
