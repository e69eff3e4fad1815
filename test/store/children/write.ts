// Saves answers and verdicts until it is killed, and names each one once it is saved.
import { randomBytes } from 'node:crypto';
import { timeOrderedId } from '../../../source/text/time-ordered-id.ts';
import { openStore } from '../../../source/store/open.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { appendEvent } from '../../../source/store/verdicts.ts';
import { at, sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';

const [file = '', run = ''] = process.argv.slice(2);
const store = await openStore(file);
let previous: string | null = null;
for (let index = 0; ; index += 1) {
  const captureId = `${run}-${index}`;
  const comparisonId = await sampleComparison(store, [sampleCapture(captureId)]);
  await saveResponse(store, sampleResponse(comparisonId, captureId, 'baseline', 'x'.repeat(5000)));
  process.stdout.write(`response ${captureId}\n`);
  const id: string = timeOrderedId(previous, Date.now(), randomBytes(10));
  previous = id;
  await appendEvent(store, {
    id,
    comparisonId,
    captureId,
    reviewer: 'ann',
    at,
    kind: 'verdict',
    verdict: 'agree',
  });
  process.stdout.write(`verdict ${captureId}\n`);
}
