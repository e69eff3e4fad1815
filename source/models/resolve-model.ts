import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { bareKeyVariable, keyParameter } from './keys.ts';
import type { Model, Provider } from './model.ts';
import { nearest } from '../text/nearest.ts';
import { spokenDialects } from './dialect-address.ts';
import { builtInProviders, hostedProviders, isHostOf } from './providers.ts';

/**
 * Resolves a user's name for a model: `provider/name` (the name may contain slashes), `URL#name`,
 * `recorded` or `recorded:NAME`. `providers` are the available ones: built-in and configured. Makes
 * no calls and looks up no keys. Throws UserError for any other name.
 */
export const resolveModel = (
  text: string,
  providers: readonly Provider[] = builtInProviders(),
): Model => {
  const label = text.trim();
  if (label === '') {
    throw new UserError(`A model has no name. ${forms}`);
  }
  if (label === 'recorded') return { kind: 'recorded', label, name: null };
  if (label.startsWith('recorded:')) {
    const name = label.slice('recorded:'.length).trim();
    if (name === '') {
      throw new UserError(
        `"${printableLine(label)}" does not name a model. Write recorded:NAME, or recorded for production's answers.`,
      );
    }
    return { kind: 'recorded', label, name };
  }
  return /^https?:\/\//i.test(label) ? atUrl(label) : atProvider(label, providers);
};

const forms =
  'Write provider/name (openai/gpt-4o), URL#name (http://127.0.0.1:8080/v1#qwen3-32b), recorded or recorded:NAME.';

const atProvider = (label: string, providers: readonly Provider[]): Model => {
  const slash = label.indexOf('/');
  const id = slash === -1 ? label : label.slice(0, slash);
  const name = slash === -1 ? '' : label.slice(slash + 1).trim();
  const provider = providers.find((known) => known.id === id.toLowerCase());
  if (slash === -1 && provider === undefined) {
    throw new UserError(`"${printableLine(label)}" does not name a provider. ${forms}`);
  }
  if (provider === undefined) {
    const hosted = hostedProviders().find((known) => known.id === id.toLowerCase());
    if (hosted !== undefined) {
      throw new UserError(
        `${hosted.name} has no address of its own. Write https://NAME${hosted.hosts[0]}/openai/v1#${printableLine(name) || 'DEPLOYMENT'}, or give ${hosted.id} its baseUrl in understudy.config.json.`,
      );
    }
    const ids = providers.map((known) => known.id);
    const [guess] = nearest(id, ids);
    const meant = guess === undefined ? '' : ` Did you mean ${guess}?`;
    throw new UserError(
      `There is no provider "${printableLine(id)}".${meant} Known: ${ids.join(', ')}; any other server as URL#name.`,
    );
  }
  if (name === '') {
    throw new UserError(
      `"${printableLine(label)}" does not name a model. Write ${provider.id}/ and the model's name there.`,
    );
  }
  return { kind: 'live', label, provider, name };
};

const atUrl = (label: string): Model => {
  const hash = label.indexOf('#');
  const address = hash === -1 ? label : label.slice(0, hash);
  const name = hash === -1 ? '' : label.slice(hash + 1).trim();
  if (!URL.canParse(address)) {
    throw new UserError(`"${printableLine(address)}" is not a URL. ${forms}`);
  }
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') {
    throw new UserError(
      `The URL of a model contains a user name or a password. Remove it and put the key into ${bareKeyVariable}.`,
    );
  }
  const parameter = keyParameter(url);
  if (parameter !== null) {
    throw new UserError(
      `The URL of a model seems to contain a key, in ${printableLine(parameter)}=…. Remove it and put the key into ${bareKeyVariable}.`,
    );
  }
  if (name === '') {
    throw new UserError(
      `"${printableLine(address)}" does not name a model. Append # and the model's name: ${printableLine(address)}#qwen3-32b.`,
    );
  }
  return { kind: 'live', label, provider: providerAt(url), name };
};

/**
 * Returns the provider at a URL, with the URL itself as its id. At the scheme, host and port of a
 * built-in remote provider, or under a host that a built-in provider gives to its customers, it is
 * that provider at another path, with its key and its rules. At the address of one of its dialects it
 * speaks that one alone. No other server is ever sent a built-in provider's key.
 */
export const providerAt = (url: URL): Provider => {
  const baseUrl = url.href.replace(/\/+(?=$|\?)/, '');
  const known = builtInProviders().find(
    (provider) => provider.keyRequired && new URL(provider.baseUrl).origin === url.origin,
  );
  if (known !== undefined) {
    return { ...known, id: baseUrl, baseUrl, dialects: dialectsAt(known, baseUrl) };
  }
  const hosted = hostedProviders().find((one) => isHostOf(one, url));
  if (hosted !== undefined) {
    const { hosts: _, ...rules } = hosted;
    return { ...rules, id: baseUrl, baseUrl };
  }
  return { ...compatibleServer(baseUrl), keyVariables: [bareKeyVariable] };
};

/** The dialects of a provider at another base URL: those that have no address of their own. */
export const dialectsAt = (provider: Provider, baseUrl: string): Provider['dialects'] => {
  if (baseUrl === provider.baseUrl) return provider.dialects;
  const there = spokenDialects(provider).filter(
    (dialect) => provider.dialects[dialect]?.baseUrl === baseUrl,
  );
  const spoken =
    there.length > 0
      ? there
      : spokenDialects(provider).filter(
          (dialect) => provider.dialects[dialect]?.baseUrl === undefined,
        );
  return Object.fromEntries(
    spoken.map((dialect) => {
      const { authorization } = provider.dialects[dialect] ?? {};
      return [dialect, authorization === undefined ? {} : { authorization }];
    }),
  );
};

/** Returns a server without a key that speaks OpenAI's dialect and of which nothing else is known. */
export const compatibleServer = (baseUrl: string): Provider => ({
  id: baseUrl,
  baseUrl,
  dialects: { chat: {} },
  keyVariables: [],
  keyRequired: false,
  streamOptions: true,
  pricesId: null,
  headers: {},
  authorization: 'bearer',
  quirks: 'openai-compatible',
  loadsOnFirstCall: false,
  batch: false,
});
