import OpenAI from 'openai';
import { ticketPrompts, type TicketTask } from '../../source/demo/ticket-rules.ts';

/** The openai SDK, independent of the environment. */
export const clientOf = (url: string): OpenAI =>
  new OpenAI({
    baseURL: url,
    apiKey: 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
  });

export const ticketMessages = (
  text: string,
  task: TicketTask = 'classify_ticket',
): OpenAI.ChatCompletionMessageParam[] => [
  { role: 'system', content: ticketPrompts[task] },
  { role: 'user', content: text },
];

/** The response to a plain `fetch` of a stream. */
export type Raw = { readonly status: number; readonly type: string | null; readonly text: string };

export const post = async (url: string, body: unknown): Promise<Raw> => {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
};

export const streamBody = (text: string, model = 'incumbent') => ({
  model,
  messages: ticketMessages(text),
  stream: true,
});
