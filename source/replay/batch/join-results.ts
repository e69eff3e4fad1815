import { setImmediate } from 'node:timers/promises';
import type { Failure } from '../../models/answer.ts';
import { BatchError } from '../../models/batch/batch-client.ts';
import { readBatchOutputLine, type BatchOutputLine } from '../../models/batch/batch-line.ts';
import type { BatchStatus } from '../../models/batch/batch-status.ts';
import { plainFailure } from '../../models/call/failures.ts';
import { withoutKey } from '../../models/echoed-key.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { linesByCustomId, unsettledLines } from '../../store/batches/batch-lines.ts';
import type { BatchComparison } from './batch-comparison.ts';
import type { JoinedLines } from './batch-event.ts';
import type { BatchSide } from './batch-options.ts';
import { goneAtProvider, repeatRequest, type ProviderResponse } from './provider-request.ts';
import { settleLines, type Joining, type LineResult } from './settle-lines.ts';

/** The number of lines that are looked up and stored in one transaction. */
const linesTogether = 200;

/** A longer line of an output file cannot hold one of our answers. */
const longestLine = 64 * 1024 * 1024;

/**
 * Streams the output and error files of an ended batch and stores each line's result with its
 * request, in any order. A request in neither file fails with the reason for which the batch ended.
 * Repeating this from the start is safe: stored results do not change. Fails if the files cannot be those
 * of the batch, because its answers, which were paid for, would count as missing and be paid for again.
 */
export const joinResults = async (
  comparison: BatchComparison,
  job: BatchJob,
  side: BatchSide,
  status: BatchStatus,
): Promise<ProviderResponse<JoinedLines>> => {
  const counts: Joining['counts'] = {
    answered: 0,
    failed: 0,
    missing: 0,
    malformed: 0,
    foreign: 0,
    duplicated: 0,
  };
  const joining: Joining = { comparison, job, side, counts, adaptations: new Map() };
  const seen = new Set<string>();
  if (status.outputFileId === null && (status.completed ?? 0) > 0) {
    const message = `The batch names no file of its ${status.completed} answers.`;
    return { kind: 'failed', failure: plainFailure('not_an_answer', message) };
  }
  for (const fileId of [status.outputFileId, status.errorFileId]) {
    if (fileId === null) continue;
    // Lines of a broken download are already stored. The next download starts over and skips them.
    const seenBefore = [...seen];
    const { duplicated, foreign, malformed } = counts;
    const read = await repeatRequest(comparison, job.side, 'file of answers', async () => {
      seen.clear();
      for (const id of seenBefore) seen.add(id);
      Object.assign(counts, { duplicated, foreign, malformed });
      await joinFile(joining, await side.api.content(fileId), seen);
    });
    if (read.kind === 'failed') return { ...read, failure: goneAtProvider(read.failure) };
  }
  await failMissing(joining, status);
  return { kind: 'done', result: counts };
};

const joinFile = async (
  joining: Joining,
  bytes: AsyncIterable<Uint8Array>,
  seen: Set<string>,
): Promise<void> => {
  const { comparison, counts, side } = joining;
  const { thinkTags = 'apart' } = comparison.options;
  let lines: BatchOutputLine[] = [];
  let readable = 0;
  let unreadable = 0;
  for await (const text of textLines(bytes)) {
    const read = text === null ? null : readBatchOutputLine(text, thinkTags);
    const line = read === null ? null : withoutKey(read, side.apiKey);
    if (line === null) unreadable++;
    else readable++;
    if (line === null) counts.malformed++;
    else if (seen.has(line.customId)) counts.duplicated++;
    else {
      seen.add(line.customId);
      lines.push(line);
    }
    if (lines.length < linesTogether) continue;
    await storeLines(joining, lines);
    lines = [];
    await setImmediate();
  }
  await storeLines(joining, lines);
  if (readable === 0 && unreadable > 0) {
    const message = 'The provider sent something else in place of the file of answers.';
    throw new BatchError(plainFailure('not_an_answer', message));
  }
};

/** Stores the results of output lines; each custom id comes once. */
const storeLines = async (joining: Joining, lines: readonly BatchOutputLine[]): Promise<void> => {
  const { comparison, counts, job } = joining;
  const { store } = comparison.options;
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

/** Stores a failure for every request that is in neither file. */
const failMissing = async (joining: Joining, status: BatchStatus): Promise<void> => {
  const { comparison, counts, job } = joining;
  const { store } = comparison.options;
  const problems = new Map(
    status.problems.flatMap(({ line, message }) => (line === null ? [] : [[line, message]])),
  );
  let afterLine = 0;
  for (;;) {
    const page = await unsettledLines(store, job.id, { afterLine, limit: linesTogether });
    const last = page.at(-1);
    if (last === undefined) return;
    afterLine = last.line;
    const results = page.map((line) => {
      const failure = missingFailure(status, problems.get(line.line) ?? null);
      return { line, result: { kind: 'failed' as const, failure }, requestId: null };
    });
    await settleLines(joining, results);
    counts.failed -= page.length;
    counts.missing += page.length;
    await setImmediate();
  }
};

/**
 * Returns the failure of a request that is in neither file of an ended batch. `problem` is the
 * provider's message about its line of the input file; null if there is none.
 */
const missingFailure = (status: BatchStatus, problem: string | null): Failure => {
  const failure = (reason: Failure['reason'], message: string): Failure => ({
    reason,
    message,
    status: null,
    retryAfterMs: null,
    parameter: null,
  });
  if (problem !== null) {
    return failure('rejected', `The batch was refused at this line: ${problem}`);
  }
  switch (status.phase) {
    case 'expired':
      return failure('timeout', 'The batch expired before it came to this request.');
    case 'cancelled':
      return failure('interrupted', 'The batch was cancelled before it came to this request.');
    case 'failed':
      return failure(
        'interrupted',
        `The batch was refused as a whole: ${status.problems[0]?.message ?? 'it does not say why'}`,
      );
    default:
      return failure(
        'truncated',
        "The batch is complete, but neither its output nor its error file has this request's line.",
      );
  }
};

/**
 * Splits streamed text into lines without line ends, and skips blank lines. Yields null for a line
 * that is too long.
 */
export async function* textLines(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | null, void, undefined> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  const take = (text: string): void => {
    length += text.length;
    if (length > longestLine) parts = [];
    else parts.push(text);
  };
  const endLine = (): string | null => {
    const whole = length > longestLine ? null : parts.join('');
    parts = [];
    length = 0;
    return whole;
  };
  for await (const piece of pieces) {
    const texts = decoder.decode(piece, { stream: true }).split('\n');
    const rest = texts.pop() ?? '';
    for (const text of texts) {
      take(text);
      const whole = endLine();
      if (whole === null || whole.trim() !== '') yield whole;
    }
    take(rest);
  }
  take(decoder.decode());
  const last = endLine();
  if (last === null || last.trim() !== '') yield last;
}
