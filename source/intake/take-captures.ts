import { recordedStreams } from '../models/stream/recorded-stream.ts';
import { addRecords } from '../store/captures/add-records.ts';
import { selectRejected } from '../store/captures/rejected-records.ts';
import { offerAll, offerNone, selectAll } from '../store/comparisons/select-captures.ts';
import type { Store } from '../store/open.ts';
import { importTraffic } from './import-traffic.ts';
import type { FileReport } from './import-tally.ts';
import type { TrafficFile } from './inspect-files.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { Selection } from '../traffic/selection/selection.ts';
import { requireCaptures } from './require-captures.ts';
import { selectForRun, selectionOfRun } from './select-for-run.ts';

/** What a run has to replay: what was imported, and the line that says what was selected of it. */
export type TakenCaptures = {
  readonly reports: readonly FileReport[];
  /** Null: everything. */
  readonly selected: string | null;
};

/**
 * Imports the files into the store and the comparison or, without files, takes the captures of the
 * store, and selects of them what was asked for. Throws UserError when nothing is left to be answered.
 */
export const takeCaptures = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly files: readonly TrafficFile[];
    readonly lastTurn: boolean;
    /** Null: everything is stored as it is. */
    readonly redactor: Redactor | null;
    /** The selection of the flags; null: they say nothing of it. */
    readonly asked: Selection | null;
    readonly at: string;
  },
): Promise<TakenCaptures> => {
  const { asked, at, files, lastTurn, redactor } = options;
  const selection = await selectionOfRun(store, comparisonId, asked);
  const offer = selection !== null;
  if (offer) await offerNone(store);
  const reports = await importTraffic({
    files,
    tools: recordedStreams,
    lastTurn,
    addRecords: (records, source) =>
      addRecords(
        store,
        records.map((record) => redactRecord(record, redactor)),
        { source, comparisonId, offer, at },
      ),
  });
  if (files.length === 0 && offer) {
    await selectRejected(store, comparisonId);
    await offerAll(store);
  } else if (files.length === 0) await selectAll(store, comparisonId);
  const selected = offer ? await selectForRun(store, comparisonId, selection) : null;
  await requireCaptures(store, comparisonId, { files: files.length, reports, at });
  return { reports, selected };
};
