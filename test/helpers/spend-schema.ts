import { z } from 'zod';
import { groupings } from '../../source/money/spend-report.ts';

const count = z.int().nonnegative();
const usd = z.number().nonnegative();

const spending = z.object({
  calls: count,
  failed: count,
  input: count,
  output: count,
  cachedInput: count,
  cacheWrite: count,
  hourCacheWrite: count,
  usd: usd.nullable(),
  reportedUsd: usd,
  batchCalls: count,
  batchUsd: usd,
  unknownCalls: count,
  brokenCalls: count,
  atMost: usd,
});

/** The output of `spend --json`, version 1: money is in USD, unknown is null; keys are added, never renamed. */
export const spendSchema = z.object({
  schema: z.literal('understudy.spend/1'),
  /** When the amounts were computed, ISO 8601 in UTC, and with which prices. */
  at: z.string(),
  prices: z.string(),
  currency: z.literal('USD'),
  start: z.string().nullable(),
  groupings: z.array(z.enum(groupings)),
  rows: z.array(
    spending.extend({
      month: z.string().optional(),
      provider: z.string().optional(),
      model: z.string().optional(),
      comparison: z.string().optional(),
    }),
  ),
  total: spending,
  simulatedCalls: count,
  budget: z
    .object({
      month: z.string(),
      perMonth: usd,
      spentAtMost: usd,
      orderedAtMost: usd,
      remaining: usd,
    })
    .nullable(),
});
