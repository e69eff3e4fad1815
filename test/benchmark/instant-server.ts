// A process of its own, so that the server and what is measured do not share a thread.
import { startDemoEndpoint } from '../../source/demo/demo-endpoint.ts';

const endpoint = await startDemoEndpoint({ timings: 'instant' });
console.log(endpoint.url);
