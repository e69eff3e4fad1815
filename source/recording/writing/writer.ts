import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportRecord } from '../../traffic/import-record.ts';
import { UserError } from '../../text/user-error.ts';
import type { TappedExchange } from '../tapped-exchange.ts';
import { captureOfExchange } from './capture-of-exchange.ts';
import { isSampled } from './sampling.ts';
import type { Sink } from './sink.ts';

/** How many exchanges are settled, and what became of them. */
export type Settled = {
  readonly recorded: number;
  readonly dropped: Readonly<Record<string, number>>;
};

export type Writer = {
  /** Saves what exchanges come to; resolves when all are settled. One call at a time. */
  readonly write: (exchanges: readonly TappedExchange[]) => Promise<Settled>;
  /** From now on what cannot be saved is given up, and not tried again. */
  readonly hurry: () => void;
};

export type WriterOptions = {
  readonly sink: Sink;
  /** Above 0, at most 1. */
  readonly share: number;
  /** The last change to a record before it is on a disk: what must not be saved is taken out here. */
  readonly prepare: (record: ImportRecord) => ImportRecord;
  /** A sentence while nothing can be saved, null when it can again. */
  readonly onTrouble: (trouble: string | null) => void;
};

/** A full disk is tried again after so long. */
const retryMs = 1000;

/** Nobody knows how a record could not be read: it is counted, and its neighbours are saved. */
const unreadable = 'could not be read';

/** A record that cannot be prepared is not saved as it is. */
const attempt = <T>(work: () => T): T | null => {
  try {
    return work();
  } catch {
    return null;
  }
};

/**
 * The record under the id that the client was told, which is the proxy's own and holds nothing of
 * anybody's, but may look like it: one UUID in ten thousand has an IBAN in it.
 */
const withOwnId = (record: ImportRecord, id: string): ImportRecord =>
  record.kind === 'capture' ? { ...record, capture: { ...record.capture, id } } : { ...record, id };

/** Turns exchanges into captures and saves them, again and again while the disk is full. */
export const createWriter = ({ sink, share, prepare, onTrouble }: WriterOptions): Writer => {
  let hurried = false;
  let inTrouble = false;
  const save = async (records: readonly ImportRecord[]): Promise<readonly (string | null)[]> => {
    for (;;) {
      try {
        const written = await sink.write(records);
        if (inTrouble) onTrouble(null);
        inTrouble = false;
        return written;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        inTrouble = true;
        onTrouble(error.message);
        if (hurried) return records.map(() => 'could not be saved');
      }
      await sleep(retryMs);
    }
  };
  return {
    write: async (exchanges) => {
      const dropped: Record<string, number> = {};
      const drop = (reason: string): void => {
        dropped[reason] = (dropped[reason] ?? 0) + 1;
      };
      const records: ImportRecord[] = [];
      for (const exchange of exchanges) {
        const record = await captureOfExchange(exchange).catch(() => null);
        if (record?.kind === 'capture' && !isSampled(record.capture, share)) {
          drop('not in the sample');
          continue;
        }
        const prepared =
          record === null ? null : attempt(() => withOwnId(prepare(record), exchange.id));
        if (prepared === null) drop(unreadable);
        else records.push(prepared);
      }
      let recorded = 0;
      for (const reason of records.length === 0 ? [] : await save(records)) {
        if (reason === null) recorded += 1;
        else drop(reason);
      }
      return { recorded, dropped };
    },
    hurry: () => {
      hurried = true;
    },
  };
};
