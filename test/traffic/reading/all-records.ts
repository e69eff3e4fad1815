import { readRecords } from '../../../source/traffic/reading/read-records.ts';
import type { SourceRecord } from '../../../source/traffic/reading/source-record.ts';

/** The records of a small file. */
export const allRecords = async (
  file: string,
  maximumBytes?: number,
): Promise<readonly SourceRecord[]> => {
  const all: SourceRecord[] = [];
  for await (const records of readRecords(file, maximumBytes)) all.push(...records);
  return all;
};
