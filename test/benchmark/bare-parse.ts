// The yardstick of the import: reads the lines of a file, parses each, and does nothing with it.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const [file = ''] = process.argv.slice(2);
const source = createReadStream(file, { highWaterMark: 256 * 1024 });
const stream = file.endsWith('.gz') ? source.pipe(createGunzip({ chunkSize: 256 * 1024 })) : source;

/** Of an array with an element a line, the brackets and commas around it are taken off. */
const parse = (line: string): unknown => {
  const begin = line.startsWith('[') ? 1 : 0;
  const end = line.endsWith(',') || line.endsWith(']') ? line.length - 1 : line.length;
  return JSON.parse(begin === 0 && end === line.length ? line : line.slice(begin, end));
};

let count = 0;
let rest: Buffer[] = [];
for await (const chunk of stream as AsyncIterable<Buffer>) {
  let start = 0;
  for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
    const piece = chunk.subarray(start, end);
    const line = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
    rest = [];
    start = end + 1;
    if (typeof parse(line.toString('utf8')) === 'object') count += 1;
  }
  if (start < chunk.length) rest.push(chunk.subarray(start));
}
console.log(count);
