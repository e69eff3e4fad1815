import { createReadStream, type Stats } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { printable } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import type { Format } from '../traffic/formats/format.ts';
import { formats } from '../traffic/formats/formats.ts';
import { mixedFile } from '../traffic/formats/mixed-file.ts';
import { mappedFormat } from '../traffic/mapping/mapped-format.ts';
import { exampleImport } from '../traffic/mapping/example-mapping.ts';
import { checkMapping, type Mapping } from '../traffic/mapping/mapping.ts';
import { findLayout, type Layout } from '../traffic/reading/layout.ts';
import type { CsvTable } from '../traffic/reading/read-csv.ts';
import { type ReadOptions, readRecords } from '../traffic/reading/read-records.ts';
import type { SourceRecord } from '../traffic/reading/source-record.ts';
import { spool } from './spool.ts';

/** The number of first records of a file that each format recognized, highest first. */
export type Vote = {
  /** The number of records examined. */
  readonly looked: number;
  readonly formats: readonly { readonly format: string; readonly records: number }[];
  /** Records that no format recognised. */
  readonly unknown: number;
};

/** Records that can be imported: a file, or what a service keeps. */
export type TrafficInput = {
  /** Its name for the user: the path, or `standard input`. */
  readonly name: string;
  /** Its size on disk; 0 if it is not known. */
  readonly bytes: number;
  /** The format of its first records. */
  readonly format: Format;
  readonly vote: Vote;
  /** Reads the records from the beginning, in groups. */
  readonly records: (options?: ReadOptions) => AsyncIterable<Iterable<SourceRecord>>;
  /** Called when the records of a group are added to the sink, before the next group is read. */
  readonly onAdded?: () => Promise<void>;
};

/** A file that can be imported. */
export type TrafficFile = TrafficInput & {
  /** Where to read it, as often as needed. */
  readonly path: string;
  readonly layout: Layout;
};

type ObjectRecord = Extract<SourceRecord, { kind: 'object' }>;

/** The part of a file that is examined: enough records for a vote, or this many lines or bytes. */
const inspected = { objects: 20, lines: 200, bytes: 8 * 1024 * 1024 };

/** A file that holds no traffic that can be read, and why, as sentences for a person. */
export type RefusedFile = { readonly file: string; readonly reason: string };

/**
 * Detects the layout and the format of each file from its first records. Throws UserError for the
 * first file that cannot be imported: missing, unreadable, a directory, empty, without a JSON
 * object, or in no known format. With a mapping, all files are read by it; a path in it without any
 * value is an error. Changes nothing, so a mistake in the last file name has no consequences. `-` is standard
 * input; it and named pipes are read to their end here (`spool`).
 */
export const inspectFiles = async (
  paths: readonly string[],
  mapping: Mapping | null = null,
): Promise<readonly TrafficFile[]> => {
  const { files, refused } = await sortFiles(paths, mapping);
  const [first] = refused;
  if (first !== undefined) throw new UserError(first.reason);
  return files;
};

/**
 * Does the work of `inspectFiles` where one file without traffic shall not stop the others: `refused` has
 * those. Still throws UserError for a file that is missing or may not be read.
 */
export const sortFiles = async (
  paths: readonly string[],
  mapping: Mapping | null,
): Promise<{
  readonly files: readonly TrafficFile[];
  readonly refused: readonly RefusedFile[];
}> => {
  const files: TrafficFile[] = [];
  const refused: RefusedFile[] = [];
  for (const path of paths) {
    const input = await openInput(path);
    try {
      files.push(await inspectFile(input, mapping));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused.push({ file: input.name, reason: error.message });
    }
  }
  return { files, refused };
};

/** A file that exists, or a copy of what is none. */
export type Input = Pick<TrafficFile, 'name' | 'path'> & { readonly found: Stats };

/**
 * Finds a file that is to be read more than once; standard input (`-`) and named pipes are copied first
 * (`spool`). Throws UserError for a file that is missing or may not be read.
 */
export const openInput = async (given: string): Promise<Input> => {
  if (given === '-' || given === '/dev/stdin') {
    if (process.stdin.readableEnded) {
      throw new UserError('Standard input can be read only once. Name it once.');
    }
    return copied(process.stdin, 'standard input');
  }
  const found = await statFile(given);
  if (found.isFIFO()) return copied(createReadStream(given), given);
  return { path: given, name: given, found };
};

const copied = async (source: Readable, name: string): Promise<Input> => {
  const path = await spool(source, name);
  return { path, name, found: await stat(path) };
};

const inspectFile = async (
  { found, name: given, path }: Input,
  mapping: Mapping | null,
): Promise<TrafficFile> => {
  const name = printable(given);
  if (found.isDirectory()) {
    throw new UserError(
      `${name} is a directory. Name the files in it, for example ${name}/*.jsonl.`,
    );
  }
  if (!found.isFile()) {
    throw new UserError(`${name} is not a regular file. Write the traffic to a file first.`);
  }
  if (found.size === 0) throw new UserError(`${name} is empty. Nothing was imported from it.`);
  const layout = await findLayout(path, given);
  const { format, vote } = await findFormat({ path, name: given }, layout, mapping);
  const ready = (await format.ready?.()) ?? mixedFile(format);
  const records = (options?: ReadOptions) => readRecords(path, layout, options);
  return { path, name: given, bytes: found.size, layout, format: ready, vote, records };
};

const statFile = async (path: string): Promise<Stats> => {
  const name = printable(path);
  try {
    await access(path, constants.R_OK);
    return await stat(path);
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
  { name: file, path }: Pick<TrafficFile, 'name' | 'path'>,
  layout: Layout,
  mapping: Mapping | null,
): Promise<Found> => {
  const records = await firstRecords(path, layout);
  const objects = records.filter((record) => record.kind === 'object');
  const [first] = objects;
  if (first === undefined) throw new UserError(noRecords(file, records));
  if (mapping !== null) {
    checkMapping(
      mapping,
      objects.map(({ object }) => object),
      printable(file),
    );
    const format = mappedFormat(mapping);
    const looked = objects.length;
    return {
      format,
      vote: { looked, formats: [{ format: format.name, records: looked }], unknown: 0 },
    };
  }
  const example = exampleImport(
    path === file ? path : '-',
    objects.map(({ object }) => object),
  );
  const line = example === null ? null : printable(example);
  // Its cells are texts, so that what looks like a known record would be one with other parameters.
  if (layout.kind === 'csv') throw new UserError(aboutTable(file, layout, line));
  const best = voteOn(objects);
  if (best === null) {
    const fields = printable(Object.keys(first.object).slice(0, 8).join(', ')).slice(0, 200);
    const flag = line ?? 'understudy import --map request=$.path';
    throw new UserError(
      `${printable(file)} is in no format that understudy knows (${formats.map(({ name }) => name).join(', ')}): its first record has the fields ${fields || 'of an empty object'}. A native capture is {"request": {"messages": […]}}. Of anything else, say where the request is: ${flag}`,
    );
  }
  return best;
};

const aboutTable = (file: string, { columns }: CsvTable, example: string | null): string => {
  const shown = printable(columns.slice(0, 20).join(', ')).slice(0, 400);
  const what = `${printable(file)} is a CSV file with the columns ${shown}.`;
  return example === null
    ? `${what} Its first rows hold no text that could be a request.`
    : `${what} Say which of them is what: ${example}`;
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

/** Returns the format that recognizes the most records; the first one in a tie. */
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

/** Describes why nothing in a file can be imported. */
const noRecords = (file: string, records: readonly SourceRecord[]): string => {
  const name = printable(file);
  const [first] = records;
  if (first === undefined)
    return `${name} contains only blank lines. Nothing was imported from it.`;
  if (first.kind === 'unreadable' && records.some(({ validUtf8 }) => !validUtf8)) {
    return `${name} is not text in UTF-8: it cannot be imported. Captured traffic is JSON, plain or gzip; save text in another encoding, such as UTF-16, as UTF-8.`;
  }
  const reason = first.kind === 'unreadable' ? first.reason : 'no object';
  return `${name} contains no readable JSON object (line ${first.line}: ${reason}). Captured traffic is JSON: one object a line, objects over several lines, or an array.`;
};
