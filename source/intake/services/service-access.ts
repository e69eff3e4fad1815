import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';

/** How a service is reached, according to the environment. */
export type ServiceAccess = {
  /** The URL before the paths of the API, without a slash at its end. */
  readonly baseUrl: string;
  /** The environment variable that sets it. */
  readonly urlVariable: string;
  /** The environment variables with the key. */
  readonly keyVariables: readonly string[];
  /** The values of these variables. Servers may repeat them in what they answer. */
  readonly secrets: readonly string[];
  /** The headers that carry the key; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the first of these variables that is set, and its trimmed value; null if none is. */
export const setServiceVariable = (
  environment: Environment,
  variables: readonly string[],
): { readonly variable: string; readonly value: string } | null => {
  for (const variable of variables) {
    const value = environment[variable]?.trim();
    if (value) return { variable, value };
  }
  return null;
};

/** Returns the value of the first of these variables that is set. Throws UserError if none is, or it is no key. */
export const requireServiceKey = (
  environment: Environment,
  variables: readonly string[],
  { title, advice }: { readonly title: string; readonly advice: string },
): { readonly variable: string; readonly value: string } => {
  const set = setServiceVariable(environment, variables);
  const [first = ''] = variables;
  if (set === null) {
    throw new UserError(
      `${title} needs a key and ${first} is not set. Set ${first} in the environment${advice} and run it again.`,
    );
  }
  if (!/^[!-~]+$/.test(set.value)) {
    throw new UserError(
      `The key in ${set.variable} contains a space or another character that is not valid in a key. Set it again, without quotes or line feeds.`,
    );
  }
  return set;
};

/**
 * Returns the base URL of a service, without a slash at its end: from the first of these variables that is set, or
 * `standard`. Throws UserError for a value that is no http or https URL, or that contains a password.
 */
export const serviceUrl = (
  environment: Environment,
  variables: readonly string[],
  standard: string,
): { readonly variable: string; readonly baseUrl: string } => {
  const [first = ''] = variables;
  const { value, variable } = setServiceVariable(environment, variables) ?? {
    variable: first,
    value: standard,
  };
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(
      `${variable} is no http or https URL: ${JSON.stringify(printableLine(value)).slice(0, 200)}. An example is ${standard}.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError(`${variable} contains a user or a password. Write the URL without them.`);
  }
  return { variable, baseUrl: `${url.origin}${url.pathname}`.replace(/\/+$/, '') };
};
