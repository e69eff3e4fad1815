// Every figure that the documentation quotes, each against its yardstick in the same run.
// `npm run benchmark` runs all; `npm run benchmark -- review` those whose group has the name.
import { cpus, totalmem } from 'node:os';
import { callRows } from './call-rate.ts';
import type { Row } from './measure.ts';
import { importRows } from './import-rate.ts';
import { memoryRows } from './memory.ts';
import { millionRows } from './million.ts';
import { proxyRows } from './proxy.ts';
import { replayRows } from './replay-rate.ts';
import { shadowRows } from './shadow.ts';
import { streamingRows } from './streaming.ts';
import { startupRows } from './startup.ts';
import { openingRows, scrollRows, verdictRows } from './review.ts';

const groups: Record<string, () => Promise<readonly Row[]>> = {
  startup: startupRows,
  opening: openingRows,
  verdict: verdictRows,
  scroll: scrollRows,
  streaming: streamingRows,
  replay: replayRows,
  calls: callRows,
  memory: memoryRows,
  import: importRows,
  proxy: proxyRows,
  shadow: shadowRows,
  million: millionRows,
};

const wanted = process.argv.slice(2);
const rows: Row[] = [];
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${new Date().toISOString().slice(0, 10)}`,
);
for (const [name, measure] of Object.entries(groups)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await measure()) {
    rows.push(row);
    console.log(
      `${row.reached ? 'reached' : 'MISSED '}  ${row.what}: ${row.measured}, must ${row.mustReach}`,
    );
  }
}
process.exitCode = rows.every(({ reached }) => reached) ? 0 : 1;
