import { parse } from 'yaml';
import type { JsonValue } from '../../../text/json.ts';
import { isTooDeep } from '../../reading/depth.ts';

/** A list of messages that was written in YAML, as JSON has it; null where the text is no such list. */
export const readYamlList = (text: string): readonly JsonValue[] | null => {
  try {
    const value: unknown = parse(text, { logLevel: 'silent', merge: true });
    // Dates and the like become what JSON makes of them.
    const list = JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
    return Array.isArray(list) && !isTooDeep(list) ? (list as readonly JsonValue[]) : null;
  } catch {
    return null;
  }
};
