import { isJsonObject, type JsonValue } from '../../text/json.ts';

/**
 * The body of a request for a stream with `stream_options.include_usage` set, all else as the client
 * wrote it; null where there is nothing to do: no stream, the option is there with any value, or the
 * body is not what it should be. `body` is UTF-8, a character for each byte.
 */
export const withUsageAsked = (body: string): string | null => {
  const request = parsed(body);
  if (!isJsonObject(request) || request['stream'] !== true) return null;
  const options = request['stream_options'];
  if (options === undefined) {
    return body.replace('{', '{"stream_options":{"include_usage":true},');
  }
  if (options !== null && (!isJsonObject(options) || 'include_usage' in options)) return null;
  const asked = { ...options, include_usage: true };
  const replaced = body.replace(given, () => `"stream_options":${JSON.stringify(asked)}`);
  // What was replaced may have been another member of that name.
  const expected = JSON.stringify({ ...request, stream_options: asked });
  return JSON.stringify(parsed(replaced)) === expected ? replaced : null;
};

const given = /"stream_options"\s*:\s*(?:null|\{[^{}]*\})/;

const parsed = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};
