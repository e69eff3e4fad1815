import type { SpendingLimit } from '../../money/settle-limit.ts';
import { dollars } from '../../text/numbers.ts';

/**
 * Returns a line saying that the monthly budget (USD) limits a run; no line if something else does.
 */
export const monthLimitLines = (
  limit: SpendingLimit | null,
  perMonth: number | null,
): readonly string[] => {
  if (limit?.by !== 'month') return [];
  const others =
    limit.others === undefined ? '' : `, besides ${dollars(limit.others)} reserved by other runs`;
  return [
    `At most ${dollars(limit.usd)} may be spent: the rest of the ${dollars(perMonth)} of this month${others}.`,
  ];
};
