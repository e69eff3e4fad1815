import { RecurringTexts } from '../text/recurring-texts.ts';
import { isMasked, masked, placeholderFor } from './placeholder.ts';
import type { Finding, RedactionRule } from './rules/redaction-rule.ts';
import { profileText } from './text-profile.ts';

/** Called for every replaced value, with its rule, its spelling and its placeholder. */
export type OnFound = (rule: string, value: string, placeholder: string) => void;

/** Replaces sensitive values in texts with placeholders. */
export type Redactor = {
  /** A cheap test; false means that `redact` would find nothing. */
  readonly mayHold: (text: string) => boolean;
  /** Returns the text with its values replaced; the same text if it contains none. */
  readonly redact: (text: string, onFound: OnFound) => string;
};

/**
 * The length of the shortest value: an e-mail address has at least six characters, an IPv4 address
 * seven.
 */
const minimumLength = 6;

/**
 * The most passes over a text. A replacement may expose a value next to it; more than two passes
 * are rare.
 */
const maximumPasses = 4;

/**
 * Redacts by rules. `salt` belongs to the store: within it, equal values get equal placeholders.
 * Values that match an entry of `ignore` are kept; in an entry, `*` matches any text, and case is
 * ignored.
 */
export class RuleRedactor implements Redactor {
  readonly #rules: readonly RedactionRule[];
  readonly #salt: string;
  readonly #ignored: readonly RegExp[];
  /** Texts without findings. */
  readonly #cleanTexts = new RecurringTexts<true>();

  constructor(options: {
    readonly rules: readonly RedactionRule[];
    readonly salt: string;
    readonly ignore?: readonly string[];
  }) {
    this.#rules = options.rules;
    this.#salt = options.salt;
    this.#ignored = (options.ignore ?? []).map(ignorePattern);
  }

  mayHold(text: string): boolean {
    if (text.length < minimumLength || this.#cleanTexts.get(text) === true) return false;
    const profile = profileText(text);
    return this.#rules.some((rule) => rule.mayHold(profile));
  }

  redact(text: string, onFound: OnFound): string {
    if (text.length < minimumLength || this.#cleanTexts.get(text) === true) return text;
    let current = text;
    for (let pass = 0; pass < maximumPasses; pass++) {
      const findings = this.#find(current);
      if (findings.length === 0) break;
      current = this.#replace(current, findings, onFound);
    }
    if (current === text) this.#cleanTexts.add(text, true);
    return current;
  }

  #find(text: string): readonly Finding[] {
    if (text.length < minimumLength) return [];
    const profile = profileText(text);
    let searched: string | null = null;
    let findings: Finding[] | null = null;
    for (const rule of this.#rules) {
      if (!rule.mayHold(profile)) continue;
      searched ??= masked(text);
      for (const finding of rule.find(searched, profile)) {
        const { start, end } = finding;
        if (isMasked(searched.slice(start, end)) || this.#isIgnored(text.slice(start, end))) {
          continue;
        }
        findings ??= [];
        findings.push(finding);
      }
    }
    if (findings === null) return [];
    return findings.length < 2 ? findings : merged(findings, text);
  }

  #replace(text: string, findings: readonly Finding[], onFound: OnFound): string {
    const parts: string[] = [];
    let position = 0;
    for (const { rule, start, end, value } of findings) {
      const placeholder = placeholderFor(rule, value, this.#salt);
      parts.push(text.slice(position, start), placeholder);
      onFound(rule, text.slice(start, end), placeholder);
      position = end;
    }
    parts.push(text.slice(position));
    return parts.join('');
  }

  #isIgnored(value: string): boolean {
    return this.#ignored.some((pattern) => pattern.test(value));
  }
}

const ignorePattern = (entry: string): RegExp => {
  const parts = entry.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'is');
};

/**
 * Sorts findings and merges overlapping ones; the first and longest of them determines the rule.
 */
const merged = (findings: readonly Finding[], text: string): readonly Finding[] => {
  const sorted = findings.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Finding[] = [];
  for (const finding of sorted) {
    const last = kept.at(-1);
    if (last === undefined || finding.start >= last.end) kept.push(finding);
    else if (finding.end > last.end) {
      const { rule, start } = last;
      const { end } = finding;
      kept[kept.length - 1] = { rule, start, end, value: text.slice(start, end) };
    }
  }
  return kept;
};
