import { isMasked, masked, placeholderOf } from './placeholder.ts';
import type { Finding, RedactionRule } from './rules/redaction-rule.ts';
import { profileText } from './text-profile.ts';

/** Told of every value that is replaced: its rule, the value as it stood there, what stands there now. */
export type OnFound = (rule: string, value: string, placeholder: string) => void;

/** Replaces sensitive values in texts by placeholders. */
export type Redactor = {
  /** Whether the text may hold something; false is certain. Cheap. */
  readonly mayHold: (text: string) => boolean;
  /** The plain text with its findings replaced; the same text where there are none. */
  readonly redact: (text: string, found: OnFound) => string;
};

/** No finding is shorter: an IPv4 address has seven characters, an e-mail address six. */
const shortest = 6;

/** A replacement can bring a value to light that stood beside it, hardly ever a second time. */
const maximumPasses = 4;

/**
 * A redactor of these rules. `salt` is the store's: equal values get equal placeholders within it.
 * Values that match an entry of `ignore` stay (`*` in it stands for any text, case does not matter).
 */
export const createRedactor = (options: {
  readonly rules: readonly RedactionRule[];
  readonly salt: string;
  readonly ignore?: readonly string[];
}): Redactor => {
  const { rules, salt } = options;
  const isIgnored = ignoring(options.ignore ?? []);
  const findings = (text: string): readonly Finding[] => {
    if (text.length < shortest) return [];
    const profile = profileText(text);
    let seen: string | null = null;
    let all: Finding[] | null = null;
    for (const rule of rules) {
      if (!rule.mayHold(profile)) continue;
      seen ??= masked(text);
      for (const finding of rule.find(seen, profile)) {
        const { start, end } = finding;
        if (isMasked(seen.slice(start, end)) || isIgnored(text.slice(start, end))) continue;
        all ??= [];
        all.push(finding);
      }
    }
    if (all === null) return [];
    return all.length < 2 ? all : joined(all, text);
  };
  const cleanTexts = createCleanTexts();
  return {
    mayHold: (text) => {
      if (text.length < shortest) return false;
      const place = cleanTexts.placeOf(text);
      if (place !== null && cleanTexts.has(text, place)) return false;
      const profile = profileText(text);
      return rules.some((rule) => rule.mayHold(profile));
    },
    redact: (text, found) => {
      if (text.length < shortest) return text;
      const place = cleanTexts.placeOf(text);
      if (place !== null && cleanTexts.has(text, place)) return text;
      let current = text;
      for (let pass = 0; pass < maximumPasses; pass++) {
        const all = findings(current);
        if (all.length === 0) break;
        const parts: string[] = [];
        let at = 0;
        for (const { rule, start, end, value } of all) {
          const placeholder = placeholderOf(rule, value, salt);
          parts.push(current.slice(at, start), placeholder);
          found(rule, current.slice(start, end), placeholder);
          at = end;
        }
        parts.push(current.slice(at));
        current = parts.join('');
      }
      if (current === text && place !== null) cleanTexts.add(text, place);
      return current;
    },
  };
};

/** In order, and what overlaps as one: the first and longest names it. */
const joined = (findings: readonly Finding[], text: string): readonly Finding[] => {
  const sorted = findings.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Finding[] = [];
  for (const finding of sorted) {
    const last = kept.at(-1);
    if (last === undefined || finding.start >= last.end) kept.push(finding);
    else if (finding.end > last.end) {
      const { rule, start } = last;
      kept[kept.length - 1] = {
        rule,
        start,
        end: finding.end,
        value: text.slice(start, finding.end),
      };
    }
  }
  return kept;
};

const ignoring = (entries: readonly string[]): ((value: string) => boolean) => {
  const patterns = entries.map((entry) => {
    const parts = entry.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'is');
  });
  return (value) => patterns.some((pattern) => pattern.test(value));
};

/** Remembers texts without a finding. */
export type CleanTexts = {
  /** Where the text would be kept; null for one that is not worth it. */
  readonly placeOf: (text: string) => Place | null;
  readonly has: (text: string, place: Place) => boolean;
  readonly add: (text: string, place: Place) => void;
};

/** A text's fingerprint. */
export type Place = number;

/** Longer ones would fill the memory. */
const longest = 16 * 1024;

const slots = 512;

/**
 * Keys, roles and names of models come again and again, and the system prompt of a production feature comes
 * with each of its calls. A text is kept from its second time on, in one place that others of the same
 * fingerprint may take, so that texts which come once leave nothing behind.
 */
export const createCleanTexts = (): CleanTexts => {
  const prints = new Int32Array(slots);
  const texts: (string | null)[] = Array.from({ length: slots }, () => null);
  return {
    placeOf: (text) => (text.length <= longest ? fingerprint(text) : null),
    has: (text, place) => texts[place & (slots - 1)] === text,
    add: (text, place) => {
      const slot = place & (slots - 1);
      texts[slot] = prints[slot] === place ? text : null;
      prints[slot] = place;
    },
  };
};

/** Of the length and of characters from everywhere in the text (FNV-1a). */
const fingerprint = (text: string): number => {
  let print = 0x811c9dc5 ^ text.length;
  const step = (text.length >> 4) + 1;
  for (let at = text.length - 1; at >= 0; at -= step) {
    print = Math.imul(print ^ text.charCodeAt(at), 0x01000193);
  }
  return print ^ (print >>> 15);
};
