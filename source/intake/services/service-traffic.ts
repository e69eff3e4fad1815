import { Readable } from 'node:stream';
import { Interrupted } from '../../text/interrupted.ts';
import { exceedsDepth, type JsonObject, maximumJsonDepth } from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { UserError } from '../../text/user-error.ts';
import type { ServicePosition } from '../../store/captures/service-imports.ts';
import { sha256 } from '../../traffic/hash.ts';
import { readRecords } from '../../traffic/reading/read-records.ts';
import type { SourceRecord, Surroundings } from '../../traffic/reading/source-record.ts';
import type { TrafficInput } from '../inspect-files.ts';
import { spool } from '../spool.ts';
import type { Service, ServicePage, ServiceProject, TimeRange } from './service.ts';

/** Where the position of an import is kept, so that a stopped one goes on. */
export type PositionKeeper = {
  /** Where the last import stopped; null if it ended. */
  readonly found: ServicePosition | null;
  /** Keeps a position; null when the import is at its end. */
  readonly keep: (position: ServicePosition | null) => Promise<void>;
};

/**
 * The calls of a project that started within a range, as something that can be imported: read page by page,
 * newest first. An import that stopped in a range which reaches back as far goes on from its position, after
 * the calls that came since then. `keeper` is null if nothing is kept (dry runs).
 */
export const serviceTraffic = (
  { format, noun }: Service,
  name: string,
  options: {
    readonly project: ServiceProject;
    readonly range: TimeRange;
    readonly keeper: PositionKeeper | null;
  },
): TrafficInput => {
  const { keeper, project, range } = options;
  const stopped = resumable(keeper?.found ?? null, range);
  let read = 0;
  /** What is kept when the records so far are added; undefined: what is kept already. */
  let position: ServicePosition | null | undefined;

  async function* pages(): AsyncGenerator<ServicePage, void, undefined> {
    if (stopped === null) {
      yield* readRange(range, null, 0);
    } else {
      // A stop in here leaves the position of the older range as it is.
      for await (const page of pagesOf(project, { ...range, start: stopped.end }, null)) yield page;
      yield* readRange(stopped, stopped.cursor, stopped.records);
    }
  }

  async function* readRange(
    { end, start }: TimeRange,
    cursor: string | null,
    before: number,
  ): AsyncGenerator<ServicePage, void, undefined> {
    let sum = before;
    for await (const page of pagesOf(project, { start, end }, cursor)) {
      sum += page.records.length;
      position = page.next === null ? null : { start, end, cursor: page.next, records: sum };
      yield page;
    }
  }

  async function* records(): AsyncGenerator<readonly SourceRecord[], void, undefined> {
    read = 0;
    try {
      for await (const page of pages()) {
        const { around } = page;
        yield page.records.map((object, index) => sourceRecord(object, around, read + index + 1));
        read += page.records.length;
      }
    } catch (error) {
      throw read > 0 && keeper !== null ? endedEarly(error, `${count(read)} ${noun}`) : error;
    }
  }

  const onAdded = async (): Promise<void> => {
    if (position !== undefined) await keeper?.keep(position);
  };
  const vote = { looked: 0, formats: [], unknown: 0 };
  return { name, bytes: 0, format, vote, records, onAdded };
};

/** The stopped import that an import of this range can go on from. */
export const resumable = (
  found: ServicePosition | null,
  range: TimeRange,
): ServicePosition | null =>
  found !== null && found.start <= range.start && found.end >= range.start ? found : null;

/** Reads the pages of a range from a cursor, or from the first one if the service refuses that cursor. */
async function* pagesOf(
  project: ServiceProject,
  range: TimeRange,
  from: string | null,
): AsyncGenerator<ServicePage, void, undefined> {
  let page = await project.page(range, from).catch((error: unknown) => {
    if (from === null || !(error instanceof UserError)) throw error;
    return project.page(range, null);
  });
  yield page;
  while (page.next !== null) {
    const asked = page.next;
    page = await project.page(range, asked);
    yield page;
    if (page.next === asked) {
      throw new UserError('The service names the same page as the next one again and again.');
    }
  }
}

const sourceRecord = (object: JsonObject, around: Surroundings, line: number): SourceRecord => {
  const text = JSON.stringify(object);
  const common = { line, around, bytes: text.length, validUtf8: true, id: () => sha256(text) };
  return exceedsDepth(object)
    ? { ...common, kind: 'unreadable', reason: `nested deeper than ${maximumJsonDepth} levels` }
    : { ...common, kind: 'object', object };
};

/** The error of an import that had added some records before it. */
const endedEarly = (error: unknown, added: string): unknown => {
  const kept = `The ${added} before are kept; run the same command again to go on.`;
  if (error instanceof Interrupted) return new Interrupted(`Stopped. ${kept}`);
  return error instanceof UserError
    ? new UserError(`${error.message} ${kept}`, { cause: error })
    : error;
};

/**
 * Copies the records of an input to a temporary file that can be read as often as needed, for work that reads
 * them twice.
 */
export const spooled = async (input: TrafficInput): Promise<TrafficInput> => {
  async function* lines(): AsyncGenerator<string, void, undefined> {
    for await (const group of input.records()) {
      for (const record of group) {
        // What cannot be read stays a record that cannot be read.
        const text = record.kind === 'object' ? record.object : record.reason;
        yield `${JSON.stringify(text)}\n`;
      }
    }
  }
  const path = await spool(Readable.from(lines()), input.name);
  const { bytes, format, name, vote } = input;
  return { bytes, format, name, vote, records: () => readRecords(path, { kind: 'lines' }) };
};
