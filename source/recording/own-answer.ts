import type { ServerResponse } from 'node:http';

/** On every answer that is the proxy's own, so that nobody takes it for the provider's. */
export const markerHeader = 'x-understudy-proxy-error';

/**
 * Answers a call in the provider's place, as OpenAI spells errors; `code` is a short stable phrase. A
 * connection whose request is not read to its end is closed afterwards.
 */
export const answerWithError = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void => {
  const body = Buffer.from(
    JSON.stringify({ error: { message, type: 'proxy_error', param: null, code } }),
  );
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    [markerHeader]: code,
    ...(response.req.complete ? {} : { connection: 'close' }),
  });
  response.end(body);
};

/** Answers with a text of the proxy itself. */
export const answerWithText = (response: ServerResponse, type: string, text: string): void => {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
};
