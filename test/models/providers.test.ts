import { expect, it } from 'vitest';
import * as z from 'zod';
import data from '../../data/providers.json' with { type: 'json' };

const facts = {
  id: z.string().min(1),
  name: z.string().min(1),
  keyVariables: z.array(z.string().regex(/^[A-Z_]+$/)),
  keyRequired: z.boolean(),
  streamOptions: z.boolean(),
  pricesId: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  authorization: z.enum(['bearer', 'api-key']),
  quirks: z.string(),
  loadsOnFirstCall: z.boolean(),
  batch: z.boolean(),
};

const providersFile = z.strictObject({
  /** When the facts were gathered; they change monthly. */
  date: z.string(),
  source: z.string(),
  providers: z.array(z.strictObject({ ...facts, baseUrl: z.url() })).min(1),
  /** Providers that give each customer a separate host with one of these suffixes. */
  byHost: z.array(z.strictObject({ ...facts, hosts: z.array(z.string().startsWith('.')) })),
});

it('has every fact of every provider, which the program does not check at every start', () => {
  expect(providersFile.parse(data)).toEqual(data);
});
