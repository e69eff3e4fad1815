/** Shown in place of a value that is not known, which is never shown as a guess or a zero. */
export const unknown = '—';

const yearMs = 365 * 86_400_000;

/** Formats milliseconds: `240 ms`, `1.2 s`, `2 min 5 s`, `3 h 5 min`, `2 d 4 h`, `> 1 year`. */
export const duration = (ms: number | null): string => {
  if (ms === null) return unknown;
  if (ms > yearMs) return '> 1 year';
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** Formats US dollars with as many digits as the amount needs: `$0.00008`, `$0.31`, `$12.40`. */
export const dollars = (amount: number | null): string => {
  if (amount === null) return unknown;
  if (amount === 0) return '$0';
  if (amount >= 0.1) return `$${amount.toFixed(2)}`;
  const decimals = Math.min(12, 2 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(decimals).replace(/0+$/, '')}`;
};

/** Formats a share from 0 to 1 as a percentage with one decimal: `92.7 %`. */
export const percent = (share: number | null): string =>
  share === null ? unknown : `${(share * 100).toFixed(1)} %`;

/** Formats a whole number: `1,234`. Its first `toLocaleString` would take 6 ms of a start. */
export const count = (value: number | null): string =>
  value === null ? unknown : value.toFixed(0).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** How much cheaper or dearer the candidate is: `17× cheaper`, `1.3× dearer`; null if unknown. */
export const costComparison = (
  baseline: number | null,
  candidate: number | null,
): string | null => {
  if (baseline === null || candidate === null || baseline <= 0 || candidate <= 0) return null;
  if (baseline === candidate) return 'same cost';
  const ratio = baseline > candidate ? baseline / candidate : candidate / baseline;
  const shown = ratio >= 10 ? Math.round(ratio).toString() : ratio.toFixed(1);
  return `${shown}× ${baseline > candidate ? 'cheaper' : 'dearer'}`;
};

/** How much faster or slower the candidate is: `21 % faster`, `3.2× slower`; null if unknown. */
export const speedComparison = (
  baseline: number | null,
  candidate: number | null,
): string | null => {
  if (baseline === null || candidate === null || baseline <= 0 || candidate <= 0) return null;
  const faster = candidate < baseline;
  const ratio = faster ? baseline / candidate : candidate / baseline;
  if (ratio < 1.005) return 'same speed';
  const shown =
    ratio >= 2
      ? `${ratio.toFixed(1)}×`
      : `${Math.round((faster ? 1 - candidate / baseline : candidate / baseline - 1) * 100)} %`;
  return `${shown} ${faster ? 'faster' : 'slower'}`;
};

/** Whether any of the texts in a row or a column says something. */
export const isKnown = (texts: readonly string[]): boolean =>
  texts.some((text) => text !== '' && text !== unknown);

/** A number with its noun: `1 pair`, `1,234 pairs`. */
export const counted = (number: number, noun: string, plural = `${noun}s`): string =>
  `${count(number)} ${number === 1 ? noun : plural}`;
