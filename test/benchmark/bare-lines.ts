import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** Reads the lines of a file, plain or gzip, and parses each. */
export const parseLines = async (
  file: string,
  onLine: (value: unknown, line: Buffer) => void,
): Promise<void> => {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const stream = file.endsWith('.gz')
    ? source.pipe(createGunzip({ chunkSize: 256 * 1024 }))
    : source;
  let rest: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end);
      const line = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      start = end + 1;
      onLine(parse(line.toString('utf8')), line);
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
};

/** Of an array with an element a line, the brackets and commas around it are taken off. */
const parse = (line: string): unknown => {
  const begin = line.startsWith('[') ? 1 : 0;
  const end = line.endsWith(',') || line.endsWith(']') ? line.length - 1 : line.length;
  return JSON.parse(begin === 0 && end === line.length ? line : line.slice(begin, end));
};
