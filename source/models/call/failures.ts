import { entryOf, isJsonObject, type JsonValue } from '../../text/json.ts';
import type { Failure, FailureReason } from '../answer.ts';
import type { CutOff, Deadlines } from './deadlines.ts';
import { errorCodes, errorText, refusedParameter, shortened } from './error-message.ts';
import { proxyText } from './outbound-proxy.ts';
import { requestedWaitMs } from './requested-wait.ts';

/**
 * Creates a failure without a requested wait or a parameter. `status` is null if no head arrived.
 */
export const plainFailure = (
  reason: FailureReason,
  message: string,
  status: number | null = null,
): Failure => ({ reason, message, status, retryAfterMs: null, parameter: null });

/** Creates the failure of an aborted call. `status` is null if no head arrived. */
export const cutOffFailure = (
  cutOff: CutOff,
  deadlines: Deadlines,
  status: number | null,
): Failure => {
  if (cutOff === 'interrupted') {
    const message = 'The run was stopped while this call was in flight.';
    return plainFailure('interrupted', message, status);
  }
  const event = {
    firstByteMs: 'No answer began',
    firstTokenMs: 'No token arrived',
    idleMs: 'The answer did not continue',
    totalMs: 'The answer was not complete',
  }[cutOff];
  return plainFailure('timeout', `${event} within ${deadlines[cutOff] / 1000} s.`, status);
};

const untrusted =
  'its certificate is not trusted; NODE_EXTRA_CA_CERTS names a file of certificates to trust as well';

const connectionErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing is listening there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name could not be resolved',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'it did not answer in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** Codes of a connection that was never opened. The others may come after the request was sent. */
const neverOpened: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Creates the failure of a request without a response, from the thrown error. */
export const connectionFailure = (error: unknown, baseUrl: string): Failure => {
  const causes = errorCauses(error);
  const codes = causes.map(errorCode).filter((code) => code !== null);
  const code = codes.find((one) => Object.hasOwn(connectionErrors, one)) ?? codes[0] ?? null;
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `The headers of the answer from ${baseUrl} are too long to be read.`;
    return plainFailure('connection', shortened(message));
  }
  if (code?.startsWith('HPE_')) {
    return plainFailure('connection', shortened(`The server at ${baseUrl} does not speak HTTP.`));
  }
  const deepest = causes.at(-1);
  const text = deepest instanceof Error ? deepest.message : String(deepest);
  const where = baseUrl + proxyText(baseUrl);
  const cause =
    (code === null ? undefined : entryOf(connectionErrors, code)) ??
    (text || code || 'unknown reason');
  const failure = plainFailure('connection', shortened(`No connection to ${where}: ${cause}.`));
  return code !== null && neverOpened.has(code) ? { ...failure, unsent: true } : failure;
};

/**
 * Returns an error and its causes, outermost first; of several attempts (IPv6, IPv4) only the
 * first.
 */
const errorCauses = (error: unknown): readonly unknown[] => {
  const causes: unknown[] = [];
  let current = error;
  while (current !== undefined && current !== null && causes.length < 8) {
    causes.push(current);
    const { cause, errors } = current as { cause?: unknown; errors?: readonly unknown[] };
    current = cause ?? errors?.[0];
  }
  return causes;
};

const errorCode = (error: unknown): string | null => {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
};

/**
 * Creates the failure for a response whose status is not 2xx. `body` is its parsed JSON, or its
 * text.
 */
export const statusFailure = (
  status: number,
  headers: Headers,
  body: JsonValue | undefined,
): Failure => {
  const message = errorText(body) ?? '';
  const reason = statusReason(status, errorCodes(body), message);
  const parameter = reason === 'rejected' ? refusedParameter(body, message) : null;
  const text =
    status >= 300 && status < 400 ? redirectText(headers) : message || 'it did not say why';
  return {
    reason,
    message: `The server answered ${status}: ${shortened(text)}`,
    status,
    retryAfterMs: requestedWaitMs({ status, headers, body }),
    parameter: parameter === null ? null : shortened(parameter),
  };
};

const redirectText = (headers: Headers): string => {
  const location = headers.get('location');
  const target = location === null ? '' : ` to ${location}`;
  return `it redirects${target}, and understudy does not follow redirects`;
};

/** OpenAI, Moonshot and Zhipu (1113) answer 429 if the account is empty; waiting does not help. */
const noCreditCodes = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'exceeded_current_quota_error',
  'insufficient_balance',
  '1113',
]);

/** Anthropic answers 400 if the account is empty, Gemini if the key is wrong. */
const emptyAccount = /credit balance is too low/i;
const wrongKey = 'api_key_invalid';

const unknownModel = /model.{0,80}(?:not exist|not found|unknown|no such)|unknown model/i;

/** The codes of MiniMax, which answers most errors with status 200 (its documentation, 2026-11). */
const minimaxReasons: Readonly<Record<number, FailureReason>> = {
  1000: 'server_error',
  1001: 'server_error',
  1002: 'rate_limited',
  1004: 'unauthorized',
  1008: 'no_credit',
  1013: 'server_error',
  1024: 'server_error',
  1026: 'rejected',
  1027: 'rejected',
  1033: 'server_error',
  1039: 'rate_limited',
  1041: 'rate_limited',
  2013: 'rejected',
  2045: 'rate_limited',
  2049: 'unauthorized',
  2056: 'rate_limited',
};

/**
 * The statuses that go with the names of errors which come within a stream: those of Anthropic's Messages
 * (platform.claude.com, Errors) and of OpenAI's Responses (`ResponseError` of openai 7.59.0), 2026-11.
 */
const errorStatuses: Readonly<Record<string, number>> = {
  api_error: 500,
  authentication_error: 401,
  billing_error: 402,
  not_found_error: 404,
  overloaded_error: 529,
  permission_error: 403,
  rate_limit_error: 429,
  request_too_large: 413,
  timeout_error: 504,
  invalid_prompt: 400,
  rate_limit_exceeded: 429,
  server_error: 500,
  vector_store_timeout: 504,
};

/**
 * The failure that the body of a response with status 200 reports by a code of its own: a status of
 * HTTP as `code`, the name of one, or MiniMax's `base_resp`. Null when it has no code that is known.
 */
export const reportedFailure = (
  status: number,
  headers: Headers,
  body: JsonValue | undefined,
): Failure | null => {
  const base = isJsonObject(body) ? body['base_resp'] : undefined;
  const own = isJsonObject(base) ? minimaxReasons[Number(base['status_code'])] : undefined;
  const code = errorCodes(body)
    .map((name) => entryOf(errorStatuses, name) ?? Number(name))
    .find((one) => one >= 400 && one <= 599);
  const text = errorText(body) ?? '';
  const reason = own ?? (code === undefined ? null : statusReason(code, errorCodes(body), text));
  if (reason === null) return null;
  return {
    ...plainFailure(
      reason,
      `The server answered ${status}: ${shortened(text || 'it did not say why')}`,
      status,
    ),
    retryAfterMs: requestedWaitMs({
      status: code ?? (own === 'rate_limited' ? 429 : status),
      headers,
      body,
    }),
  };
};

const statusReason = (status: number, codes: readonly string[], message: string): FailureReason => {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 402) return 'no_credit';
  if (status === 404) return 'not_found';
  if (status === 429) {
    return codes.some((code) => noCreditCodes.has(code)) ? 'no_credit' : 'rate_limited';
  }
  if (status === 408 || status === 409 || status >= 500) return 'server_error';
  if (codes.includes(wrongKey)) return 'unauthorized';
  if (emptyAccount.test(message)) return 'no_credit';
  if (codes.includes('model_not_found') || (status === 400 && unknownModel.test(message))) {
    return 'not_found';
  }
  return 'rejected';
};
