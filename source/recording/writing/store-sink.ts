import { randomBytes } from 'node:crypto';
import { addRecords } from '../../store/captures/add-records.ts';
import { openStore } from '../../store/open.ts';
import { redactionSalt } from '../../store/redaction/salt.ts';
import type { Sink } from './sink.ts';

/** Saves captures in a store, each batch in one transaction. Throws UserError as `openStore` does. */
export const openStoreSink = async (file: string): Promise<Sink> => {
  const store = await openStore(file);
  const salt = await redactionSalt(store, () => randomBytes(32).toString('hex'));
  return {
    salt,
    write: async (records) => {
      const { fates } = await addRecords(store, records, {
        source: 'understudy record',
        comparisonId: null,
        at: new Date().toISOString(),
      });
      return fates.map((fate) => (fate.kind === 'rejected' ? fate.reason : null));
    },
    close: store.close,
  };
};
