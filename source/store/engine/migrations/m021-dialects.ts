/** Keeps the dialect of each request: which API it was made to. */
export const m021Dialects = `
-- chat: OpenAI's chat completions; responses: its Responses API; messages: Anthropic's; gemini: generateContent.
alter table capture add column dialect text not null default 'chat'
  check (dialect in ('chat', 'responses', 'messages', 'gemini'));

-- The model in the path of the request; null where the body names it.
alter table capture add column model text;
`;
