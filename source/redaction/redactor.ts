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
  readonly #cleanTexts = new CleanTexts();

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
    if (text.length < minimumLength || this.#cleanTexts.has(text)) return false;
    const profile = profileText(text);
    return this.#rules.some((rule) => rule.mayHold(profile));
  }

  redact(text: string, onFound: OnFound): string {
    if (text.length < minimumLength || this.#cleanTexts.has(text)) return text;
    let current = text;
    for (let pass = 0; pass < maximumPasses; pass++) {
      const findings = this.#find(current);
      if (findings.length === 0) break;
      current = this.#replace(current, findings, onFound);
    }
    if (current === text) this.#cleanTexts.add(text);
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

/** The length of the longest cached text. Caching longer texts would use too much memory. */
const maximumCachedLength = 16 * 1024;

const cacheSlots = 512;

/** Names, such as keys, roles and models. The most of them, and their length. */
const names = { most: 2000, length: 32 } as const;

/**
 * A cache of texts without findings. Keys, roles and model names recur constantly, and a feature's
 * system prompt recurs in each of its calls. A text is cached from its second occurrence on. Another long
 * text in the same slot may replace it. Texts that occur once therefore leave nothing behind.
 */
export class CleanTexts {
  readonly #names = new Set<string>();
  readonly #fingerprints = new Int32Array(cacheSlots);
  /** The text that was asked for last, since it is usually the one that is added. */
  #lastText = '';
  #lastFingerprint = fingerprint('');
  readonly #texts: (string | null)[] = Array.from({ length: cacheSlots }, () => null);

  has(text: string): boolean {
    if (text.length > maximumCachedLength) return false;
    if (text.length <= names.length && this.#names.has(text)) return true;
    this.#lastText = text;
    this.#lastFingerprint = fingerprint(text);
    return this.#texts[slot(this.#lastFingerprint)] === text;
  }

  add(text: string): void {
    if (text.length > maximumCachedLength) return;
    const print = text === this.#lastText ? this.#lastFingerprint : fingerprint(text);
    const isRecurring = this.#fingerprints[slot(print)] === print;
    if (isRecurring && text.length <= names.length && this.#names.size < names.most) {
      this.#names.add(text);
      return;
    }
    this.#texts[slot(print)] = isRecurring ? text : null;
    this.#fingerprints[slot(print)] = print;
  }
}

const slot = (print: number): number => print & (cacheSlots - 1);

/** Computes FNV-1a over the length and about sixteen code units spread over the text. */
const fingerprint = (text: string): number => {
  let print = 0x811c9dc5 ^ text.length;
  const step = (text.length >> 4) + 1;
  for (let at = text.length - 1; at >= 0; at -= step) {
    print = Math.imul(print ^ text.charCodeAt(at), 0x01000193);
  }
  return print ^ (print >>> 15);
};
