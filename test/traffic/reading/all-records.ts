import { findLayout } from '../../../source/traffic/reading/layout.ts';
import { readRecords } from '../../../source/traffic/reading/read-records.ts';
import type { SourceRecord } from '../../../source/traffic/reading/source-record.ts';

/** The records of a small file. */
export const allRecords = async (
  file: string,
  maximumBytes?: number,
): Promise<readonly SourceRecord[]> => {
  const all: SourceRecord[] = [];
  const layout = await findLayout(file);
  for await (const records of readRecords(file, layout, { maximumBytes })) all.push(...records);
  return all;
};
