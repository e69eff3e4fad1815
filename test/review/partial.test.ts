import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../source/comparison/outcome.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { defaultKeymap } from '../../source/review/session/keymap.ts';
import { detailsDocument } from '../../source/review/view/details-document.ts';
import { differenceParts } from '../../source/review/view/differs.ts';
import { entry } from './play.ts';

const viewWith = (partial: readonly string[], redacted = false): PairView => ({
  conversation: null,
  capture: {
    id: 'r1',
    endpoint: 'chat',
    timestamp: null,
    dialect: 'chat',
    model: null,
    request: { messages: [{ role: 'user', content: 'hi' }] },
    recorded: [],
    metadata: null,
    partial,
    ...(redacted ? { redacted } : {}),
  },
  sides: {
    baseline: { kind: 'not_sent', reason: null, attempts: [] },
    candidate: { kind: 'not_sent', reason: null, attempts: [] },
  },
  live: { baseline: null, candidate: null },
  comparison: null,
  alignment: null,
  refused: null,
  fields: null,
  headline: [],
  visible: [],
  covered: new Set(),
  settledBy: [],
  cost: { baseline: null, candidate: null },
});

const compared = (partial: readonly string[]): PairView => ({
  ...viewWith(partial),
  comparison: {
    outcome: 'different',
    reason: 'text differs',
    badges: { baseline: [], candidate: [] },
    differs: { toolCalls: false, language: false, finishReason: false },
  },
});

const top = (partial: readonly string[], outcome: Outcome): string =>
  differenceParts(entry('r1', { outcome }), compared(partial), { keymap: defaultKeymap })
    .map(({ text }) => text)
    .join('\n');

const details = (partial: readonly string[], redacted = false): string =>
  detailsDocument(viewWith(partial, redacted))
    .lines.map(({ baseline }) => (baseline ?? []).map(({ text }) => text).join(''))
    .join('\n');

describe('a partial capture in the review', () => {
  it('names the missing parts on pairs that a person judges', () => {
    expect(top(['response_format'], 'different')).toContain('partial: response_format');
    expect(top(['a', 'b\u001b[2J', 'c', 'd'], 'different')).toContain('partial: a, b␛[2J + 2');
    expect(top(['response_format'], 'identical')).not.toContain('partial');
    expect(top([], 'different')).not.toContain('partial');
  });

  it('names all missing parts in the details', () => {
    expect(details(['a', 'b', 'c'])).toMatch(/not recorded, not sent +a, b, c$/);
    expect(details([])).not.toContain('not recorded');
  });

  it('is distinguished from a redacted capture', () => {
    expect(details([], true)).toMatch(/redacted +placeholders are sent instead of values$/);
    expect(details(['a'])).not.toContain('redacted');
  });
});
