import { describe, expect, it } from 'vitest';
import { answerOfCompletion } from '../../../../source/models/stream/accumulator.ts';
import {
  readRecordedStream,
  recordedStreams,
} from '../../../../source/models/stream/recorded-stream.ts';
import { isJsonObject, type JsonObject } from '../../../../source/text/json.ts';
import { recordedHttp } from '../../../../source/traffic/formats/http/recorded-http.ts';
import { fixture, importedFile } from '../../imported.ts';
import { allRecords } from '../../reading/all-records.ts';

const file = fixture('recorded-http/chat.jsonl.gz');

const exchanges: JsonObject[] = [];
for (const record of await allRecords(file)) {
  if (record.kind === 'object') exchanges.push(record.object);
}

const isStream = (exchange: JsonObject): boolean => {
  const headers = exchange['response_headers'];
  return isJsonObject(headers) && String(headers['content-type']).startsWith('text/event-stream');
};

describe('recorded HTTP exchanges', () => {
  it('are all imported, with an answer or the error in its place', async () => {
    const { report, text } = await importedFile(file);
    expect(report).toMatchObject({
      format: 'recorded HTTP exchanges',
      read: 377,
      added: 377,
      notReplayable: 0,
      duplicates: 0,
      ignored: [],
    });
    expect(text).not.toMatch(/response_headers|openai-processing-ms/);
  });

  it('have the answers that the live client gives, streamed or not', () => {
    const reader = recordedHttp.open(recordedStreams);
    let streams = 0;
    let errors = 0;
    for (const exchange of exchanges) {
      const [read] = reader.read(exchange, null);
      if (read?.kind !== 'capture') throw new Error(JSON.stringify(read));
      const { recorded, metadata } = read.capture;
      const body = String(exchange['response_text']);
      const [answer] = recorded;
      if (answer === undefined) {
        errors += 1;
        expect(metadata?.['recordedError']).toBeDefined();
        if (isStream(exchange)) expect(readRecordedStream(body).standing.kind).toBe('error');
        continue;
      }
      expect(metadata?.['recordedError']).toBeUndefined();
      if (isStream(exchange)) {
        streams += 1;
        const live = readRecordedStream(body);
        expect(live.standing.kind).toBe('complete');
        expect(answerOfCompletion(answer.body)).toEqual(live.answer);
      } else {
        expect(answer.body).toEqual(JSON.parse(body));
      }
    }
    expect({ streams, errors, all: exchanges.length }).toEqual({
      streams: 99,
      errors: 15,
      all: 377,
    });
  });
});
