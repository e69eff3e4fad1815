/** Media types of files that are text; their base64 is searched, because programs read it as text. */
const textType =
  /^(?:text\/[\w.+-]+|application\/(?:[\w.-]+\+)?(?:json|xml|yaml|x-yaml|jsonl|x-ndjson|csv|javascript))\s*(?:;|$)/i;

/** Whether a media type is that of a text, such as `text/csv` and `application/json; charset=utf-8`. */
export const isTextType = (mediaType: string): boolean => textType.test(mediaType.trim());

/**
 * Redacts a text that is encoded in base64 with `redact`. Returns the data itself if nothing is found, or if
 * it is not the base64 of UTF-8.
 */
export const redactBase64 = (data: string, redact: (text: string) => string): string => {
  const text = /^[\w+/=\s-]*$/.test(data) ? utf8Of(Buffer.from(data, 'base64')) : null;
  if (text === null) return data;
  const redacted = redact(text);
  return redacted === text ? data : Buffer.from(redacted, 'utf8').toString('base64');
};

const utf8Of = (bytes: Buffer): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};
