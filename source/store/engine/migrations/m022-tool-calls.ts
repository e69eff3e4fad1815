/** Says of each pair how far its tool calls agree. */
export const m022ToolCalls = `
-- Of pairs in which a side calls tools: names if they call different tools, arguments if only those differ, order
-- if only that differs, same otherwise. Null if neither side calls a tool, and where an earlier version did not
-- keep it.
alter table outcome add column tool_calls text
  check (tool_calls in ('names', 'arguments', 'order', 'same'));

update outcome set tool_calls = case
  when json_extract(details, '$.differs.toolCalls') = 1 then
    case
      when json_type(details, '$.changes') is null then null
      when exists (
        select 1 from json_each(details, '$.changes') change
        where json_extract(change.value, '$.kind') in ('missing', 'extra')
          and json_extract(change.value, '$.path') like '%()'
      ) then 'names'
      else 'arguments'
    end
  when json_extract(details, '$.reason') like '%same tool calls in a different order%' then 'order'
  when json_extract(details, '$.reason') like '%same tool calls%' then 'same'
  when exists (
    select 1 from response r
    where r.comparison_id = outcome.comparison_id and r.capture_id = outcome.capture_id
      and r.side = 'baseline' and r.sample = 0
      and lower(r.finish_reason) in ('tool_calls', 'tool_call', 'tool_use', 'function_call')
  ) then 'same'
end
where json_valid(details);

create index outcome_tool_calls on outcome (comparison_id, tool_calls, capture_id)
where tool_calls is not null;
`;
