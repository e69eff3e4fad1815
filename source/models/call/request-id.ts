import { isJsonObject } from '../../text/json.ts';
import { shortened } from './error-message.ts';

/** The headers in which providers and the gateways before them name a call, most telling first. */
const headerNames = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-ms-request-id',
  'x-amzn-requestid',
  'x-generation-id',
  'x-litellm-call-id',
] as const;

/**
 * The provider's name for a call, to ask its support about: from a header, else from the first of
 * `inBody` that is one. Null when there is none.
 */
export const providerRequestIdOf = (
  headers: Headers,
  ...inBody: readonly (string | null)[]
): string | null => {
  for (const name of headerNames) {
    const id = headers.get(name);
    if (id) return shortened(id);
  }
  const id = inBody.find(Boolean);
  return id ? shortened(id) : null;
};

/** The `request_id` that DashScope, Zhipu and Anthropic put beside an error; null when there is none. */
export const requestIdOfError = (body: string): string | null => {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  const id = isJsonObject(json) ? json['request_id'] : undefined;
  return typeof id === 'string' ? id : null;
};
