import type { Dialect } from 'kysely';
import type { StorableCapture, StorableRecording } from '../captures/storable-record.ts';

/**
 * The operations of a database that go beyond common SQL. All of them act on the connections that
 * `dialect` uses.
 */
export type Engine = {
  readonly dialect: Dialect;

  /** Whether opening the store has created it. */
  readonly isNew: boolean;

  /** Where a connection of another thread opens the store, and whether it is still being built. */
  readonly place: () => StorePlace;

  /**
   * Puts a store that is being built where the user named it. What other connections wrote must be
   * committed, and they must be closed. Does nothing for any other store.
   */
  readonly putInPlace: () => Promise<void>;

  /** Runs a write whose commit survives a power failure once the promise resolves. */
  readonly durably: (write: () => Promise<unknown>) => Promise<void>;

  /**
   * Returns a number that changes whenever another process changes the store. The call is cheap.
   */
  readonly dataVersion: () => Promise<number>;

  /** Creates a writer of captures with prepared statements, for the open transaction. */
  readonly captureWriter: () => CaptureWriter;

  /** Prepares an import-only connection: durable commits, more cache, no foreign-key checks. */
  readonly prepareForImport: () => void;

  /** The temporary tables of selections and summaries. They are private to this connection. */
  readonly temporaryTables: TemporaryTables;

  /** The index of the texts of the store. It is not part of the schema: the first search creates it. */
  readonly searchIndex: SearchIndex;

  /** Locks the store for this process alone; false while another process has it open. */
  readonly lockForRewriting: () => Promise<boolean>;

  /** Postpones foreign-key checks until the open transaction commits. */
  readonly deferForeignKeys: () => Promise<void>;

  /** Rewrites the whole file, so that no deleted or overwritten data remains in it. */
  readonly compact: () => Promise<void>;

  /**
   * Writes a copy of the store as it is at this moment to a new file, and resolves to its size in bytes.
   * Other processes may go on writing. Throws UserError if the file exists or cannot be written.
   */
  readonly copyTo: (file: string) => Promise<number>;

  /** Flushes what this connection wrote and closes it. */
  readonly close: () => void;
};

/** The file that holds a store at the moment. */
export type StorePlace = {
  readonly file: string;
  /** It is built beside its place: nobody else reads it, and it has no write-ahead log. */
  readonly isBuilt: boolean;
};

/** An index of the trigrams of requests and answers, from which it can always be made again. */
export type SearchIndex = {
  /**
   * Creates an empty index if there is none, and what finds the captures of a body. At first this sorts
   * the bodies of all captures and answers.
   */
  readonly create: () => Promise<void>;
  /** Returns the number of the last body that the index covers, and of the last one in the store. */
  readonly place: () => Promise<{ readonly done: number; readonly all: number }>;
  /**
   * Adds the next bodies in one transaction, at most `count`, none after the body `all`, and returns the
   * number of the last one that the index covers then. `textOf` returns what is indexed of a body's JSON
   * text, as terms will be written.
   */
  readonly addNext: (
    count: number,
    all: number,
    textOf: (body: string) => string,
  ) => Promise<number>;
  /** Returns the numbers of the bodies that have all of these parts of three characters, at most `limit`. */
  readonly candidates: (trigrams: readonly string[], limit: number) => Promise<readonly number[]>;
  /** Returns the captures of a comparison whose request or first answers are one of these bodies. */
  readonly capturesOf: (
    comparisonId: string,
    bodies: readonly number[],
  ) => Promise<readonly string[]>;
  /** Deletes the index: bodies are about to change. */
  readonly drop: () => Promise<void>;
};

/** The row of a stored capture. */
export type KnownCapture = Pick<StorableCapture, 'dialect' | 'model' | 'metadata'> & {
  readonly number: number;
  readonly request_body: number;
};

/** Writes captures inside an open transaction. Imports write millions of them. */
export type CaptureWriter = {
  readonly find: (id: string) => Promise<KnownCapture | undefined>;
  /** Adds a new capture with its recorded responses. */
  readonly add: (capture: StorableCapture, source: string, at: string) => Promise<void>;
  /** Adds recorded responses that a capture does not have yet. */
  readonly addRecordings: (
    captureNumber: number,
    recordings: readonly StorableRecording[],
  ) => Promise<void>;
};

/** A row of the table `choice`: the decision about one capture of a selection. */
export type SelectionChoice = readonly [
  captureId: string,
  position: string,
  /** The reason why the capture is left out; null if it is selected. */
  reason: string | null,
  place: string,
  stratum: string,
];

/**
 * The temporary tables `offered` and `choice` of a selection, and `standing_verdict` and `marked_pair` of a summary.
 * They end with the connection, so a killed import leaves no half-made selection behind.
 */
export type TemporaryTables = {
  /** Creates an empty `offered`, replacing an earlier one. */
  readonly createOffered: () => Promise<void>;
  /** Adds captures to `offered`; duplicates are ignored. */
  readonly insertOffered: (captureIds: readonly string[]) => Promise<void>;
  /** Creates an empty `choice`, replacing an earlier one. */
  readonly createChoice: () => Promise<void>;
  readonly insertChoices: (choices: readonly SelectionChoice[]) => Promise<void>;
  /** Creates an empty `standing_verdict` and an empty `marked_pair`, replacing earlier ones. */
  readonly createMarks: () => Promise<void>;
  /**
   * Selects every offered capture into a comparison, which keeps what it has. Call it within a
   * transaction.
   */
  readonly takeOffered: (comparisonId: string) => Promise<void>;
  readonly drop: () => Promise<void>;
};
