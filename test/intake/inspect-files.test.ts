import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../source/text/user-error.ts';
import { inspectFiles } from '../../source/intake/inspect-files.ts';
import { temporaryDirectory } from '../store/temporary-store.ts';

const native = '{"request": {"messages": [{"role": "user", "content": "hi"}]}}\n';

const inspect = async (content: string | Buffer): Promise<string> => {
  const file = join(await temporaryDirectory(), 'traffic.jsonl');
  writeFileSync(file, content);
  try {
    return (await inspectFiles([file])).map(({ format }) => format.name).join();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
};

describe('inspectFiles', () => {
  it('finds the format by content, past bad lines and within gzip', async () => {
    expect(await inspect(native)).toBe('native captures');
    expect(await inspect(`garbage\n[1]\n{"foo": 1}\n${native.repeat(2)}`)).toBe('native captures');
    expect(await inspect(gzipSync(native))).toBe('native captures');
    expect(await inspect('{"custom_id": "a", "body": {}}')).toBe('OpenAI Batch input');
  });

  it('reports how the first records voted', async () => {
    const file = join(await temporaryDirectory(), 'mixed.jsonl');
    const batch = '{"custom_id": "a", "body": {"messages": []}}\n';
    writeFileSync(file, `${native.repeat(3)}${batch}{"foo": 1}\n${native}`);
    const [found] = await inspectFiles([file]);
    expect(found?.vote).toEqual({
      looked: 6,
      formats: [
        { format: 'native captures', records: 4 },
        { format: 'OpenAI Batch input', records: 1 },
      ],
      unknown: 1,
    });
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['an empty file', '', /is empty/],
    ['blank lines', '\n  \r\n', /only blank lines/],
    [
      'binary data',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0xff, 0xfe]),
      /is not text in UTF-8/,
    ],
    [
      'a SQLite database',
      'SQLite format 3\0 and pages',
      /traffic\.jsonl is a SQLite database.*run llm logs -n 0 --json --expand > llm\.json/,
    ],
    [
      'a compressed SQLite database',
      gzipSync('SQLite format 3\0 and pages'),
      /is a SQLite database/,
    ],
    ['an array of numbers', '[1, 2]', /no readable JSON object \(line 1: not JSON\)/],
    ['text', 'hello\nworld\n', /no readable JSON object \(line 1: not JSON\)/],
    ['another format', '{"foo": 1, "bar": 2}', /no format that understudy knows.*fields foo, bar/],
    [
      'a table',
      'id,User prompt,answer\n1,"Capital of France?\nOne word.",Paris\n',
      /traffic\.jsonl is a CSV file with the columns id, User prompt, answer\. Say which of them is what: understudy import \S+ --map 'request=\$\["User prompt"\]' --map response=\$\.answer --map id=\$\.id$/,
    ],
    ['a table with semicolons', gzipSync('prompt;completion\r\na;b\r\n'), /is a CSV file/],
    ['a table with tabs', '\uFEFFprompt\tcompletion\na\tb\n', /request=\$\.prompt/],
    ['a table without texts', 'id,model\n1,m\n', /no text that could be a request/],
    ['lines with commas', 'Hello, world\nbye\n', /contains no readable JSON object/],
    ['a zip archive', 'PK\u0003\u0004 and files', /a zip archive\. Unpack it/],
    ['Parquet', 'PAR1 and columns', /a Parquet file.*as JSON Lines/],
    [
      'JSON with messages in an unknown place',
      '{"note": "x", "payload": {"chat": [{"role": "user", "content": "hi"}], "reply": "ho"}}',
      /--map request=\$\.payload\.chat --map response=\$\.payload\.reply$/,
    ],
    [
      'JSON with a request and an answer under unknown names',
      '{"req": {"messages": [{"role": "user", "content": "hi"}]}, "took": 3, "resp": {"choices": [{"index": 0}]}}',
      /--map request=\$\.req --map response=\$\.resp$/,
    ],
    ['hostile field names', '{"\\u001b[2J": 1}', /the fields ␛\[2J/],
  ])('says what is wrong with %s', async (_name, content, sentence) => {
    expect(await inspect(content)).toMatch(sentence);
  });

  it('rejects a path that is missing, a directory or not a regular file', async () => {
    const directory = await temporaryDirectory();
    const folder = join(directory, 'folder');
    mkdirSync(folder);
    await expect(inspectFiles([join(directory, 'none.jsonl')])).rejects.toThrow(/There is no file/);
    await expect(inspectFiles([folder])).rejects.toThrow(/is a directory/);
    await expect(inspectFiles(['/dev/null'])).rejects.toThrow(/not a regular file/);
  });
});
