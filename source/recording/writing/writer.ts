import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../text/user-error.ts';
import type { ImportRecord } from '../../traffic/import-record.ts';
import { ConversationSample } from '../../traffic/selection/conversation-sample.ts';
import type { TappedExchange } from '../tap.ts';
import { captureOfExchange } from './capture-of-exchange.ts';
import type { Sink, Written } from './sinks.ts';

/** How many exchanges were recorded, and how many were not, by reason. */
export type Settled = {
  readonly recorded: number;
  readonly dropped: Readonly<Record<string, number>>;
};

export const nothingSettled: Settled = { recorded: 0, dropped: {} };

export type WriterOptions = {
  readonly sink: Sink;
  /** The share of conversations that are recorded, above 0 and at most 1. */
  readonly share: number;
  /** Removes from a record what must not be saved; nothing changes it afterwards. */
  readonly redact: (record: ImportRecord) => ImportRecord;
  /** A sentence while nothing can be saved; null when it can again. */
  readonly onTrouble: (trouble: string | null) => void;
};

/** How long after a failed write, on a full disk for instance, the next one is tried. */
const retryMs = 1000;

/** Turns exchanges into captures and saves them, trying again while the disk is full. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #sample = new ConversationSample();
  #isHurried = false;
  #isInTrouble = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Resolves when all exchanges are settled. One call at a time. */
  async write(exchanges: readonly TappedExchange[]): Promise<Settled> {
    const dropped: Record<string, number> = {};
    const drop = (reason: string): void => {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    };
    const records: ImportRecord[] = [];
    for (const exchange of exchanges) {
      const record = await this.#recordOf(exchange);
      if (typeof record === 'string') drop(record);
      else records.push(record);
    }
    let recorded = 0;
    for (const reason of records.length === 0 ? [] : await this.#save(records)) {
      if (reason === null) recorded += 1;
      else drop(reason);
    }
    return { recorded, dropped };
  }

  /** From now on what cannot be saved is dropped, and not tried again. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** The record that an exchange is saved as, or why it is not saved. */
  async #recordOf(exchange: TappedExchange): Promise<ImportRecord | string> {
    const { share, redact } = this.#options;
    try {
      const record = await captureOfExchange(exchange);
      if (record.kind === 'capture' && !this.#sample.includes(record.capture, share)) {
        return 'not in the sample';
      }
      return withOwnId(redact(record), exchange.id);
    } catch {
      // The reason is not known, but the exchange is counted and the others are saved.
      return 'could not be read';
    }
  }

  async #save(records: readonly ImportRecord[]): Promise<Written> {
    for (;;) {
      try {
        const written = await this.#options.sink.write(records);
        if (this.#isInTrouble) this.#options.onTrouble(null);
        this.#isInTrouble = false;
        return written;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.#isInTrouble = true;
        this.#options.onTrouble(error.message);
        if (this.#isHurried) return records.map(() => 'could not be saved');
      }
      await sleep(retryMs);
    }
  }
}

/**
 * The record under the id that the client received. The proxy made the id and it identifies nobody, but
 * redaction may mistake it for something else: one UUID in ten thousand contains an IBAN.
 */
const withOwnId = (record: ImportRecord, id: string): ImportRecord =>
  record.kind === 'capture' ? { ...record, capture: { ...record.capture, id } } : { ...record, id };
