import { m001Initial } from './m001-initial.ts';
import { m005Batches } from './m005-batches.ts';

/** One step of the schema; never changed once it has been released, only followed by another. */
export type Migration = { readonly name: string; readonly sql: string };

/** Every step in order. The schema's version is their number. */
export const migrations: readonly Migration[] = [
  { name: 'm001_initial', sql: m001Initial },
  { name: 'm005_batches', sql: m005Batches },
];
