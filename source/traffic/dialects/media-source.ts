import type { MediaPart, MediaSource, TurnPart } from './turn.ts';

const dataUrl = /^data:([^;,]+)(?:;[^;,]+)*;base64,/i;

/** Reads a URL: base64 where it is a data URL. */
export const sourceOfUrl = (url: string, mediaType: string | null = null): MediaSource => {
  const found = dataUrl.exec(url.slice(0, 200));
  return found === null
    ? { kind: 'url', url, mediaType }
    : { kind: 'base64', mediaType: found[1] ?? '', data: url.slice(found[0].length) };
};

/** The URL of a source; null for a file known by its id. Plain text becomes a data URL. */
export const urlOfSource = (source: MediaSource): string | null => {
  switch (source.kind) {
    case 'url':
      return source.url;
    case 'base64':
      return `data:${source.mediaType};base64,${source.data}`;
    case 'text':
      return `data:text/plain;base64,${Buffer.from(source.text, 'utf8').toString('base64')}`;
    case 'uploaded':
      return null;
  }
};

/** What a file of a media type is. */
export const mediaKind = (mediaType: string): MediaPart['kind'] => {
  const [family] = mediaType.toLowerCase().split('/');
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'document';
};

const extensions: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
};

/** The media type that the extension of a URL's path names; null if it names none that is known. */
export const mediaTypeOfUrl = (url: string): string | null => {
  const extension = /\.(\w{2,5})(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(extensions, extension) ? (extensions[extension] ?? null) : null;
};

export const isMedia = (part: TurnPart): part is MediaPart =>
  part.kind === 'image' ||
  part.kind === 'document' ||
  part.kind === 'audio' ||
  part.kind === 'video';

/** The text of a document that is nothing else; null for other media. */
export const textOfMedia = ({ kind, source }: MediaPart): string | null => {
  if (kind !== 'document') return null;
  if (source.kind === 'text') return source.text;
  const isText = source.kind === 'base64' && source.mediaType.startsWith('text/');
  return isText ? Buffer.from(source.data, 'base64').toString('utf8') : null;
};
