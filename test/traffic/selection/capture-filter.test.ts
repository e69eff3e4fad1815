import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../source/text/json.ts';
import {
  captureFilter,
  type FilterFacts,
} from '../../../source/traffic/selection/capture-filter.ts';
import { everything, type Selection } from '../../../source/traffic/selection/selection.ts';

const capture = (change: Partial<FilterFacts> = {}): FilterFacts => ({
  id: 'c1',
  endpoint: 'classify_ticket',
  timestamp: '2026-11-20T08:15:00.000Z',
  metadata: null,
  ...change,
});

const reason = (selection: Partial<Selection>, change: Partial<FilterFacts> = {}) =>
  captureFilter({ ...everything, ...selection })(capture(change)).reason;

describe('an endpoint', () => {
  it.each([
    ['classify_ticket', true],
    ['classify_*', true],
    ['*', true],
    ['*ticket', true],
    ['c*y_t*t', true],
    ['classify', false],
    ['classify.ticket', false],
    ['CLASSIFY_TICKET', false],
    ['[a-z_]+', false],
  ])('%s', (label, fits) => {
    expect(reason({ endpoints: ['other', label] })).toBe(fits ? null : 'another endpoint');
  });

  it('takes every character but the star literally', () => {
    fc.assert(
      fc.property(fc.string(), (endpoint) => {
        const label = endpoint.replaceAll('*', '-');
        expect(reason({ endpoints: [label] }, { endpoint: label })).toBeNull();
        expect(reason({ endpoints: [label] }, { endpoint: `${label}x` })).not.toBeNull();
      }),
    );
  });
});

describe('a time', () => {
  const since = '2026-11-20T08:15:00.000Z';
  it('includes both of its ends', () => {
    expect(reason({ since })).toBeNull();
    expect(reason({ until: since })).toBeNull();
    expect(reason({ since }, { timestamp: '2026-11-20T08:14:59.999Z' })).toBe('before --since');
    expect(reason({ until: since }, { timestamp: '2026-11-20T08:15:00.001Z' })).toBe(
      'after --until',
    );
  });

  it('leaves out captures without a time, but only if it is set', () => {
    expect(reason({ since }, { timestamp: null })).toBe('no timestamp');
    expect(reason({}, { timestamp: null })).toBeNull();
  });
});

describe('a condition on metadata', () => {
  const metadata: JsonObject = {
    tier: 'gold',
    turns: 3,
    text: '3',
    tags: ['new', 'urgent'],
    customer: { id: 'x', 'a.b': true },
    'a.b': null,
  };
  it.each([
    ['tier', '=', 'gold', true],
    ['tier', '=', 'Gold', false],
    ['tier', '!=', 'gold', false],
    ['tier', '>=', '3', false],
    ['turns', '=', '3', true],
    ['turns', '=', '3.0', true],
    ['turns', '>=', '3', true],
    ['turns', '>', '3', false],
    ['turns', '<=', '3', true],
    ['turns', '<', '3', false],
    ['text', '>=', '3', true],
    ['text', '=', '3.0', false],
    ['tags', '=', 'urgent', true],
    ['tags', '!=', 'urgent', false],
    ['tags', '!=', 'old', true],
    ['customer.id', '=', 'x', true],
    ['customer.a.b', '=', 'true', true],
    ['a.b', '=', 'null', true],
    ['missing', '=', '', false],
    ['missing', '!=', 'x', true],
    ['missing.deeper', '<', '1', false],
    ['tier.deeper', '=', 'gold', false],
    ['toString', '!=', 'x', true],
  ] as const)('%s%s%s', (path, operator, value, isTrue) => {
    const where = [{ path, operator, value }];
    expect(reason({ where }, { metadata })).toBe(isTrue ? null : '--where does not hold');
  });

  it('must hold together with all others', () => {
    const gold = { path: 'tier', operator: '=', value: 'gold' } as const;
    const many = { path: 'turns', operator: '>', value: '5' } as const;
    expect(reason({ where: [gold, many] }, { metadata })).toBe('--where does not hold');
    expect(reason({ where: [gold] })).toBe('--where does not hold');
  });
});

describe('a sample', () => {
  const isIn = (id: string, sample: number, metadata: JsonObject | null = null): boolean =>
    reason({ sample }, { id, metadata }) === null;

  it('is the same on every machine', () => {
    const ids = Array.from({ length: 60 }, (_, index) => `req_${index}`);
    expect(ids.filter((id) => isIn(id, 0.2))).toEqual(
      [20, 27, 37, 38, 40, 44, 49, 50, 56].map((number) => `req_${number}`),
    );
  });

  it('is part of a larger one', () => {
    const share = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), share, share, (id, a, b) => {
        if (isIn(id, Math.min(a, b))) expect(isIn(id, Math.max(a, b))).toBe(true);
        expect(isIn(id, 1)).toBe(true);
      }),
    );
  });

  it.each([0.01, 0.1, 0.125, 0.5, 0.9])('of %d has about that size', (share) => {
    const captures = 20_000;
    const spread = Math.sqrt((share * (1 - share)) / captures);
    const taken = Array.from({ length: captures }, (_, index) => `r${index}`).filter((id) =>
      isIn(id, share),
    );
    expect(Math.abs(taken.length / captures - share)).toBeLessThan(4 * spread);
  });

  it.each(['conversation', 'conversation_id', 'threadId', 'chat_id', 'session'])(
    'holds whole conversations by %s',
    (key) => {
      fc.assert(
        fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (name, a, b) => {
          const metadata = { [key]: name, user: a };
          expect(isIn(a, 0.5, metadata)).toBe(isIn(b, 0.5, metadata));
        }),
      );
    },
  );

  it('does not keep the captures of one user together', () => {
    const taken = Array.from({ length: 40 }, (_, index) => isIn(`r${index}`, 0.5, { user: 'u' }));
    expect(new Set(taken).size).toBe(2);
  });
});

describe('a stratum', () => {
  const stratum = (by: string, change: Partial<FilterFacts> = {}) =>
    captureFilter({ ...everything, stratify: { by, most: 1 } })(capture(change)).stratum;

  it('is the endpoint or a value of the metadata', () => {
    expect(stratum('endpoint')).toBe('classify_ticket');
    const metadata = { a: { b: 'x' } };
    expect(stratum('metadata.a.b', { metadata })).toBe('"x"');
    expect(stratum('metadata.a.c', { metadata })).toBe('');
    expect(stratum('metadata.a.b')).toBe('');
  });
});
