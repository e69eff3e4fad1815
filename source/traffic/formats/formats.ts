import type { Format } from './format.ts';
import { native } from './native.ts';
import { batchInput, batchOutput } from './openai-batch.ts';

/** Every format that can be imported. The first that recognises a record is taken for it. */
export const formats: readonly Format[] = [batchInput, batchOutput, native];
