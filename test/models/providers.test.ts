import { expect, it } from 'vitest';
import * as z from 'zod';
import { authorizations } from '../../source/models/model.ts';
import { dialects } from '../../source/traffic/dialects/dialect.ts';
import data from '../../data/providers.json' with { type: 'json' };

const facts = {
  id: z.string().min(1),
  name: z.string().min(1),
  keyVariables: z.array(z.string().regex(/^[A-Z_]+$/)),
  keyRequired: z.boolean(),
  streamOptions: z.boolean(),
  pricesId: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  authorization: z.enum(authorizations),
  dialects: z
    .partialRecord(
      z.enum(dialects),
      z.strictObject({
        baseUrl: z.url().optional(),
        authorization: z.enum(authorizations).optional(),
      }),
    )
    .refine((spoken) => Object.keys(spoken).length > 0),
  quirks: z.string(),
  loadsOnFirstCall: z.boolean(),
  batch: z.boolean(),
};

const providersFile = z.strictObject({
  /** When the facts were gathered; they change monthly. */
  date: z.string(),
  source: z.string(),
  /** By provider: who says which dialects it speaks, where that is more than chat completions. */
  dialectSources: z.record(z.string(), z.string()),
  providers: z.array(z.strictObject({ ...facts, baseUrl: z.url() })).min(1),
  /** Providers that give each customer a separate host with one of these suffixes. */
  byHost: z.array(z.strictObject({ ...facts, hosts: z.array(z.string().startsWith('.')) })),
});

it('has every fact of every provider, which the program does not check at every start', () => {
  expect(providersFile.parse(data)).toEqual(data);
});

it('says where the dialects of a provider are documented', () => {
  const more = [...data.providers, ...data.byHost].filter(
    (provider) => Object.keys(provider.dialects).join() !== 'chat',
  );
  expect(more.map(({ id }) => id).toSorted()).toEqual(Object.keys(data.dialectSources).toSorted());
});
