import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';

/** How many captures of a comparison have no answer of a side, and the bytes of their requests. */
export const outlookOf = async (
  store: Store,
  comparisonId: string,
  side: Side,
): Promise<{ readonly calls: number; readonly bytes: number }> => {
  const { rows } = await sql<{ readonly calls: number; readonly bytes: number | null }>`
    select count(*) as calls, sum(b.bytes) as bytes
    from comparison_capture s
    join capture c on c.id = s.capture_id
    join body b on b.hash = c.request_hash
    where s.comparison_id = ${comparisonId} and not exists (
      select 1 from response r
      where r.comparison_id = s.comparison_id and r.capture_id = s.capture_id
        and r.side = ${side} and r.sample = 0
    )
  `.execute(store.db);
  return { calls: Number(rows[0]?.calls ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
};
