import { isJsonObject } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { gzipProblem } from './read-chunks.ts';
import { maximumLineBytes } from './read-lines.ts';
import type { SourceRecord } from './source-record.ts';
import type { CassetteEntry } from './yaml.ts';

/** Lines that may precede the interactions. */
const preamble = /^(?:---.*|#.*|version:.*|recorded_with:.*|\s*)$/;

/** Whether a file that begins like this is a VCR cassette in YAML. */
export const beginsCassette = (head: string): boolean => {
  const line = head.split(/\r?\n/, 50).find((candidate) => !preamble.test(candidate));
  return line !== undefined && /^(?:(?:http_)?interactions:\s*$|- request:)/.test(line);
};

const around = { within: 'vcr', rest: {} };

/**
 * Reads the interactions of a cassette in YAML. YAML can only be parsed as a whole, so a file of more than
 * `maximumBytes` is not read.
 */
export async function* readCassetteFile(
  chunks: AsyncIterable<Buffer>,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<SourceRecord, void, undefined> {
  // Loaded here, because most imports need no YAML.
  const { NotYaml, parseCassette } = await import('./yaml.ts');
  let entries: readonly CassetteEntry[];
  let bytes = 0;
  let text = '';
  const decoder = new TextDecoder();
  const unreadable = (line: number, reason: string): SourceRecord => ({
    kind: 'unreadable',
    line,
    around,
    bytes,
    validUtf8: true,
    id: () => sha256(`${reason}\n${text}`),
    reason,
  });
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maximumBytes) {
        const limit = Math.floor(maximumBytes / 1024 / 1024);
        yield unreadable(1, `YAML longer than ${limit} MB`);
        return;
      }
      text += decoder.decode(chunk, { stream: true });
    }
    entries = parseCassette(text + decoder.decode());
  } catch (error) {
    const reason = gzipProblem(error) ?? (error instanceof NotYaml ? error.message : null);
    if (reason === null) throw error;
    yield unreadable(error instanceof NotYaml ? error.line : 1, reason);
    return;
  }
  const share = bytes / Math.max(1, entries.length);
  for (const { line, value } of entries) {
    if (!isJsonObject(value)) {
      yield unreadable(line, 'not an interaction');
      continue;
    }
    yield {
      kind: 'object',
      line,
      around,
      bytes: share,
      validUtf8: true,
      id: () => sha256(JSON.stringify(value)),
      object: value,
    };
  }
}
