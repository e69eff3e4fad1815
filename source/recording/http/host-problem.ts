import { headerValue } from './header-lines.ts';
import { refused, type Refused, type RequestHead } from './read-head.ts';

/** Which host is meant decides where a message goes: exactly one is named (RFC 9112, section 3.2). */
export const hostProblem = (head: RequestHead): Refused | null => {
  const isMissing = !head.lines.names.includes('host') && head.minor === 1;
  const isDouble = head.lines.names.indexOf('host') !== head.lines.names.lastIndexOf('host');
  if (isMissing || isDouble) {
    return refused(400, 'it has no Host, or more than one');
  }
  const expected = headerValue(head.lines, 'expect');
  return expected === null || expected.toLowerCase() === '100-continue'
    ? null
    : refused(417, 'what it expects is not known');
};
