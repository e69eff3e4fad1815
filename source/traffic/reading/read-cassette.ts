import { isJsonObject } from '../../text/json.ts';
import { sha256 } from '../hash.ts';
import { gzipProblem, readChunks } from './read-chunks.ts';
import { maximumLineBytes } from './read-lines.ts';
import type { SourceRecord } from './read-records.ts';
import { NotYaml, readCassette, type CassetteEntry } from './yaml-cassette.ts';

const around = { within: 'vcr', rest: {} };

/**
 * The interactions of a cassette in YAML. YAML can only be read as a whole, so that a file beyond
 * `maximumBytes` is not read.
 */
export async function* readCassetteFile(
  file: string,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<SourceRecord, void, undefined> {
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
    for await (const chunk of readChunks(file)) {
      bytes += chunk.length;
      if (bytes > maximumBytes) {
        const limit = Math.floor(maximumBytes / 1024 / 1024);
        yield unreadable(1, `YAML longer than ${limit} MB`);
        return;
      }
      text += decoder.decode(chunk, { stream: true });
    }
    entries = readCassette(text + decoder.decode());
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
