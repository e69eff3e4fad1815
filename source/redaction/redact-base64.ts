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

const inDataUrls = /data:([\w/+.;=-]{0,100});base64,([\w+/=-]+)/g;

/**
 * The files of text that a text holds in base64: in data URLs, or by itself. Files of other kinds are passed
 * over by their first bytes.
 */
export const textFilesIn = (text: string): readonly string[] => {
  if (text.includes(';base64,')) {
    return [...text.matchAll(inDataUrls)].flatMap(([, mediaType = '', data = '']) =>
      isTextType(mediaType) ? textOf(data) : [],
    );
  }
  return text.length >= 16 && /^[\w+/-]+={0,2}$/.test(text) ? textOf(text) : [];
};

const textOf = (data: string): readonly string[] => {
  const beginning = Buffer.from(data.slice(0, 64), 'base64').toString('latin1');
  if (/[\0-\x08\x0E-\x1F]/.test(beginning)) return [];
  const text = utf8Of(Buffer.from(data, 'base64'));
  return text === null ? [] : [text];
};

const utf8Of = (bytes: Buffer): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};
