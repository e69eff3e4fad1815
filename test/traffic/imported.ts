import { recordedStreams } from '../../source/models/stream/recorded-stream.ts';
import { answerOfRecording } from '../../source/models/stream/recorded-answer.ts';
import { loadCapture } from '../../source/store/captures/captures.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { chatRequestOf } from '../../source/traffic/chat-request.ts';
import type { Capture } from '../../source/traffic/capture.ts';
import type { Format, FormatRecord } from '../../source/traffic/formats/format.ts';
import type { FileReport } from '../../source/intake/import-tally.ts';
import { importInto } from '../intake/import-into.ts';
import { temporaryStore } from '../store/temporary-store.ts';

/** The path of a file in test/fixtures. */
export const fixture = (name: string): string =>
  new URL(`../fixtures/${name}`, import.meta.url).pathname;

/** What a file comes to in a store of its own: the report, and the captures by the last user's words. */
export const importedFile = async (
  path: string,
): Promise<{
  readonly report: FileReport;
  readonly captures: ReadonlyMap<string, Capture>;
  /** Of captures with the same last words, `captures` has only one. */
  readonly byId: ReadonlyMap<string, Capture>;
  readonly text: string;
}> => {
  const store = await temporaryStore();
  const [report] = await importInto(store, path);
  if (report === undefined) throw new Error('no report');
  const captures = new Map<string, Capture>();
  const byId = new Map<string, Capture>();
  for (const { id } of await store.db.selectFrom('capture').select('id').execute()) {
    const capture = await loadCapture(store, id);
    if (capture === null) continue;
    captures.set(lastWords(chatRequestOf(capture)), capture);
    byId.set(id, capture);
  }
  return { report, captures, byId, text: JSON.stringify([...captures.values()]) };
};

const lastWords = (request: JsonObject): string => {
  const messages = request['messages'] as readonly JsonObject[];
  const content = messages.findLast(({ role }) => role === 'user')?.['content'];
  return typeof content === 'string' ? content : JSON.stringify(content);
};

/** The text of the recorded answer of a capture; null when it has none. */
export const answerText = (capture: Capture | undefined): string | null => {
  const [answer] = capture?.recorded ?? [];
  if (capture === undefined || answer === undefined) return null;
  const text = answerOfRecording(capture.dialect, answer.body)?.text ?? '';
  return text === '' ? null : text;
};

/** The result of a format for a single record. */
export const readOne = (format: Format, record: JsonObject): FormatRecord | undefined =>
  format.open(recordedStreams).read(record, null)[0];
