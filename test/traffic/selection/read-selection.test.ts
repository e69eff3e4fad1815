import { describe, expect, it } from 'vitest';
import { UserError } from '../../../source/text/user-error.ts';
import {
  readSelection,
  type SelectionFlags,
} from '../../../source/traffic/selection/read-selection.ts';
import { everything, selectionText } from '../../../source/traffic/selection/selection.ts';
import { parseSelection } from '../../../source/traffic/selection/selection-schema.ts';

const now = new Date('2026-11-24T12:00:00.000Z');

const read = (flags: SelectionFlags) => readSelection(flags, now);

describe('selection flags', () => {
  it('are no selection if none is given', () => {
    expect(read({})).toBeNull();
    expect(read({ endpoint: [], where: [] })).toBeNull();
  });

  it.each([
    ['10%', 0.1],
    ['12.5%', 0.125],
    ['0.1', 0.1],
    ['100%', 1],
    ['1', 1],
    ['.5 %', 0.005],
  ])('sample %s', (sample, share) => {
    expect(read({ sample })).toEqual({ ...everything, sample: share });
  });

  it('name endpoints one by one or as a list', () => {
    expect(read({ endpoint: ['a, b', 'c*'] })?.endpoints).toEqual(['a', 'b', 'c*']);
  });

  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z', '2026-11-20T23:59:59.999Z'],
    ['2026-11-20T08:15', '2026-11-20T08:15:00.000Z', '2026-11-20T08:15:00.000Z'],
    ['2026-11-20T08:15:00+02:00', '2026-11-20T06:15:00.000Z', '2026-11-20T06:15:00.000Z'],
    ['7d', '2026-11-17T12:00:00.000Z', '2026-11-17T12:00:00.000Z'],
    ['24h', '2026-11-23T12:00:00.000Z', '2026-11-23T12:00:00.000Z'],
    ['1.5h', '2026-11-24T10:30:00.000Z', '2026-11-24T10:30:00.000Z'],
    ['2w', '2026-11-10T12:00:00.000Z', '2026-11-10T12:00:00.000Z'],
  ])('take %s as a time', (word, since, until) => {
    expect(read({ since: word })?.since).toBe(since);
    expect(read({ until: word })?.until).toBe(until);
  });

  it.each([
    ['tier=gold', { path: 'tier', operator: '=', value: 'gold' }],
    ['metadata.a.b!=x=y', { path: 'a.b', operator: '!=', value: 'x=y' }],
    ['turns>=3', { path: 'turns', operator: '>=', value: '3' }],
    ['turns<3.5', { path: 'turns', operator: '<', value: '3.5' }],
    ['note=', { path: 'note', operator: '=', value: '' }],
  ])('take %s as a condition', (word, condition) => {
    expect(read({ where: [word] })?.where).toEqual([condition]);
  });

  it('take strata by endpoint and by metadata', () => {
    expect(read({ stratify: 'endpoint:20' })?.stratify).toEqual({ by: 'endpoint', most: 20 });
    const by = 'metadata.customer.id';
    expect(read({ stratify: `${by}:5` })?.stratify).toEqual({ by, most: 5 });
  });

  it.each<readonly [SelectionFlags, string]>([
    ...['0', '0%', '101%', '10', '-1%', 'all', '%', 'NaN', ''].map(
      (sample) => [{ sample }, '--sample takes a share above 0 and at most 1'] as const,
    ),
    [{ endpoint: ['a,,b'] }, '--endpoint takes a label'],
    ...['yesterday', '2026-02-30', '2026-13-01', '7', '20261120', '2026-11-20Tnoon'].flatMap(
      (word) =>
        [
          [{ since: word }, '--since takes a date'],
          [{ until: word }, '--until takes a date'],
        ] as const,
    ),
    [{ since: '2026-11-20', until: '2026-11-19' }, '--until 2026-11-19 is before --since'],
    ...['tier', '=gold', '', '>3'].map(
      (word) => [{ where: [word] }, '--where takes a condition'] as const,
    ),
    [{ where: ['turns>=many'] }, 'compares numbers, and "many" is not a number'],
    ...['20', 'endpoint', 'endpoint:0', 'endpoint:x', 'customer:5', 'metadata.:5'].map(
      (stratify) => [{ stratify }, '--stratify takes endpoint or a metadata key'] as const,
    ),
    ...['0', '-1', '1.5', 'ten', '1e3'].map(
      (limit) => [{ limit }, '--limit takes a whole number of captures, at least 1'] as const,
    ),
  ])('are rejected with a sentence: %j', (flags, sentence) => {
    expect(() => read(flags)).toThrow(UserError);
    expect(() => read(flags)).toThrow(sentence);
  });

  it('keep hostile text out of the message', () => {
    expect(() => read({ limit: '\u001b[2J' })).toThrow('␛[2J');
  });
});

describe('a selection', () => {
  const whole = read({
    sample: '12.5%',
    endpoint: ['a', 'b*'],
    since: '2026-11-01',
    until: '2026-11-20',
    where: ['tier!=free', 'turns>=3'],
    stratify: 'endpoint:20',
    limit: '1000',
  });

  it('survives the way through JSON', () => {
    expect(parseSelection(JSON.stringify(whole))).toEqual(whole);
  });

  it('is described in one line', () => {
    expect(whole && selectionText(whole)).toBe(
      'sample 12.5 %, endpoint a or b*, since 2026-11-01, until 2026-11-20, tier!=free, turns>=3, at most 20 per endpoint, limit 1,000',
    );
    expect(selectionText(everything)).toBe('all');
    expect(selectionText({ ...everything, sample: 0.07 })).toBe('sample 7 %');
    expect(selectionText({ ...everything, since: '2026-11-20T08:15:00.000Z' })).toBe(
      'since 2026-11-20T08:15:00.000Z',
    );
  });
});
