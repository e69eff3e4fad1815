/** The index in which the turns of a conversation stand together. */
export const conversationIndex = `create index if not exists capture_conversation
on capture (conversation, chain, previous) where conversation is not null`;

/** Says which captures are turns of the same conversation. */
export const m025Conversations = `
-- A hash of the conversation's name or, if the recording names none, of the messages up to the first of the user.
-- Null for a request without messages.
alter table capture add column conversation text;

-- The number of messages.
alter table capture add column messages integer;

-- Only where the recording names no conversation: a hash of all messages, and one of those before the last answer
-- among them, which are the messages of the turn before.
alter table capture add column chain text;
alter table capture add column previous text;

update capture set (conversation, messages, chain, previous) = (
  select turn ->> 'conversation', turn ->> 'messages', turn ->> 'chain', turn ->> 'previous'
  from (
    select conversation_turn(capture.dialect, capture.model, capture.metadata, body.text) as turn
    from body where body.number = capture.request_body
  )
);

${conversationIndex};
`;
