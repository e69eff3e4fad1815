// The yardstick of the import: reads the lines of a file, parses each, and does nothing with it.
import { parseLines } from './bare-lines.ts';

let count = 0;
await parseLines(process.argv[2] ?? '', (value) => {
  if (typeof value === 'object') count += 1;
});
console.log(count);
