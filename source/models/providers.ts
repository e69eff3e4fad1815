import { z } from 'zod';
import data from '../../data/providers.json' with { type: 'json' };
import type { Provider } from './model.ts';

const schema = z.strictObject({
  /** When the facts were gathered; provider rules move monthly. */
  date: z.string(),
  source: z.string(),
  providers: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      baseUrl: z.url(),
      keyVariables: z.array(z.string()),
      keyRequired: z.boolean(),
      streamOptions: z.boolean(),
      pricesId: z.string().nullable(),
    }),
  ),
});

/** A provider that can be named without a URL. */
export type BuiltInProvider = Provider & { readonly name: string };

let parsed: readonly BuiltInProvider[] | null = null;

/** The built-in providers of data/providers.json, in its order. */
export const builtInProviders = (): readonly BuiltInProvider[] => {
  parsed ??= schema.parse(data).providers;
  return parsed;
};
