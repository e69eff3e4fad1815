import { hash } from 'node:crypto';

/** The SHA-256 of a string in UTF-8, as 64 lower-case hexadecimal digits. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');
