import { openStore } from '../../../source/store/open.ts';

const store = await openStore(process.argv[2] ?? '');
await store.close();
process.stdout.write('opened\n');
