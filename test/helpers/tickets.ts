import { writeFile } from 'node:fs/promises';
import { ticketPrompts } from '../../source/demo/ticket-rules.ts';

/** The text of a ticket, by which a server's fault can choose it. */
export const ticketText = (id: string): string => `My card ${id} has not arrived yet.`;

/** Native captures that the demo's endpoint answers, one a ticket; their ids. */
export const writeTickets = async (file: string, count: number): Promise<readonly string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `t${String(index + 1).padStart(3, '0')}`);
  const lines = ids.map((id) =>
    JSON.stringify({
      id,
      endpoint: 'classify_ticket',
      request: {
        model: 'incumbent',
        messages: [
          { role: 'system', content: ticketPrompts.classify_ticket },
          { role: 'user', content: ticketText(id) },
        ],
        temperature: 0,
      },
    }),
  );
  await writeFile(file, `${lines.join('\n')}\n`);
  return ids;
};
