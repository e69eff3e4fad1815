/** A statement that counts a change of the block of a pair; `row`: the name of the changed row. */
const changed = (row: 'new' | 'old'): string => `
  update pair_block set version = version + 1
  where comparison_id = ${row}.comparison_id and first_capture_id = (
    select max(b.first_capture_id) from pair_block b
    where b.comparison_id = ${row}.comparison_id and b.first_capture_id <= ${row}.capture_id
  );`;

/** The triggers of a table whose rows belong to pairs. */
const blockTriggers = (table: string): string => `
create trigger ${table}_insert_changes_block after insert on ${table} begin${changed('new')}
end;
create trigger ${table}_delete_changes_block after delete on ${table} begin${changed('old')}
end;
create trigger ${table}_update_changes_block after update on ${table} begin${changed('old')}${changed('new')}
end;
`;

/** Keeps what a summary needs of the pairs of large comparisons, block by block. */
export const m022PairBlocks = `
drop index response_figures;
create index response_figures on response (
  comparison_id, side, sample, capture_id, recorded, batch, time_to_first_token_ms, total_ms,
  input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, model, created_at
);
drop index capture_endpoint;
create index capture_endpoint on capture (id, endpoint, timestamp);

-- The pairs of a comparison in the order of their captures, some thousands in a block: from first_capture_id up
-- to that of the next. Version counts the changes of its pairs, of their answers, attempts and outcomes.
create table pair_block (
  comparison_id text not null,
  first_capture_id text not null,
  version integer not null,
  primary key (comparison_id, first_capture_id)
) without rowid;

-- What a summary needs of the pairs of a block in one version of it. It can always be read again from the pairs.
-- Facts is JSON. Durations are numbers of eight bytes. Both depend on settings, which say how costs are grouped.
create table pair_block_facts (
  comparison_id text not null,
  first_capture_id text not null,
  version integer not null,
  settings text not null,
  facts text not null,
  durations blob not null,
  primary key (comparison_id, first_capture_id)
);

-- Not by a foreign key, since imports do not check those.
create trigger pair_block_delete after delete on pair_block begin
  delete from pair_block_facts
  where comparison_id = old.comparison_id and first_capture_id = old.first_capture_id;
end;

-- Captures change when texts are redacted or stores are united.
create trigger capture_update_removes_blocks after update of id, endpoint, timestamp, partial on capture begin
  delete from pair_block;
end;
create trigger comparison_delete_removes_blocks after delete on comparison begin
  delete from pair_block where comparison_id = old.id;
end;
create trigger comparison_update_removes_blocks after update of id on comparison begin
  delete from pair_block where comparison_id in (old.id, new.id);
end;

${['comparison_capture', 'response', 'attempt', 'outcome'].map(blockTriggers).join('')}
`;
