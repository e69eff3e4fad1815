import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { durationFacts } from '../../../source/store/comparisons/duration-facts.ts';
import { fillScope } from '../../../source/store/comparisons/pair-scope.ts';
import { at, sampleCapture, sampleComparison } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

it('reads the durations of several pages of pairs, each once', async () => {
  const store = await temporaryStore();
  const numbers = Array.from({ length: 21_000 }, (_, number) => number);
  const idOf = (number: number): string => `c${String(number).padStart(5, '0')}`;
  const comparisonId = await sampleComparison(
    store,
    numbers.map((number) => sampleCapture(idOf(number))),
  );
  // The duration is the number of the pair; every seventh has no answer of the candidate.
  await sql`
    insert into response (comparison_id, capture_id, side, sample, answer_body, total_ms, recorded,
      adaptations, created_at)
    select ${comparisonId}, t.id, s.side, 0, t.request_body, cast(substr(t.id, 2) as integer), 0, '[]', ${at}
    from capture t
    join (select 'baseline' as side union all select 'candidate') s
      on s.side = 'baseline' or cast(substr(t.id, 2) as integer) % 7 <> 0
  `.execute(store.db);
  const answered = numbers.filter((number) => number % 7 !== 0);
  const durationsOf = async (scope: 'all' | 'offered'): Promise<readonly number[]> =>
    (await durationFacts(store, comparisonId, scope)).flatMap((fact) => [...fact.candidateTotal]);
  expect(await durationsOf('all')).toEqual(answered);
  await fillScope(store, numbers.map(idOf));
  expect(await durationsOf('offered')).toEqual(answered);
  await fillScope(store, numbers.filter((number) => number % 2 === 0).map(idOf));
  expect(await durationsOf('offered')).toEqual(answered.filter((number) => number % 2 === 0));
}, 60_000);
