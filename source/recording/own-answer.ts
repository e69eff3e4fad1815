import { STATUS_CODES } from 'node:http';
import type { ClientCall } from './http/client-call.ts';

/** On every answer that is the proxy's own, so that nobody takes it for the provider's. */
export const markerHeader = 'x-understudy-proxy-error';

/** An answer in the provider's place, as OpenAI spells errors; `code` is a short stable phrase. */
export const errorAnswer = (
  status: number,
  code: string,
  options: { readonly message: string; readonly isLast: boolean; readonly isHead?: boolean },
): string => {
  const { message, isLast, isHead = false } = options;
  const body = JSON.stringify({ error: { message, type: 'proxy_error', param: null, code } });
  return answer(
    status,
    { 'content-type': 'application/json', [markerHeader]: code },
    {
      body,
      isLast,
      isHead,
    },
  );
};

/** Answers a call with an error. A connection whose request is not read to its end is closed afterwards. */
export const answerWithError = (
  call: ClientCall,
  status: number,
  code: string,
  message: string,
): void => {
  const isLast = !call.isKept() || !call.isBodyRead();
  call.write(errorAnswer(status, code, { message, isLast, isHead: call.head.method === 'HEAD' }));
  call.end(isLast);
};

/** Answers with a text of the proxy itself. */
export const answerWithText = (call: ClientCall, type: string, text: string): void => {
  const isLast = !call.isKept();
  const isHead = call.head.method === 'HEAD';
  call.write(answer(200, { 'content-type': type }, { body: text, isLast, isHead }));
  call.end(isLast);
};

/** The bytes of an answer, a character for each. */
const answer = (
  status: number,
  fields: Readonly<Record<string, string>>,
  options: { readonly body: string; readonly isLast: boolean; readonly isHead: boolean },
): string => {
  const bytes = Buffer.from(options.body);
  const all = {
    ...fields,
    'content-length': `${bytes.length}`,
    date: new Date().toUTCString(),
    ...(options.isLast ? { connection: 'close' } : {}),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  return options.isHead ? head : `${head}${bytes.toString('latin1')}`;
};
