import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { batchProfileOf } from '../../../source/models/batch/batch-profile.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { at, sampleAnswer, unknownTimings } from '../../store/samples.ts';
import { captureOf, openBatchStand, type BatchStand } from './stand.ts';

/** Copies the first capture's baseline answer to every capture, which leaves one side to replay. */
const answerBaseline = async ({ comparisonId, store }: BatchStand): Promise<void> => {
  await saveResponse(store, {
    comparisonId,
    captureId: 'capture-0',
    side: 'baseline',
    answer: sampleAnswer('an answer'),
    timings: unknownTimings,
    adaptations: [],
    recorded: true,
    providerRequestId: null,
    at,
  });
  const { rows } = await sql<{ name: string }>`
    select name from pragma_table_info('response')
    where name not in ('comparison_id', 'capture_id')
  `.execute(store.db);
  const columns = rows.map(({ name }) => name).join(', ');
  await sql
    .raw(
      `insert into response (comparison_id, capture_id, ${columns})
      select s.comparison_id, s.capture_id, ${columns}
      from comparison_capture s, response r where s.capture_id <> r.capture_id`,
    )
    .execute(store.db);
};

it('splits 50,001 requests after the 50,000 lines that OpenAI takes', async () => {
  const model = resolveModel('openai/gpt-4o');
  const profile = model.kind === 'live' ? batchProfileOf(model.provider) : null;
  if (profile === null) throw new Error('OpenAI has a Batch API.');
  expect(profile.maximumLines).toBe(50_000);
  const number = 50_001;
  const captures = Array.from({ length: number }, (_, index) => captureOf(index));
  const stand = await openBatchStand(captures, { countOnly: true, fate: () => ({ slow: 99 }) });
  await answerBaseline(stand);
  const { ended, progress } = await stand.run({ pollForMs: 0, profile });
  expect([ended, progress.total]).toEqual(['waiting', number]);
  expect(progress.jobs.map(({ lines }) => lines)).toEqual([50_000, 1]);
  const files = stand.server.ordered();
  expect(files.map((lines) => lines.length)).toEqual([50_000, 1]);
  expect(new Set(files.flat().map((line) => line.custom_id)).size).toBe(number);
  // The adaptations of the requests are stored once per job.
  const { rows } = await sql`
    select job_id from batch_line group by job_id having count(distinct adaptations_body) = 1
  `.execute(stand.store.db);
  expect(rows).toHaveLength(2);
}, 240_000);
