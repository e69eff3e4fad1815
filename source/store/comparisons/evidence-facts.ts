import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import { chatRequestOf, systemPrompt } from '../../traffic/chat-request.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { parseJsonObject } from '../../text/json.ts';
import { decodeBody, type BodyText } from '../bodies.ts';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** The answers of a side that name the same model, and when they were given, ISO 8601 in UTC. */
export type AnsweringFact = {
  readonly side: Side;
  /** Null if the answers name none. */
  readonly model: string | null;
  readonly answers: number;
  readonly first: string;
  readonly last: string;
};

/** Counts the answers of a comparison by the model that they name. A recorded one is as old as its capture. */
export const answeringFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly AnsweringFact[]> => {
  const { rows } = await sql<AnsweringFact>`
    select side, model, count(*) as answers, min(given) as first, max(given) as last
    from (
      select r.side, r.model,
        case when r.recorded = 1 then coalesce(t.timestamp, r.created_at) else r.created_at end
          as given
      from response r
      join capture t on t.id = r.capture_id
      where r.comparison_id = ${comparisonId} and r.sample = 0 and ${within(scope, 'r.capture_id')}
    ) answered
    group by side, model
    order by side, first, model
  `.execute(store.db);
  return rows.map((row) => ({ ...row, answers: Number(row.answers) }));
};

/** When the last verdict that stands was given, ISO 8601 in UTC; null if there is none. `reviewer`: whose; null: anyone's. */
export const lastVerdictAt = async (
  store: Store,
  comparisonId: string,
  { reviewer, scope }: { readonly reviewer: string | null; readonly scope: PairScope },
): Promise<string | null> => {
  const { rows } = await sql<{ readonly last: string | null }>`
    select max(created_at) as last from current_verdict v
    where v.comparison_id = ${comparisonId} and ${within(scope, 'v.capture_id')}
      and ${reviewer === null ? sql`1 = 1` : sql`v.reviewer = ${reviewer}`}
  `.execute(store.db);
  return rows[0]?.last ?? null;
};

/** The system prompts of an endpoint's first captures and of its last, in the order of their timestamps. */
export type PromptFact = {
  readonly endpoint: string;
  readonly first: readonly TimedPrompt[];
  readonly last: readonly TimedPrompt[];
};

/** The system prompt of a capture; empty if it has none. */
type TimedPrompt = { readonly at: string; readonly prompt: string };

/** The captures that are read at either end of an endpoint's traffic. */
const readAtEachEnd = 10;

/** Reads the system prompts at both ends of each endpoint's traffic. Endpoints with few captures are left out. */
export const promptFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly PromptFact[]> => {
  const { rows } = await sql<{
    readonly endpoint: string;
    readonly at: string;
    readonly dialect: Dialect;
    readonly model: string | null;
    readonly body: BodyText;
    readonly early: number;
  }>`
    select placed.endpoint, placed.at, placed.dialect, placed.model, body.text as body,
      case when place <= ${readAtEachEnd} then 1 else 0 end as early
    from (
      select t.endpoint, t.timestamp as at, t.dialect, t.model, t.request_body,
        row_number() over (partition by t.endpoint order by t.timestamp, t.id) as place,
        count(*) over (partition by t.endpoint) as captures
      from comparison_capture c
      join capture t on t.id = c.capture_id
      where c.comparison_id = ${comparisonId} and t.timestamp is not null
        and ${within(scope, 'c.capture_id')}
    ) placed
    join body on body.number = placed.request_body
    where captures >= ${2 * readAtEachEnd}
      and (place <= ${readAtEachEnd} or place > captures - ${readAtEachEnd})
    order by placed.endpoint, place
  `.execute(store.db);
  const timed = rows.map(({ at, body, dialect, early, endpoint, model }) => ({
    endpoint,
    isEarly: early === 1,
    at,
    prompt: systemPrompt(
      chatRequestOf({ dialect, model, request: parseJsonObject(decodeBody(body)) }),
    ),
  }));
  return [...Map.groupBy(timed, ({ endpoint }) => endpoint)].map(([endpoint, own]) => ({
    endpoint,
    first: own.filter(({ isEarly }) => isEarly),
    last: own.filter(({ isEarly }) => !isEarly),
  }));
};
