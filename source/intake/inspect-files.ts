import { access, constants, stat } from 'node:fs/promises';
import { printable } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import type { Format } from '../traffic/formats/format.ts';
import { formats } from '../traffic/formats/formats.ts';
import { mappedFormat } from '../traffic/mapping/mapped-format.ts';
import { checkMapping, type Mapping } from '../traffic/mapping/mapping.ts';
import { findLayout, type Layout } from '../traffic/reading/layout.ts';
import { readRecords } from '../traffic/reading/read-records.ts';
import type { SourceRecord } from '../traffic/reading/source-record.ts';

/** How many of the first records of a file each format recognised, the most first. */
export type Vote = {
  /** The number of records examined. */
  readonly looked: number;
  readonly formats: readonly { readonly format: string; readonly records: number }[];
  /** Records that no format recognised. */
  readonly unknown: number;
};

/** A file that can be imported. */
export type TrafficFile = {
  readonly path: string;
  /** Its size on disk. */
  readonly bytes: number;
  readonly layout: Layout;
  /** The format of its first records. */
  readonly format: Format;
  readonly vote: Vote;
};

type ObjectRecord = Extract<SourceRecord, { kind: 'object' }>;

/** How much of a file is examined: enough records for a vote, or this many lines or bytes. */
const inspected = { objects: 20, lines: 200, bytes: 8 * 1024 * 1024 };

/**
 * Finds the layout and the format of each file by its first records. Throws UserError for the first file
 * that cannot be imported: missing, not readable, a directory, empty, without a JSON object, or in no
 * known format. With a mapping, all files are read by it; a path of it that leads nowhere is an error.
 * Changes nothing, so that a mistake in the last name costs nothing.
 */
export const inspectFiles = async (
  paths: readonly string[],
  mapping: Mapping | null = null,
): Promise<readonly TrafficFile[]> => {
  const files: TrafficFile[] = [];
  for (const path of paths) {
    const bytes = await checkFile(path);
    const layout = await findLayout(path);
    const { format, vote } = await findFormat(path, layout, mapping);
    files.push({ path, bytes, layout, format: (await format.ready?.()) ?? format, vote });
  }
  return files;
};

/** Returns the size of the file. */
const checkFile = async (path: string): Promise<number> => {
  const name = printable(path);
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new UserError(
        `${name} is a directory. Name the files in it, for example ${name}/*.jsonl.`,
      );
    }
    if (!found.isFile()) {
      throw new UserError(`${name} is not a regular file. Write the traffic to a file first.`);
    }
    await access(path, constants.R_OK);
    if (found.size === 0) throw new UserError(`${name} is empty. Nothing was imported.`);
    return found.size;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UserError(`There is no file ${name}. Nothing was imported.`);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new UserError(`${name} cannot be read: no permission. Nothing was imported.`);
    }
    if (code === 'ELOOP') {
      throw new UserError(
        `${name} is a symbolic link that leads back to itself. Nothing was imported.`,
      );
    }
    if (code === 'ENAMETOOLONG') {
      throw new UserError(
        `There is no file ${name.slice(0, 60)}…: the name is longer than the file system allows. Nothing was imported.`,
      );
    }
    throw error;
  }
};

type Found = Pick<TrafficFile, 'format' | 'vote'>;

const findFormat = async (
  path: string,
  layout: Layout,
  mapping: Mapping | null,
): Promise<Found> => {
  const records = await firstRecords(path, layout);
  const objects = records.filter((record) => record.kind === 'object');
  const [first] = objects;
  if (first === undefined) throw new UserError(noRecords(path, records));
  if (mapping !== null) {
    checkMapping(
      mapping,
      objects.map(({ object }) => object),
      printable(path),
    );
    const format = mappedFormat(mapping);
    const looked = objects.length;
    return {
      format,
      vote: { looked, formats: [{ format: format.name, records: looked }], unknown: 0 },
    };
  }
  const best = voteOn(objects);
  if (best === null) {
    const fields = printable(Object.keys(first.object).slice(0, 8).join(', ')).slice(0, 200);
    throw new UserError(
      `${printable(path)} is in no format that understudy knows (${formats.map(({ name }) => name).join(', ')}): its first record has the fields ${fields || 'of an empty object'}. A native capture is {"request": {"messages": […]}}. Of anything else, understudy import --map request=$.path says where the request is.`,
    );
  }
  return best;
};

const firstRecords = async (path: string, layout: Layout): Promise<readonly SourceRecord[]> => {
  const first: SourceRecord[] = [];
  let objects = 0;
  let bytes = 0;
  for await (const records of readRecords(path, layout)) {
    for (const record of records) {
      first.push(record);
      if (record.kind === 'object') objects += 1;
      bytes += record.bytes;
      if (
        objects >= inspected.objects ||
        first.length >= inspected.lines ||
        bytes >= inspected.bytes
      ) {
        return first;
      }
    }
  }
  return first;
};

/** The format that recognises the most records; the first one of a tie. */
const voteOn = (objects: readonly ObjectRecord[]): Found | null => {
  const choices = objects.map(({ object, around }) =>
    formats.find((format) => format.recognises(object, around)),
  );
  const counted = formats
    .map((format) => ({ format, records: choices.filter((choice) => choice === format).length }))
    .filter(({ records }) => records > 0)
    .toSorted((a, b) => b.records - a.records);
  const [best] = counted;
  if (best === undefined) return null;
  return {
    format: best.format,
    vote: {
      looked: objects.length,
      formats: counted.map(({ format, records }) => ({ format: format.name, records })),
      unknown: choices.filter((choice) => choice === undefined).length,
    },
  };
};

/** Why nothing in a file can be imported. */
const noRecords = (path: string, records: readonly SourceRecord[]): string => {
  const name = printable(path);
  const [first] = records;
  if (first === undefined) return `${name} holds only blank lines. Nothing was imported.`;
  if (first.kind === 'unreadable' && records.some(({ validUtf8 }) => !validUtf8)) {
    return `${name} is not text in UTF-8: it cannot be imported. Captured traffic is JSON, plain or gzip.`;
  }
  const reason = first.kind === 'unreadable' ? first.reason : 'no object';
  return `${name} holds no JSON object that could be read: line ${first.line} is ${reason}. Captured traffic is JSON: one object a line, objects over several lines, or an array.`;
};
