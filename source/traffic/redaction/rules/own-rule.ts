import type { Finding, Rule } from '../finding.ts';

/** A rule of the configuration. */
export type OwnRule = {
  /** Stands in the placeholders and the counts. */
  readonly name: string;
  /** A regular expression of JavaScript with its flags; `g` goes without saying. */
  readonly pattern: string;
  readonly flags?: string;
};

/** The rule of a pattern that `new RegExp` takes; throws what that throws. */
export const ownRule = ({ name, pattern, flags = '' }: OwnRule): Rule => {
  const given = new RegExp(pattern, flags.replace(/[gy]/g, ''));
  const all = new RegExp(pattern, `${given.flags}g`);
  return {
    mayHold: ({ text }) => given.test(text),
    find: (text) => {
      const findings: Finding[] = [];
      for (const { 0: value, index } of text.matchAll(all)) {
        if (value === '') continue;
        findings.push({ rule: name, start: index, end: index + value.length, value });
      }
      return findings;
    },
  };
};
