import { isDelimiter, labels, numbers } from './filter.ts';

/** The values that labels have in a comparison. */
export type KnownLabels = {
  readonly endpoint: readonly string[];
  readonly tag: readonly string[];
  readonly reviewer: readonly string[];
  readonly field: readonly string[];
  readonly conversation: readonly string[];
};

/**
 * Returns the ways to complete the word at the end of a filter, each the whole text with the word
 * completed, in alphabetical order; empty if there are none.
 */
export const completeFilter = (text: string, known: KnownLabels): readonly string[] => {
  const [, before = '', name = '', open = '', part = ''] =
    /^([^]*?)(?:([a-z]+):("?))?([^\s"&|!()<>=:]*)$/.exec(text) ?? [];
  const head = name === '' ? before : `${before}${name}:`;
  if (name === '' && /[<>=:]$/.test(before)) return [];
  const values = name === '' ? names : valuesOf(name, known);
  return values
    .filter((value) => value.toLowerCase().startsWith(part.toLowerCase()))
    .toSorted()
    .map((value) =>
      open === '' && (name === '' || !Array.from(value).some(isDelimiter))
        ? `${head}${value}`
        : `${head}"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
    );
};

const names = [...Object.keys(labels).map((name) => `${name}:`), ...Object.keys(numbers)];

const valuesOf = (name: string, known: KnownLabels): readonly string[] => {
  switch (name) {
    case 'endpoint':
    case 'tag':
    case 'field':
    case 'conversation':
      return known[name];
    case 'reviewer':
      return ['me', ...known.reviewer];
    case 'outcome':
    case 'settled':
    case 'verdict':
      return labels[name].values;
    default:
      return [];
  }
};
