import { describe, expect, it } from 'vitest';
import { waitingDays } from '../../source/demo/ticket-rules.ts';
import { incumbentRules } from '../../source/demo/ticket-rules.ts';
import { newcomerRules } from '../../source/demo/ticket-rules.ts';
import { findTicket, ticketPrompts } from '../../source/demo/ticket-rules.ts';

const classify = (text: string): unknown =>
  JSON.parse(incumbentRules.answer({ task: 'classify_ticket', text }));

const extract = (text: string): unknown =>
  JSON.parse(incumbentRules.answer({ task: 'extract_fields', text }));

describe('the ticket rules', () => {
  it('classify in English and Chinese', () => {
    expect(classify('Why did my transfer fail?')).toEqual({
      category: 'transfer',
      priority: 'high',
      language: 'en',
    });
    expect(classify('怎么激活新卡？')).toEqual({
      category: 'card',
      priority: 'low',
      language: 'zh',
    });
    expect(classify('Thanks')).toEqual({ category: 'other', priority: 'normal', language: 'en' });
  });

  it('extract fields, with null for missing ones', () => {
    expect(extract('My virtual card paid €1,250.50 online 2 weeks ago')).toEqual({
      amount: 1250.5,
      currency: 'EUR',
      card_type: 'virtual',
      channel: 'online',
      days_waiting: 14,
    });
    expect(extract('昨天在取款机取了500元')).toEqual({
      amount: 500,
      currency: 'CNY',
      card_type: null,
      channel: 'atm',
      days_waiting: 1,
    });
    expect(extract('Hello')).toEqual({
      amount: null,
      currency: null,
      card_type: null,
      channel: null,
      days_waiting: null,
    });
  });

  it('of the newcomer fence the answer, reorder its keys and spell amounts as the ticket does', () => {
    expect(
      newcomerRules.answer({ task: 'classify_ticket', text: 'Card stolen, please help' }),
    ).toBe(
      '```json\n{\n  "category": "security",\n  "priority": "critical",\n  "language": "en"\n}\n```',
    );
    expect(newcomerRules.answer({ task: 'classify_ticket', text: '怎么激活新卡？' })).toMatch(
      /^\{\n {2}"language"/,
    );
    expect(newcomerRules.answer({ task: 'extract_fields', text: 'It took $12.50' })).toContain(
      '"amount": 12.50,',
    );
    expect(newcomerRules.answer({ task: 'extract_fields', text: 'It took $1,200' })).toContain(
      '"amount": "1,200",',
    );
  });

  it('count the days of a wait', () => {
    const texts = [
      '2 weeks',
      'a month',
      'three days',
      '三天',
      '2周',
      '一个星期',
      'yesterday',
      'now',
    ];
    expect(texts.map(waitingDays)).toEqual([14, 30, 3, 3, 14, 7, 1, null]);
  });
});

describe('findTicket', () => {
  const system = { role: 'system', content: ticketPrompts.extract_fields };
  const user = { role: 'user', content: 'Hi' };

  it('recognizes a ticket by its system prompt', () => {
    expect(findTicket([system, user])).toEqual({ task: 'extract_fields', text: 'Hi' });
  });

  it.each([
    ['no messages', []],
    ['a system prompt alone', [system]],
    ['another system prompt', [{ role: 'system', content: 'Be kind.' }, user]],
    ['a longer conversation', [system, user, user]],
    ['parts instead of text', [system, { role: 'user', content: [{ type: 'text', text: 'Hi' }] }]],
  ])('finds no ticket in %s', (_, messages) => {
    expect(findTicket(messages)).toBeNull();
  });
});
