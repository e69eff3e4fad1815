/** Adds the calls to judges: models that say what they think of a pair. */
export const m026Judge = `
-- One row for each call to a judge, answered or failed: the ledger counts them all. A pair is put to a judge in
-- both orders; first_side is the side whose answer came first. Verdict is of the candidate against the baseline,
-- null without one: reason then says why. Prompt is the version of the prompt. Failure is null if it was answered.
create table judge_call (
  id text not null primary key,
  comparison_id text not null,
  capture_id text not null,
  judge text not null,
  prompt integer not null,
  first_side text not null check (first_side in ('baseline', 'candidate')),
  verdict text check (verdict in ('agree', 'worse', 'better', 'both_bad')),
  reason text not null,
  failure text,
  input_tokens integer,
  output_tokens integer,
  cached_input_tokens integer,
  cache_write_tokens integer,
  reasoning_tokens integer,
  cost_usd double precision,
  bound_input_tokens integer,
  bound_output_tokens integer,
  total_ms double precision,
  provider_request_id text,
  created_at text not null,
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
create index judge_call_pair on judge_call
  (comparison_id, capture_id, judge, prompt, first_side, failure, id);

-- A pair that a run is putting to a judge. No other run does so until the claim is released.
create table judge_claim (
  comparison_id text not null,
  capture_id text not null,
  judge text not null,
  prompt integer not null,
  claimant_id text not null references claimant (id) on delete cascade,
  primary key (comparison_id, capture_id, judge, prompt)
);

-- What a judge says of a pair that it was given in both orders: the verdict if it is the same in both, else
-- undecided. The first answer in each order stands.
create view judgement as
select
  b.comparison_id, b.capture_id, b.judge, b.prompt,
  case when b.verdict = c.verdict then b.verdict else 'undecided' end as verdict,
  b.verdict as baseline_first, b.reason as baseline_first_reason,
  c.verdict as candidate_first, c.reason as candidate_first_reason,
  case when b.created_at > c.created_at then b.created_at else c.created_at end as judged_at
from judge_call b
join judge_call c on c.comparison_id = b.comparison_id and c.capture_id = b.capture_id
  and c.judge = b.judge and c.prompt = b.prompt
where b.first_side = 'baseline' and c.first_side = 'candidate'
  and b.failure is null and c.failure is null
  and not exists (
    select 1 from judge_call e
    where e.comparison_id = b.comparison_id and e.capture_id = b.capture_id and e.judge = b.judge
      and e.prompt = b.prompt and e.first_side = b.first_side and e.failure is null and e.id < b.id
  )
  and not exists (
    select 1 from judge_call e
    where e.comparison_id = c.comparison_id and e.capture_id = c.capture_id and e.judge = c.judge
      and e.prompt = c.prompt and e.first_side = c.first_side and e.failure is null and e.id < c.id
  );
`;
