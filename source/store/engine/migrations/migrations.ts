import { m001Initial } from './m001-initial.ts';
import { m002Money } from './m002-money.ts';
import { m003Remedies } from './m003-remedies.ts';
import { m004Selection } from './m004-selection.ts';
import { m005Batches } from './m005-batches.ts';
import { m006Samples } from './m006-samples.ts';
import { m007Partial } from './m007-partial.ts';
import { m008Redaction } from './m008-redaction.ts';
import { m009BodyNumbers } from './m009-body-numbers.ts';
import { m010Originals } from './m010-originals.ts';
import { m011Allowances } from './m011-allowances.ts';
import { m012BodiesWithoutHash } from './m012-bodies-without-hash.ts';
import { m013Claims } from './m013-claims.ts';
import { m014Order } from './m014-order.ts';
import { m015Reviewers } from './m015-reviewers.ts';
import { m016ChosenPairs } from './m016-chosen-pairs.ts';
import { m017Queue } from './m017-queue.ts';
import { m018Rules } from './m018-rules.ts';
import { m019Controls } from './m019-controls.ts';
import { m020Summary } from './m020-summary.ts';
import { m021Dialects } from './m021-dialects.ts';
import { m022PairBlocks } from './m022-pair-blocks.ts';
import { m023ToolCalls } from './m023-tool-calls.ts';
import { m024CacheWrites } from './m024-cache-writes.ts';
import { m025Conversations } from './m025-conversations.ts';
import { m026Judge } from './m026-judge.ts';
import { m027ServiceImports } from './m027-service-imports.ts';
import { m028Paths } from './m028-paths.ts';
import { m029VerdictOrigins } from './m029-verdict-origins.ts';
import { m030HourCacheWrites } from './m030-hour-cache-writes.ts';

/** A step of the schema, in SQLite's SQL. A released step never changes; append another instead. */
export type Migration = { readonly name: string; readonly sql: string };

/** All steps in order. The version of the schema is their number. */
export const migrations: readonly Migration[] = [
  { name: 'm001_initial', sql: m001Initial },
  { name: 'm002_money', sql: m002Money },
  { name: 'm003_remedies', sql: m003Remedies },
  { name: 'm004_selection', sql: m004Selection },
  { name: 'm005_batches', sql: m005Batches },
  { name: 'm006_samples', sql: m006Samples },
  { name: 'm007_partial', sql: m007Partial },
  { name: 'm008_redaction', sql: m008Redaction },
  { name: 'm009_body_numbers', sql: m009BodyNumbers },
  { name: 'm010_originals', sql: m010Originals },
  { name: 'm011_allowances', sql: m011Allowances },
  { name: 'm012_bodies_without_hash', sql: m012BodiesWithoutHash },
  { name: 'm013_claims', sql: m013Claims },
  { name: 'm014_order', sql: m014Order },
  { name: 'm015_reviewers', sql: m015Reviewers },
  { name: 'm016_chosen_pairs', sql: m016ChosenPairs },
  { name: 'm017_queue', sql: m017Queue },
  { name: 'm018_rules', sql: m018Rules },
  { name: 'm019_controls', sql: m019Controls },
  { name: 'm020_summary', sql: m020Summary },
  { name: 'm021_dialects', sql: m021Dialects },
  { name: 'm022_pair_blocks', sql: m022PairBlocks },
  { name: 'm023_tool_calls', sql: m023ToolCalls },
  { name: 'm024_cache_writes', sql: m024CacheWrites },
  { name: 'm025_conversations', sql: m025Conversations },
  { name: 'm026_judge', sql: m026Judge },
  { name: 'm027_service_imports', sql: m027ServiceImports },
  { name: 'm028_paths', sql: m028Paths },
  { name: 'm029_verdict_origins', sql: m029VerdictOrigins },
  { name: 'm030_hour_cache_writes', sql: m030HourCacheWrites },
];
