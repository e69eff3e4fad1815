import type { Generated } from 'kysely';
import type { Ignorable } from '../configuration/rule-content.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { FailureReason } from '../models/answer.ts';
import type { CallAgreement, Outcome, Side, Verdict } from '../comparison/outcome.ts';
import type { Dialect } from '../traffic/dialects/dialect.ts';

/** The state of one side of a pair. */
export type SideState = 'answered' | 'failed' | 'not_sent';

/** The columns that identify a pair. */
type PairKey = { comparison_id: string; capture_id: string };

/** Durations in milliseconds. */
type TimingColumns = {
  queue_ms: number | null;
  time_to_first_token_ms: number | null;
  total_ms: number | null;
};

/** The usage of a call as reported by the provider, and the most that it can have used. */
type UseColumns = {
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number | null;
  cache_write_tokens: number | null;
  hour_cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  cost_usd: number | null;
  bound_input_tokens: number | null;
  bound_output_tokens: number | null;
  bound_hour_cache_write_tokens: number | null;
};

/** The rows of each table and view. The migrations explain their purpose. */
export type Tables = {
  body: { number: Generated<number>; text: string; bytes: number };
  capture: {
    number: Generated<number>;
    id: string;
    endpoint: string;
    timestamp: string | null;
    dialect: Generated<Dialect>;
    model: string | null;
    request_body: number;
    metadata: string | null;
    partial: string | null;
    redacted: number;
    source: string;
    imported_at: string;
    conversation: string | null;
    messages: number | null;
    chain: string | null;
    previous: string | null;
  };
  redaction_salt: { id: number; salt: string };
  redaction: { rule: string; findings: number };
  recorded_response: {
    capture_number: number;
    model: string;
    production: number;
    response_body: number;
    time_to_first_token_ms: number | null;
    total_ms: number | null;
  };
  rejected_record: {
    id: string;
    record_id: string | null;
    source: string;
    line: number;
    reason: string;
    imported_at: string;
  };
  comparison: {
    id: string;
    name: string;
    baseline: string;
    candidate: string;
    created_at: string;
    selection: string | null;
    overlap: number | null;
  };
  reservation: PairKey & { reviewer: string; until: string };
  comparison_left_out: PairKey & { reason: string };
  /** `offered` and `choice` are temporary: see `TemporaryTables`. */
  offered: { capture_id: string };
  choice: {
    capture_id: string;
    position: string;
    reason: string | null;
    place: string;
    stratum: string;
  };
  comparison_capture: PairKey & { position: string };
  comparison_rejected: { comparison_id: string; rejected_id: string };
  response: PairKey &
    TimingColumns &
    UseColumns & {
      side: Side;
      sample: number;
      answer_body: number;
      finish_reason: string | null;
      model: string | null;
      recorded: number;
      batch: number;
      reused: number;
      adaptations: string;
      path: Generated<RequestPath>;
      originals: number;
      provider_request_id: string | null;
      created_at: string;
    };
  attempt: PairKey &
    TimingColumns &
    UseColumns & {
      side: Side;
      sample: number;
      number: number;
      reason: FailureReason;
      message: string;
      status: number | null;
      retry_after_ms: number | null;
      parameter: string | null;
      partial_body: number | null;
      provider_request_id: string | null;
      batch: number;
      reused: number;
      final: number;
      created_at: string;
    };
  not_sent: PairKey & { side: Side; sample: number; reason: string; created_at: string };
  outcome: PairKey & {
    rules: number;
    outcome: Exclude<Outcome, 'failed'>;
    details: string;
    settled_by: string | null;
    unusable: Generated<number>;
    tool_calls: CallAgreement | null;
  };
  rule: {
    id: string;
    comparison_id: string;
    endpoint: string | null;
    path: string;
    ignore: Ignorable | null;
    tolerance: string | null;
    author: string;
    made_by: 'reviewer' | 'configuration';
    created_at: string;
    taken_back_at: string | null;
    taken_back_by: string | null;
  };
  batch_job: {
    id: string;
    comparison_id: string;
    side: Side;
    state: 'planned' | 'uploaded' | 'submitted' | 'done' | 'refused';
    lines: number;
    bytes: number;
    at_most_usd: number | null;
    input_file_id: string | null;
    create_sent_at: string | null;
    batch_id: string | null;
    provider_state: string | null;
    completed: number | null;
    failed: number | null;
    total: number | null;
    problem: string | null;
    created_at: string;
    updated_at: string;
  };
  batch_line: PairKey & {
    job_id: string;
    line: number;
    custom_id: string;
    side: Side;
    sample: number;
    adaptations_body: number;
    settled: number;
  };
  allowance: { host: string; pid: number; usd: number; taken_at: string };
  service_import: {
    source: string;
    range_start: string;
    range_end: string;
    cursor: string;
    records: number;
  };
  claimant: {
    id: string;
    host: string;
    pid: number;
    started_at: string;
    touched_at: string;
  };
  claim: PairKey & { side: Side; sample: number; claimant_id: string };
  judge_call: PairKey &
    UseColumns & {
      id: string;
      judge: string;
      prompt: number;
      first_side: Side;
      verdict: Verdict | null;
      reason: string;
      failure: FailureReason | null;
      total_ms: number | null;
      provider_request_id: string | null;
      created_at: string;
    };
  judge_claim: PairKey & { judge: string; prompt: number; claimant_id: string };
  judgement: PairKey & {
    judge: string;
    prompt: number;
    verdict: Verdict | 'undecided';
    baseline_first: Verdict | null;
    baseline_first_reason: string;
    candidate_first: Verdict | null;
    candidate_first_reason: string;
    judged_at: string;
  };
  surplus_answer: PairKey &
    UseColumns & {
      side: Side;
      sample: number;
      batch: number;
      provider_request_id: string | null;
      created_at: string;
    };
  batch_run: { comparison_id: string; host: string; pid: number; touched_at: string };
  remedy: {
    comparison_id: string;
    model: string;
    dialect: Generated<Dialect>;
    parameter: string;
    action: 'removed' | 'renamed' | 'changed';
    from_value: string;
    to_value: string | null;
    reason: string;
    created_at: string;
  };
  verdict_event: PairKey & {
    id: string;
    reviewer: string;
    created_at: string;
    kind: 'verdict' | 'skip' | 'tag' | 'comment' | 'undo';
    verdict: Verdict | null;
    ahead: number | null;
    resolves: Generated<number>;
    left_side: Side | null;
    chosen_by: 'filter' | 'pattern' | null;
    chosen: string | null;
    group_id: string | null;
    group_seen: number | null;
    origin: 'review' | 'file' | null;
    origin_file: string | null;
    merged_from: string | null;
    tag: string | null;
    comment: string | null;
    undoes: string | null;
  };
  control_event: PairKey & {
    id: string;
    reviewer: string;
    created_at: string;
    control: 'noise' | 'repeat';
    repeats: string | null;
    kind: 'verdict' | 'skip' | 'tag' | 'comment' | 'undo';
    verdict: Verdict | null;
    left_side: Side | null;
    tag: string | null;
    comment: string | null;
    undoes: string | null;
  };
  judged_control: PairKey & {
    reviewer: string;
    control: 'noise' | 'repeat';
    verdict: Verdict;
    left_side: Side | null;
    event_id: string;
    created_at: string;
    first_verdict: Verdict | null;
    first_left_side: Side | null;
  };
  current_verdict: PairKey & {
    reviewer: string;
    verdict: Verdict;
    event_id: string;
    created_at: string;
  };
  resolved_verdict: PairKey & {
    reviewer: string;
    verdict: Verdict;
    event_id: string;
    created_at: string;
  };
  pair_block: { comparison_id: string; first_capture_id: string; version: number };
  pair_block_facts: {
    comparison_id: string;
    first_capture_id: string;
    version: number;
    settings: string;
    facts: string;
    durations: Uint8Array;
  };
  pair: PairKey & {
    position: string;
    endpoint: string;
    baseline: SideState;
    candidate: SideState;
    outcome: Outcome | null;
    settled_by: string | null;
    unusable: number | null;
  };
};
