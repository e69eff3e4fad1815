import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { streamTexts } from './model-server.ts';

/** What a judge was asked: the texts of both answers, in their order, and the whole request. */
export type JudgeQuestion = {
  readonly first: string;
  readonly second: string;
  readonly body: string;
};

/** A verdict on the second answer, or a way of not giving one. */
export type JudgeServer = {
  /** The flag's value for `--judge`. */
  readonly model: string;
  readonly questions: readonly JudgeQuestion[];
  readonly close: () => void;
};

/** Starts a judge on loopback. `respond` answers each question as a chat completion, or otherwise. */
export const judgeServer = async (
  respond: (question: JudgeQuestion, response: ServerResponse) => void | Promise<void>,
): Promise<JudgeServer> => {
  const questions: JudgeQuestion[] = [];
  const server = createServer(async (request, response) => {
    const body = await readText(request);
    if (request.method === 'GET') {
      response.end('{"object":"list","data":[]}');
      return;
    }
    const { messages } = JSON.parse(body) as {
      readonly messages: readonly { readonly content: string }[];
    };
    const content = messages[1]?.content ?? '';
    const part = (name: string): string =>
      new RegExp(`<${name} mark="\\w+">\\n([^]*?)\\n</${name} `).exec(content)?.[1] ?? '';
    const question = { first: part('first_answer'), second: part('second_answer'), body };
    questions.push(question);
    await respond(question, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return {
    model: `http://127.0.0.1:${address.port}/v1#judge`,
    questions,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** Sends a verdict on the second answer as a judge does. */
export const sayVerdict = (
  response: ServerResponse,
  verdict: string,
  reason = 'It says so.',
): void => streamTexts(response, [JSON.stringify({ verdict, reason })]);
