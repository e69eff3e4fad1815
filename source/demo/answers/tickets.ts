import type { JsonObject } from '../../text/json.ts';

/** The system prompts of the ticket traffic, by endpoint. The endpoint knows a ticket by them. */
export const ticketPrompts = {
  classify_ticket:
    'Classify the support ticket. Return JSON with the keys category (card, cash, transfer, top_up, payment, exchange, fee, refund, security, identity, access, account or other), priority (urgent, high, normal or low) and language (ISO 639-1).',
  extract_fields:
    'Extract fields from the support ticket. Return JSON with the keys amount (number), currency (ISO 4217), card_type (virtual, disposable, physical, credit or debit), channel (atm, app, online, shop or bank) and days_waiting (number); null where the ticket does not say.',
} as const;

export type TicketTask = keyof typeof ticketPrompts;

export type Ticket = { readonly task: TicketTask; readonly text: string };

/** The ticket in a conversation: one of the two system prompts and one user message; else null. */
export const ticketOf = (messages: readonly JsonObject[]): Ticket | null => {
  const [system, user, ...rest] = messages;
  if (system?.['role'] !== 'system' || user?.['role'] !== 'user' || rest.length > 0) return null;
  const text = user['content'];
  if (typeof text !== 'string') return null;
  for (const task of Object.keys(ticketPrompts) as TicketTask[]) {
    if (system['content'] === ticketPrompts[task]) return { task, text };
  }
  return null;
};
