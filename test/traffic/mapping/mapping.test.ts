import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import { inspectFiles } from '../../../source/intake/inspect-files.ts';
import { mappedFormat } from '../../../source/traffic/mapping/mapped-format.ts';
import { readMapping } from '../../../source/traffic/mapping/mapping.ts';
import { temporaryDirectory } from '../../store/temporary-store.ts';

const messages = [{ role: 'user', content: 'hi' }];

const read = (record: JsonObject, ...texts: string[]) => {
  const mapping = readMapping(texts);
  if (mapping === null) throw new Error('no mapping');
  return mappedFormat(mapping).open(recordedStreams).read(record, null)[0];
};

describe('a mapping', () => {
  it('maps every field', () => {
    const record = {
      payload: '{"req": {"model": "m", "messages": [{"role": "user", "content": "hi"}]}}',
      out: ['', 'ho'],
      meta: {
        'the id': 7,
        at: '1790000000',
        took: '812',
        who: 'anna',
        where: 'chat 1',
        what: 'faq',
      },
    };
    expect(
      read(
        record,
        'request=$.payload.req',
        'response=out[1]',
        'id=$.meta["the id"]',
        'timestamp=meta.at',
        'latencyMs=meta.took',
        'user=meta.who',
        'conversation=meta.where',
        'endpoint=meta.what',
      ),
    ).toEqual({
      kind: 'capture',
      capture: {
        id: '7',
        endpoint: 'faq',
        timestamp: '2026-09-21T14:13:20.000Z',
        dialect: 'chat',
        model: null,
        request: { model: 'm', messages },
        recorded: [
          {
            model: 'm',
            production: true,
            body: {
              object: 'chat.completion',
              choices: [
                { index: 0, message: { role: 'assistant', content: 'ho' }, finish_reason: null },
              ],
            },
            timeToFirstTokenMs: null,
            totalMs: 812,
          },
        ],
        metadata: {
          user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
          conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        },
        partial: [],
      },
    });
  });

  it('accepts messages alone or the text of a user, whose parameters are not known', () => {
    const request = { model: 'm', messages };
    const capture = { request, partial: ['parameters'] };
    expect(read({ a: messages, m: 'm' }, 'request=a', 'model=m')).toMatchObject({ capture });
    expect(read({ a: 'hi', m: 'm' }, 'request=a', 'model=m')).toMatchObject({ capture });
  });

  it.each<[string, JsonObject]>([
    ['no request at $.a', { b: 1 }],
    ['no messages', { a: { messages: [] } }],
  ])('says why a record cannot be replayed: %s', (reason, record) => {
    expect(read(record, 'request=$.a')).toMatchObject({ kind: 'rejected', reason });
  });

  it.each([
    [['response=a'], /where the request is\. Add --map request=/],
    [
      ['prompt=a', 'request=b'],
      /--map prompt=a does not name a field\. .* The fields are request, response/,
    ],
    [['a.b'], /does not name a field/],
    [['request=a', 'request=b'], /--map request=… is given twice/],
    [['request=$..a'], /has no valid path/],
    [['request='], /has no valid path/],
  ])('that is invalid is an error: %j', (texts, message) => {
    expect(() => readMapping(texts)).toThrow(message);
  });

  it('that leads nowhere in a file lists the paths that exist', async () => {
    const file = join(await temporaryDirectory(), 'odd.jsonl');
    writeFileSync(file, `${JSON.stringify({ n: 1, payload: { req: { messages } } })}\n`);
    const [found] = await inspectFiles([file], readMapping(['request=payload.req']));
    expect(found?.format.name).toBe('mapped records');
    await expect(inspectFiles([file], readMapping(['request=payload.body']))).rejects.toThrow(
      /--map request=payload\.body leads nowhere in the record of .*odd\.jsonl.*\$\.n, \$\.payload, \$\.payload\.req/s,
    );
  });
});
