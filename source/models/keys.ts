import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import type { Provider } from './model.ts';

/** The part of `process.env` that is read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The provider's key from the environment without the white space around it; null when none is set. */
export const apiKey = (provider: Provider, environment: Environment): string | null => {
  for (const variable of provider.keyVariables) {
    const value = environment[variable]?.trim();
    if (value) return value;
  }
  return null;
};

/**
 * The key to call the provider with; empty where none is set and none is needed. Throws UserError
 * when a key is missing, or can be no key because it holds what no HTTP header may.
 */
export const requireKey = (provider: Provider, environment: Environment): string => {
  const key = apiKey(provider, environment);
  if (key === null) {
    if (!provider.keyRequired) return '';
    const [variable = '', ...others] = provider.keyVariables;
    const or = others.length > 0 ? ` (or ${others.join(', ')})` : '';
    throw new UserError(
      `${harmlessLine(provider.id)} needs a key and ${variable} is not set. Set ${variable}${or} in the environment and run it again.`,
    );
  }
  if (!/^[!-~]+$/.test(key)) {
    const variable = provider.keyVariables.find((name) => environment[name]?.trim()) ?? '';
    throw new UserError(
      `The key in ${variable} holds a space or another character that no key has. Set it again, without quotes or line ends.`,
    );
  }
  return key;
};
