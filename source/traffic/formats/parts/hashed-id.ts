import type { JsonValue } from '../../../text/json.ts';
import { sha256 } from '../../hash.ts';

/**
 * The id of a user or a conversation in a form that tells two of them apart and does not name them: 16
 * hexadecimal digits, the same for the same id in every recording; null for what is no id.
 */
export const hashedId = (id: JsonValue | undefined): string | null =>
  (typeof id === 'string' && id !== '') || typeof id === 'number'
    ? sha256(`understudy:${id}`).slice(0, 16)
    : null;
