import { describe, expect, it } from 'vitest';
import { daysIn } from '../../../source/demo/answers/ticket-rules.ts';
import { ticketRulesA } from '../../../source/demo/answers/ticket-rules-a.ts';
import { ticketRulesB } from '../../../source/demo/answers/ticket-rules-b.ts';
import { ticketOf, ticketPrompts } from '../../../source/demo/answers/tickets.ts';

const classify = (text: string): unknown =>
  JSON.parse(ticketRulesA.answer({ task: 'classify_ticket', text }));

const extract = (text: string): unknown =>
  JSON.parse(ticketRulesA.answer({ task: 'extract_fields', text }));

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

  it('extract fields, with null for what the ticket does not say', () => {
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

  it('of the newcomer fence, reorder and spell amounts in their own way', () => {
    expect(ticketRulesB.answer({ task: 'classify_ticket', text: 'Card stolen, please help' })).toBe(
      '```json\n{\n  "category": "security",\n  "priority": "critical",\n  "language": "en"\n}\n```',
    );
    expect(ticketRulesB.answer({ task: 'classify_ticket', text: '怎么激活新卡？' })).toMatch(
      /^\{\n {2}"language"/,
    );
    expect(ticketRulesB.answer({ task: 'extract_fields', text: 'It took $12.50' })).toContain(
      '"amount": 12.50,',
    );
    expect(ticketRulesB.answer({ task: 'extract_fields', text: 'It took $1,200' })).toContain(
      '"amount": "1,200",',
    );
  });

  it('count days', () => {
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
    expect(texts.map(daysIn)).toEqual([14, 30, 3, 3, 14, 7, 1, null]);
  });
});

describe('ticketOf', () => {
  const system = { role: 'system', content: ticketPrompts.extract_fields };
  const user = { role: 'user', content: 'Hi' };

  it('knows a ticket by its system prompt', () => {
    expect(ticketOf([system, user])).toEqual({ task: 'extract_fields', text: 'Hi' });
  });

  it.each([
    ['no messages', []],
    ['no user', [system]],
    ['another system prompt', [{ role: 'system', content: 'Be kind.' }, user]],
    ['a longer conversation', [system, user, user]],
    ['parts instead of text', [system, { role: 'user', content: [{ type: 'text', text: 'Hi' }] }]],
  ])('takes %s for none', (_, messages) => {
    expect(ticketOf(messages)).toBeNull();
  });
});
