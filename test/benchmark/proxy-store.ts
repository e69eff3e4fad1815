import Database from 'better-sqlite3';
import type { Made } from './proxy-load.ts';

/** The number of calls missing from the store, and of calls that differ from the traffic. */
export type Difference = { readonly missing: number; readonly other: number };

/** Compares the store with the clients' traffic, call by call. */
export const compareWithStore = (file: string, made: readonly Made[]): Difference => {
  const database = new Database(file, { readonly: true });
  const find = database.prepare<[string], { readonly request: string; readonly answer: string }>(
    `select request.text as request, answer.text as answer from capture
     join body request on request.number = request_body
     join recorded_response on capture_number = capture.number
     join body answer on answer.number = response_body where capture.id = ?`,
  );
  let missing = 0;
  let other = 0;
  for (const { sent, body, captureId } of made) {
    const stored = captureId === null ? undefined : find.get(captureId);
    if (stored === undefined) missing += 1;
    else if (stored.request !== sent || !isSameAnswer(stored.answer, body)) other += 1;
  }
  database.close();
  return { missing, other };
};

/** How many captures are in the store. */
export const countCaptures = (file: string): number => {
  const database = new Database(file, { readonly: true });
  const row = database.prepare<[], { n: number }>('select count(*) as n from capture').get();
  database.close();
  return row?.n ?? 0;
};

/** Compares a whole answer byte for byte, and a stream by the text in its chunks. */
const isSameAnswer = (stored: string, received: string): boolean => {
  if (!received.startsWith('data:')) return stored === received;
  let text = '';
  for (const [, data = ''] of received.matchAll(/^data: (\{.*\})$/gm)) {
    const chunk = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
    text += chunk.choices[0]?.delta.content ?? '';
  }
  const answer = JSON.parse(stored) as { choices: { message: { content: string } }[] };
  return answer.choices[0]?.message.content === text;
};
