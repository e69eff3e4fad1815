import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../store/temporary-store.ts';
import { answerText, fixture, importedFile } from '../../imported.ts';

describe('a VCR cassette', () => {
  it('in YAML has text, bytes, compressed bytes and parsed bodies', async () => {
    const { report, captures, text } = await importedFile(fixture('vcr/cassette.yaml'));
    expect(report).toMatchObject({
      format: 'VCR cassette',
      read: 4,
      added: 4,
      ignored: [{ reason: 'not a prompt to a model (/v1/embeddings)', count: 1 }],
    });
    expect(Array.from(captures, ([words, capture]) => [words, answerText(capture)])).toEqual(
      expect.arrayContaining([
        ['a text', 'text'],
        ['bytes', 'gzip bytes'],
        ['already parsed', 'Paris'],
        ['no', null],
      ]),
    );
    expect(captures.get('a text')?.timestamp).toBe('2026-09-01T10:00:01.000Z');
    expect(captures.get('bytes')?.timestamp).toBeNull();
    expect(captures.get('no')?.metadata).toEqual({
      recordedError: { status: 404, message: 'The model does not exist' },
    });
    expect(text).not.toContain('sk-not-a-key');
  });

  it('of Ruby', async () => {
    const { report, captures } = await importedFile(fixture('vcr/ruby.yml'));
    expect(report).toMatchObject({ format: 'VCR cassette', read: 1, added: 1 });
    expect(answerText(captures.get('from Ruby'))).toBe('Ruby');
  });

  it('in JSON', async () => {
    const { report, captures } = await importedFile(fixture('vcr/cassette.json'));
    expect(report).toMatchObject({ format: 'VCR cassette', read: 1, added: 1 });
    expect(answerText(captures.get('JSON cassette'))).toBe('gzip bytes');
  });

  it('that is not YAML is rejected with its line', async () => {
    const file = join(await temporaryDirectory(), 'broken.yaml');
    writeFileSync(file, 'interactions:\n- request:\n    uri: "open\n  response: {}\n');
    await expect(importedFile(file)).rejects.toThrow(/\(line \d: not YAML\)/);
  });
});
