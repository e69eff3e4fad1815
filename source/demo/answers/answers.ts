import type { JsonObject } from '../../text/json.ts';
import type { DemoModel } from '../../money/simulated-models.ts';
import type { Recordings } from './recordings.ts';
import { conversationKey, recordedAs } from './recordings.ts';
import type { TicketRules } from './ticket-rules.ts';
import { ticketRulesA } from './ticket-rules-a.ts';
import { ticketRulesB } from './ticket-rules-b.ts';
import { ticketOf } from './tickets.ts';

/** An answer and what gave it: `gpt-4-0613 (recorded)`, `ticket-rules-a (computed)`, … */
export type DemoAnswer = { readonly text: string; readonly model: string };

const rules: Readonly<Record<DemoModel, TicketRules>> = {
  incumbent: ticketRulesA,
  newcomer: ticketRulesB,
};

/**
 * What a demo model answers to a conversation: rules for a ticket, a recorded answer for a
 * conversation that was recorded, null for any other, since nothing here can make one up.
 */
export const demoAnswer = (
  recordings: Recordings,
  model: DemoModel,
  messages: readonly JsonObject[],
): DemoAnswer | null => {
  const ticket = ticketOf(messages);
  if (ticket !== null) {
    return { text: rules[model].answer(ticket), model: rules[model].model };
  }
  const text = recordings.get(conversationKey(messages))?.get(recordedAs[model]);
  return text === undefined ? null : { text, model: `${recordedAs[model]} (recorded)` };
};
