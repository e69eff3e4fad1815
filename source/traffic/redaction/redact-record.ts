import type { ImportRecord } from '../import-record.ts';
import { createTally } from './counts.ts';
import { redactCapture, redactRecorded } from './redact-capture.ts';
import { redactText } from './redact-text.ts';
import type { Redactor } from './redactor.ts';

/**
 * A record as it may be stored: without sensitive values, and with the counts of what was found.
 * Records with null as the redactor stay as they are.
 */
export const redactRecord = (record: ImportRecord, redactor: Redactor | null): ImportRecord => {
  if (redactor === null) return record;
  const tally = createTally();
  const text = (value: string): string => redactText(value, redactor, tally.found);
  switch (record.kind) {
    case 'capture': {
      const { capture, counts, recordedCounts } = redactCapture(record.capture, redactor);
      const redacted = capture.request !== record.capture.request;
      return { ...record, capture, redactions: { counts, recordedCounts, request: redacted } };
    }
    case 'answer': {
      const recorded =
        record.recorded === null ? null : redactRecorded(record.recorded, redactor, tally.found);
      const counts = tally.counts();
      const captureId = text(record.captureId);
      return {
        ...record,
        recorded,
        captureId,
        redactions: { counts, recordedCounts: counts, request: false },
      };
    }
    case 'rejected':
      return {
        ...record,
        reason: text(record.reason),
        ...(record.recordId === null || record.recordId === undefined
          ? {}
          : { recordId: text(record.recordId) }),
      };
  }
};
