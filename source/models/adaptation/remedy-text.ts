import type { JsonValue } from '../../text/json.ts';
import type { Remedy } from './remedy.ts';

/** What a remedy does to a request, as it goes on after `send it`: `without temperature`. Raw text. */
export const remedyText = ({ action, parameter, to = null }: Remedy): string => {
  switch (action) {
    case 'removed':
      return `without ${parameter}`;
    case 'renamed':
      return `with ${parameter} called ${String(to)}`;
    case 'changed':
      return typeof to === 'number'
        ? `with ${parameter} of at most ${to}`
        : `with ${parameter} as ${shortJson(to)}`;
  }
};

/** A JSON value in a few characters: a text without its quotes, anything else as JSON. */
export const shortJson = (value: JsonValue): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
};

const longest = 60;
