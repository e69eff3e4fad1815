import type { ImportRecord } from '../../traffic/import-record.ts';

/** What became of records that were written, one for one: null for saved, else why not. */
export type Written = readonly (string | null)[];

/** Where captures go. */
export type Sink = {
  /**
   * Saves all of them or none. Throws UserError where the user can put it right, such as a full disk;
   * the same records may be given again then.
   */
  readonly write: (records: readonly ImportRecord[]) => Promise<Written>;
  /** The salt of placeholders there; null where none is kept. */
  readonly salt: string | null;
  readonly close: () => Promise<void>;
};
