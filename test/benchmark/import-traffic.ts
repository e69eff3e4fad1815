import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { line, seeded } from './texts.ts';

/** How a file of traffic is laid out: an object a line, one array with an element a line, or gzip. */
export type TrafficLayout = 'lines' | 'array' | 'gzip';

/** Characters of the prompts of a request and of its answer: a support chat with its instructions. */
const sizes = { system: 1500, user: 2500, answer: 800 } as const;

/**
 * Writes captures with recorded answers, of about 5 KB each and no two alike, until so many bytes of
 * JSON are there; resolves to how many captures they are. As a stream, in little memory.
 */
export const writeImportTraffic = async (
  file: string,
  layout: TrafficLayout,
  bytes: number,
): Promise<number> => {
  const out = createWriteStream(file);
  const stream = layout === 'gzip' ? createGzip({ level: 1 }) : out;
  if (stream !== out) stream.pipe(out);
  const random = seeded(5);
  const words = line(random, 100_000, 'en');
  const text = (characters: number): string => {
    const start = Math.floor(random() * (words.length - characters));
    return words.slice(start, start + Math.floor(characters * (0.5 + random() / 2)));
  };
  const systems = Array.from({ length: 20 }, () => text(sizes.system));
  let written = 0;
  let captures = 0;
  const write = async (part: string): Promise<void> => {
    written += part.length;
    if (!stream.write(part)) await once(stream, 'drain');
  };
  if (layout === 'array') await write('[');
  for (;;) {
    if (written >= bytes) break;
    const record = {
      id: `req-${captures.toString(36).padStart(8, '0')}`,
      timestamp: new Date(1_790_000_000_000 + captures * 700).toISOString(),
      endpoint: `endpoint_${captures % 20}`,
      request: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: systems[captures % systems.length] },
          { role: 'user', content: `${captures}: ${text(sizes.user)}\n\n"${text(200)}"` },
        ],
        temperature: 0,
        max_tokens: 500,
      },
      response: {
        id: `chatcmpl-${captures}`,
        object: 'chat.completion',
        created: 1_790_000_000 + captures,
        model: 'gpt-4o-2024-11-20',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text(sizes.answer), refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 812, completion_tokens: 173, total_tokens: 985 },
      },
      latencyMs: 800 + (captures % 400),
      metadata: { customer: `c${captures % 1000}` },
    };
    const before = layout === 'array' && captures > 0 ? ',\n' : '';
    await write(`${before}${JSON.stringify(record)}${layout === 'array' ? '' : '\n'}`);
    captures++;
  }
  if (layout === 'array') await write(']\n');
  stream.end();
  await finished(out);
  return captures;
};
