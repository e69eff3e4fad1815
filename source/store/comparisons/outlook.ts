import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';

/**
 * The answers that a side of a comparison still lacks, when each capture is to have so many
 * (`samples`), and the bytes of the requests that they need.
 */
export const outlookOf = async (
  store: Store,
  comparisonId: string,
  side: Side,
  samples: number,
): Promise<{ readonly calls: number; readonly bytes: number }> => {
  const { rows } = await sql<{ readonly calls: number | null; readonly bytes: number | null }>`
    select sum(missing) as calls, sum(missing * bytes) as bytes
    from (
      select b.bytes, ${samples} - (
        select count(*) from response r
        where r.comparison_id = s.comparison_id and r.capture_id = s.capture_id
          and r.side = ${side} and r.sample < ${samples}
      ) as missing
      from comparison_capture s
      join capture c on c.id = s.capture_id
      join body b on b.number = c.request_body
      where s.comparison_id = ${comparisonId}
    ) lacking
  `.execute(store.db);
  return { calls: Number(rows[0]?.calls ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
};
