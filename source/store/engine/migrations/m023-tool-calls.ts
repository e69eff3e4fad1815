/** Says of each pair how far its tool calls agree. */
export const m023ToolCalls = `
-- Of pairs in which a side calls tools: names if they call different tools, arguments if only those differ, order
-- if only that differs, same otherwise. Null if neither side calls a tool, and for pairs that an earlier version
-- compared: it did not keep which of those that agree call any.
alter table outcome add column tool_calls text
  check (tool_calls in ('names', 'arguments', 'order', 'same'));

create index outcome_tool_calls on outcome (comparison_id, tool_calls, capture_id)
where tool_calls is not null;
`;
