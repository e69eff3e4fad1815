/** Headers of one connection, which are not passed on (RFC 9110, section 7.6.1). */
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
 * The headers of a message that go on to the other side, names, order and repetitions as they came
 * (name and value in turn, as Node has them): without those of the connection, those that
 * `Connection` names, and those of `without` (lower case).
 */
export const forwardedHeaders = (
  rawHeaders: readonly string[],
  without: ReadonlySet<string>,
): string[] => {
  const named = namedByConnection(rawHeaders);
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || without.has(lower) || named?.has(lower) === true) continue;
    kept.push(name, rawHeaders[at + 1] ?? '');
  }
  return kept;
};

const namedByConnection = (rawHeaders: readonly string[]): ReadonlySet<string> | null => {
  let names: Set<string> | null = null;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'connection') continue;
    for (const name of (rawHeaders[at + 1] ?? '').toLowerCase().split(',')) {
      const trimmed = name.trim();
      if (trimmed === '' || trimmed === 'keep-alive' || trimmed === 'close') continue;
      names ??= new Set();
      names.add(trimmed);
    }
  }
  // A client must not make a length vanish: the other side would read another message.
  names?.delete('content-length');
  return names;
};
