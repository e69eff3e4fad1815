import {
  type CompiledQuery,
  Kysely,
  PostgresQueryCompiler,
  type QueryId,
  type RootOperationNode,
  SqliteQueryCompiler,
} from 'kysely';
import { describe, expect, it } from 'vitest';
import { changeAllowance, takeAllowance } from '../../source/store/allowances.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import {
  discardBatchJob,
  endBatchJob,
  insertBatchJob,
  openBatchJobs,
  updateBatchJob,
} from '../../source/store/batches/batch-jobs.ts';
import {
  addBatchLines,
  countOpenBatchLines,
  linesByCustomId,
  loadAdaptations,
  orderedElsewhere,
  settleBatchLines,
  unsettledLines,
} from '../../source/store/batches/batch-lines.ts';
import { batchRefusals, batchTries } from '../../source/store/batches/batch-tries.ts';
import {
  leaveBatchRun,
  takeBatchRun,
  touchBatchRun,
} from '../../source/store/batches/batch-workers.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { countRecords, recordedModels } from '../../source/store/captures/captures.ts';
import { partialFacts } from '../../source/store/captures/partial-captures.ts';
import { discardRejected, selectRejected } from '../../source/store/captures/rejected-records.ts';
import {
  listClaimants,
  releaseAllClaims,
  releaseClaims,
  removeClaimants,
  takeClaims,
  touchClaimant,
} from '../../source/store/side-claims.ts';
import {
  countAnsweredPairs,
  countMissing,
  missingCalls,
  missingHourBytes,
} from '../../source/store/comparisons/answer-counts.ts';
import {
  discardComparison,
  dropEmptyComparison,
  findComparison,
  openComparison,
  siblingComparisons,
} from '../../source/store/comparisons/comparisons.ts';
import { saveOutcome, uncomparedAnswers } from '../../source/store/comparisons/outcomes.ts';
import {
  failureFacts,
  notSentFacts,
  pairFacts,
} from '../../source/store/comparisons/pair-facts.ts';
import { blindFacts, reviewerFacts } from '../../source/store/comparisons/reviewer-facts.ts';
import { firstCaptures, judgedCaptures } from '../../source/store/comparisons/first-pairs.ts';
import { machineFacts } from '../../source/store/comparisons/machine-facts.ts';
import { blockFacts, refreshBlocks } from '../../source/store/comparisons/pair-blocks.ts';
import { listPairs, loadPair } from '../../source/store/comparisons/pairs.ts';
import { queueFacts } from '../../source/store/comparisons/queue-facts.ts';
import {
  pendingByTime,
  pendingPairs,
  pendingRequests,
} from '../../source/store/comparisons/pending-pairs.ts';
import { loadRemedies, saveRemedy } from '../../source/store/comparisons/remedies.ts';
import {
  countLeftOut,
  offerAll,
  offeredEndpoints,
  selectLike,
  selectOffered,
} from '../../source/store/comparisons/select-captures.ts';
import { fillStandingVerdicts } from '../../source/store/comparisons/standing-verdicts.ts';
import { stratumSizes } from '../../source/store/comparisons/strata.ts';
import { tokenFacts } from '../../source/store/comparisons/token-facts.ts';
import { ledger, orderedInBatches } from '../../source/store/ledger.ts';
import { saveJobNotSent, saveManyNotSent } from '../../source/store/not-sent.ts';
import type { Store } from '../../source/store/open.ts';
import { redactionSalt } from '../../source/store/redaction/open-redactor.ts';
import {
  countPendingRedacted,
  countRedacted,
  countSentAs,
  listRedactions,
  pendingRedacted,
} from '../../source/store/redaction/redactions.ts';
import { scrubStore } from '../../source/store/redaction/scrub-store.ts';
import { reuseAnswer, saveResponses } from '../../source/store/responses.ts';
import type { Tables } from '../../source/store/tables.ts';
import { repeatFacts } from '../../source/store/comparisons/control-facts.ts';
import {
  judgedNoiseFacts,
  listNoisePairs,
  noiseFact,
} from '../../source/store/comparisons/noise.ts';
import { mergeStores } from '../../source/store/merge/merge-stores.ts';
import {
  pairsOfOthers,
  releasePair,
  reservePair,
  saveOverlap,
} from '../../source/store/comparisons/overlap.ts';
import {
  appendEvent,
  listEvents,
  listEventsOfOthers,
  listResolvedByOthers,
} from '../../source/store/verdicts.ts';
import { loadRules } from '../../source/redaction/rules/load-rules.ts';
import { RuleRedactor } from '../../source/redaction/redactor.ts';
import { everything } from '../../source/traffic/selection/selection.ts';
import { at, sampleAnswer, sampleCapture, sampleResponse, unknownTimings } from './samples.ts';
import { temporaryStore } from './temporary-store.ts';

/** Compiles for SQLite, and keeps what the same query is for PostgreSQL. */
class RecordingCompiler extends SqliteQueryCompiler {
  readonly postgres = new Set<string>();

  override compileQuery<Row>(query: RootOperationNode, id: QueryId): CompiledQuery<Row> {
    this.postgres.add(new PostgresQueryCompiler().compileQuery(query, id).sql);
    return super.compileQuery(query, id);
  }
}

const drain = async (pages: AsyncIterable<unknown>): Promise<void> => {
  for await (const page of pages) expect(page).toBeDefined();
};

const timeout = {
  reason: 'timeout',
  message: 'late',
  status: null,
  retryAfterMs: null,
  parameter: null,
} as const;

/** Imports, selects and replays live, as `compare` does it. Gives two comparisons of one baseline. */
const replayLive = async (store: Store): Promise<readonly [string, string]> => {
  const model = { name: 'n', baseline: 'a', at };
  const { id: first } = await openComparison(store, { ...model, candidate: 'b' });
  const { id: second } = await openComparison(store, { ...model, candidate: 'c' });
  const captures = ['c1', 'c2', 'c3'].map((id) => sampleCapture(id));
  const options = { source: 's', comparisonId: first, at };
  const records = captures.map((capture) => ({ kind: 'capture', capture }) as const);
  await addRecords(store, records, options);
  await addRecords(store, records, options);
  const lost = { kind: 'answer', id: 'x', line: 1, captureId: 'nobody', recorded: null } as const;
  await addRecords(store, [lost], options);
  await selectRejected(store, first);
  await discardRejected(store, at);
  await offerAll(store);
  await offeredEndpoints(store, 3);
  await selectOffered(store, first, { ...everything, limit: 2 });
  await countLeftOut(store, first);
  await selectLike(store, first, second);
  await siblingComparisons(store, first);
  const samples = { baseline: 2, candidate: 1 };
  await pendingPairs(store, first, { afterPosition: null, limit: 9, samples });
  await pendingByTime(store, first, samples);
  await drain(pendingRequests(store, first, { side: 'baseline', limit: 9, characters: 999 }));
  const claimant = { id: 'run', host: 'h', pid: 1, startedAt: at };
  const side = { captureId: 'c1', side: 'baseline', sample: 0 } as const;
  const shared = { ...side, comparisonIds: [first, second] };
  await touchClaimant(store, claimant, at);
  await takeClaims(store, claimant, [shared, shared], at);
  await releaseClaims(store, 'run', [shared]);
  await saveResponses(store, [first], sampleResponse(first, 'c1', 'baseline'));
  await saveResponses(store, [first], sampleResponse(first, 'c1', 'baseline'));
  await saveResponses(store, [first], sampleResponse(first, 'c1', 'candidate'));
  await takeClaims(store, claimant, [shared], at);
  await releaseAllClaims(store, 'run');
  await listClaimants(store);
  await removeClaimants(store, ['run']);
  const sources = [{ comparisonId: first, adaptations: null }];
  await reuseAnswer(store, { ...side, sources, targets: [second] });
  const failed = { comparisonId: first, captureId: 'c2', side: 'baseline', at } as const;
  await saveAttempt(store, {
    ...failed,
    failure: timeout,
    partial: sampleAnswer('half'),
    timings: unknownTimings,
    providerRequestId: null,
    final: true,
  });
  const unsent = { captureId: 'c3', side: 'baseline', sample: 0, reason: 'stopped' } as const;
  await saveManyNotSent(store, first, [unsent], at);
  const remedy = { parameter: 'temperature', action: 'removed', reason: 'refused' } as const;
  await saveRemedy(store, { comparisonId: first, modelLabel: 'b', dialect: 'chat', remedy, at });
  await loadRemedies(store, first, { modelLabel: 'b', dialect: 'chat' });
  return [first, second];
};

/** Orders, settles and ends batches. */
const replayInBatches = async (store: Store, comparisonId: string): Promise<void> => {
  const job = { id: 'job', comparisonId, side: 'candidate' } as const;
  const self = { host: 'h', pid: 1, at, isAlive: () => true };
  await takeBatchRun(store, comparisonId, self);
  await touchBatchRun(store, comparisonId, at);
  await insertBatchJob(store, { ...job, at });
  const lines = ['c2', 'c3'].map((captureId) => ({
    customId: captureId,
    captureId,
    sample: 0,
    adaptations: [],
  }));
  const saved = new Map<string, number>();
  await addBatchLines(store, job, lines, 1, saved);
  for (const number of saved.values()) await loadAdaptations(store, number);
  await linesByCustomId(store, 'job', ['c2']);
  await unsettledLines(store, 'job', { afterLine: 0, limit: 5 });
  await updateBatchJob(store, 'job', { state: 'submitted', lines: 2 }, at);
  await openBatchJobs(store, comparisonId);
  await countOpenBatchLines(store, comparisonId, 'c2');
  await orderedElsewhere(store, [comparisonId], ['c2'], 'candidate');
  await orderedInBatches(store, []);
  await saveJobNotSent(store, 'job', { reason: 'ordered', at });
  const response = { ...sampleResponse(comparisonId, 'c2', 'candidate'), batch: true };
  await settleBatchLines(store, 'job', [{ line: 1, response }], [comparisonId]);
  await batchTries(store, comparisonId, ['c2']);
  await batchRefusals(store, comparisonId, ['c2']);
  await endBatchJob(store, 'job', { state: 'done', providerState: null, problem: null, at });
  await discardBatchJob(store, 'job');
  await leaveBatchRun(store, comparisonId);
};

/** Compares, reviews and reads everything that a summary reads. */
const review = async (store: Store, comparisonId: string): Promise<void> => {
  await drain(uncomparedAnswers(store, comparisonId, 1));
  const nothing = { baseline: [], candidate: [] };
  const differs = { toolCalls: false, language: false, finishReason: false };
  const comparison = { outcome: 'different', reason: 'r', badges: nothing, differs } as const;
  await saveOutcome(store, { comparisonId, captureId: 'c1', rules: 1, comparison });
  const event = { comparisonId, captureId: 'c1', reviewer: 'ann', at } as const;
  await appendEvent(store, { ...event, id: '1', kind: 'verdict', verdict: 'agree' });
  const repeat = { id: '2', control: { kind: 'repeat', repeats: '1' } } as const;
  await appendEvent(store, { ...event, ...repeat, kind: 'verdict', verdict: 'agree' });
  await listEvents(store, comparisonId, 'ann');
  await listEventsOfOthers(store, comparisonId, 'ann');
  await listResolvedByOthers(store, comparisonId, 'ann');
  await saveOverlap(store, comparisonId, 0.1);
  await pairsOfOthers(store, { comparisonId, reviewer: 'ann', at });
  await saveOverlap(store, comparisonId, 0);
  const reservation = { comparisonId, reviewer: 'ann', captureId: 'c1', at, until: at };
  await reservePair(store, reservation);
  await releasePair(store, reservation);
  await mergeStores(store, await temporaryStore(), () => false);
  await listPairs(store, comparisonId, { after: '', limit: 5 });
  await listPairs(store, comparisonId, { captureIds: ['c1'] });
  for await (const facts of queueFacts(store, comparisonId)) expect(facts.kind).not.toBe('');
  for (const captureId of ['c1', 'c2', 'c3']) await loadPair(store, comparisonId, captureId);
  await findComparison(store, null);
  await countRecords(store);
  await countRecords(store, comparisonId);
  await recordedModels(store, comparisonId);
  await partialFacts(store, comparisonId);
  await fillStandingVerdicts(store, comparisonId);
  for (const by of ['endpoint', 'metadata.customer']) {
    const stratify = { by, most: 2 };
    await pairFacts(store, comparisonId, { reviewer: 'ann', stratify });
    await stratumSizes(store, comparisonId, stratify);
  }
  await pairFacts(store, comparisonId, { reviewer: null, stratify: null });
  await noiseFact(store, await findComparison(store, comparisonId));
  await listNoisePairs(store, await findComparison(store, comparisonId));
  await judgedNoiseFacts(store, { id: comparisonId }, comparisonId, 'ann');
  await repeatFacts(store, comparisonId);
  await reviewerFacts(store);
  await blindFacts(store, comparisonId, 'ann');
  await failureFacts(store, comparisonId);
  await notSentFacts(store, comparisonId);
  await machineFacts(store, comparisonId, { first: 'c1', end: 'c3' });
  const each = { tiers: [9], moments: true, models: true };
  const grouping = { baseline: each, candidate: each };
  await refreshBlocks(store, comparisonId, grouping);
  await blockFacts(store, comparisonId, grouping, 'all');
  await judgedCaptures(store, comparisonId, 'all');
  await firstCaptures(store, comparisonId, { outcome: null, limit: 5, scope: 'all' });
  await tokenFacts(store, comparisonId, { baseline: [9], candidate: [] });
  await countAnsweredPairs(store, comparisonId);
  await countMissing(store, comparisonId, { baseline: 1, candidate: 1 });
  await missingCalls(store, comparisonId, 'baseline', 2);
  await missingHourBytes(store, comparisonId, 'baseline', 2);
  await ledger(store, { start: '', tiersOf: () => [9] });
};

/** Everything about budgets and redaction, and taking comparisons back. */
const tidyUp = async (store: Store, comparisonIds: readonly string[]): Promise<void> => {
  const self = { host: 'h', pid: 1, at, isAlive: () => false };
  await takeAllowance(store, self, 5);
  await takeAllowance(store, { ...self, pid: 2 }, 5);
  await changeAllowance(store, self, 1);
  await countRedacted(store, comparisonIds[0] ?? '');
  await countSentAs(store, comparisonIds[0] ?? '');
  await pendingRedacted(store, comparisonIds, ['c1'], 1);
  await countPendingRedacted(store, comparisonIds, 1);
  const { id } = await openComparison(store, { name: 'e', baseline: 'a', candidate: 'b', at });
  await discardComparison(store, id);
  await dropEmptyComparison(store, id);
  const options = { source: 'bob@example.com', comparisonId: null, at };
  const capture = sampleCapture('mail bob@example.com');
  await addRecords(store, [{ kind: 'capture', capture }], options);
  const salt = await redactionSalt(store, () => 'salt');
  await scrubStore(store, new RuleRedactor({ rules: await loadRules(), salt }));
  await listRedactions(store);
};

/** Words and functions that only SQLite knows. */
const onlySqlite =
  /\b(?:insert or|replace into|glob|iif|ifnull|strftime|julianday|unixepoch|instr|group_concat|printf|json_each|json_extract|rowid|pragma|vacuum|sqlite_\w+|temp\.)|->>|\?/i;

describe('the SQL of the store', () => {
  it('is SQL that PostgreSQL knows, but for that of the engine', async () => {
    const plain = await temporaryStore();
    const compiler = new RecordingCompiler();
    const dialect = { ...plain.engine.dialect, createQueryCompiler: () => compiler };
    const store = { ...plain, db: new Kysely<Tables>({ dialect }) };
    const comparisonIds = await replayLive(store);
    await replayInBatches(store, comparisonIds[0]);
    await review(store, comparisonIds[0]);
    await tidyUp(store, comparisonIds);
    const queries = [...compiler.postgres];
    expect(queries.length).toBeGreaterThan(100);
    expect(queries.filter((query) => onlySqlite.test(query))).toEqual([]);
  });
});
