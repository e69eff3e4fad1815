/**
 * What a request has as JSON that asks for an hour in Anthropic's cache: the `ttl` of a `cache_control`, or of a
 * `cachePoint` of Bedrock. Within a text, the quotes would be escaped.
 */
export const hourInCache = '"ttl":"1h"';

/** Whether a request, as JSON without spaces, asks for an hour in Anthropic's cache. */
export const asksForHour = (request: string): boolean => request.includes(hourInCache);
