// The yardstick of the replay: the same calls through fetch with a hand-written SSE loop, nothing kept
// but the texts. Arguments: base URL, file of captures, concurrency.
import { readFileSync } from 'node:fs';

const [url = '', file = '', concurrency = '64'] = process.argv.slice(2);
const requests = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .flatMap((line) => {
    const { request } = JSON.parse(line) as { request: object };
    return ['incumbent', 'newcomer'].map((model) =>
      JSON.stringify({ ...request, model, stream: true, stream_options: { include_usage: true } }),
    );
  });

const call = async (body: string): Promise<string> => {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
    body,
  });
  const decoder = new TextDecoder();
  let buffer = '';
  let text = '';
  for await (const bytes of response.body ?? []) {
    buffer += decoder.decode(bytes as Uint8Array, { stream: true });
    let end: number;
    while ((end = buffer.indexOf('\n\n')) >= 0) {
      const event = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      if (!event.startsWith('data: ') || event === 'data: [DONE]') continue;
      const chunk = JSON.parse(event.slice(6)) as { choices: { delta?: { content?: string } }[] };
      text += chunk.choices[0]?.delta?.content ?? '';
    }
  }
  return text;
};

let next = 0;
const worker = async (): Promise<void> => {
  while (next < requests.length) {
    const body = requests[next++];
    if (body !== undefined && (await call(body)) === '') throw new Error('an empty answer');
  }
};
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
