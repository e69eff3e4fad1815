import { headerValue, type HeaderLines } from './header-lines.ts';

/** Fields of one connection, which are not passed on (RFC 9110, section 7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The fields of a head that go on to the other side, each in a line with its end, names, order and
 * repetitions as they came: without those of the connection, those that `Connection` names, and those
 * of `without` (lower case).
 */
export const forwardedLines = (lines: HeaderLines, without: ReadonlySet<string>): string => {
  const { raw, names } = lines;
  const named = namedByConnection(lines);
  let text = '';
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? '';
    if (hopByHop.has(name) || without.has(name) || named?.has(name) === true) continue;
    text += `${raw[2 * index] ?? ''}: ${raw[2 * index + 1] ?? ''}\r\n`;
  }
  return text;
};

const namedByConnection = (lines: HeaderLines): ReadonlySet<string> | null => {
  const value = headerValue(lines, 'connection');
  if (value === null || value === 'keep-alive' || value === 'close') return null;
  const words = value.split(',').map((word) => word.trim().toLowerCase());
  // A client must not make a length vanish: the other side would read another message.
  return new Set(words.filter((word) => word !== 'content-length'));
};
