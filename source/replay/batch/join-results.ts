import { setImmediate } from 'node:timers/promises';
import { withoutKey } from '../../models/echoed-key.ts';
import { readBatchOutputLine, type BatchOutputLine } from '../../models/batch/batch-line.ts';
import type { BatchStatus } from '../../models/batch/batch-status.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { linesByCustomId, unsettledLines } from '../../store/batches/batch-lines.ts';
import { askAgain, type Asked } from './ask-again.ts';
import type { BatchRun } from './batch-run.ts';
import type { JoinedLines } from './event.ts';
import { textLines } from './line-reader.ts';
import { missingFailure } from './missing-failure.ts';
import type { BatchSide } from './options.ts';
import { settleLines, type Joining, type LineResult } from './settle-lines.ts';

/** So many lines are looked up and stored in one transaction. */
const together = 200;

/**
 * Fetches the output and error files of a batch that is over, as streams, and stores what each line
 * says at the request that it answers, in whatever order they come. A line that is in neither file
 * gets the reason that the batch's end gives. It can be done again from the start at any time: what
 * is stored stays as it is.
 */
export const joinResults = async (
  run: BatchRun,
  job: BatchJob,
  side: BatchSide,
  status: BatchStatus,
): Promise<Asked<JoinedLines>> => {
  const counts: Joining['counts'] = {
    answered: 0,
    failed: 0,
    missing: 0,
    malformed: 0,
    foreign: 0,
    duplicated: 0,
  };
  const joining: Joining = { run, job, side, counts, adaptations: new Map() };
  const seen = new Set<string>();
  for (const fileId of [status.outputFileId, status.errorFileId]) {
    if (fileId === null) continue;
    // What a broken download has brought is stored; the next begins again and passes it over.
    const seenBefore = [...seen];
    const { duplicated, foreign, malformed } = counts;
    const read = await askAgain(run, job.side, 'file of answers', async () => {
      seen.clear();
      for (const id of seenBefore) seen.add(id);
      Object.assign(counts, { duplicated, foreign, malformed });
      await joinFile(joining, await side.api.content(fileId), seen);
    });
    if (read.kind === 'failed') return read;
  }
  await settleTheRest(joining, status);
  return { kind: 'done', result: counts };
};

const joinFile = async (
  joining: Joining,
  bytes: AsyncIterable<Uint8Array>,
  seen: Set<string>,
): Promise<void> => {
  const { counts, side } = joining;
  let lines: BatchOutputLine[] = [];
  for await (const text of textLines(bytes)) {
    const line = text === null ? null : withoutKey(readBatchOutputLine(text), side.apiKey);
    if (line === null) counts.malformed++;
    else if (seen.has(line.customId)) counts.duplicated++;
    else {
      seen.add(line.customId);
      lines.push(line);
    }
    if (lines.length < together) continue;
    await settle(joining, lines);
    lines = [];
    await setImmediate();
  }
  await settle(joining, lines);
};

/** Stores what output lines say; each custom id comes once. */
const settle = async (joining: Joining, lines: readonly BatchOutputLine[]): Promise<void> => {
  const { counts, job, run } = joining;
  const { store } = run.options;
  const ids = lines.map(({ customId }) => customId);
  const known = new Map(
    (await linesByCustomId(store, job.id, ids)).map((line) => [line.customId, line]),
  );
  const results: LineResult[] = [];
  for (const { customId, providerRequestId, result } of lines) {
    const line = known.get(customId);
    if (line === undefined) counts.foreign++;
    else if (!line.settled) results.push({ line, result, requestId: providerRequestId });
  }
  await settleLines(joining, results);
};

/** Gives every line that no file has spoken of the reason that the batch's end gives. */
const settleTheRest = async (joining: Joining, status: BatchStatus): Promise<void> => {
  const { counts, job, run } = joining;
  const byLine = new Map(
    status.problems.flatMap(({ line, message }) => (line === null ? [] : [[line, message]])),
  );
  let afterLine = 0;
  for (;;) {
    const page = await unsettledLines(run.options.store, job.id, { afterLine, limit: together });
    const last = page.at(-1);
    if (last === undefined) return;
    afterLine = last.line;
    const results = page.map((line) => {
      const failure = missingFailure(status, byLine.get(line.line) ?? null);
      return { line, result: { kind: 'failed' as const, failure }, requestId: null };
    });
    await settleLines(joining, results);
    counts.failed -= page.length;
    counts.missing += page.length;
    await setImmediate();
  }
};
