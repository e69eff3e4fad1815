import { describe, expect, it } from 'vitest';
import type { RuleContent } from '../../source/configuration/rule-content.ts';
import { ruleText } from '../../source/comparison/settling-rules.ts';
import type { Answer } from '../../source/models/answer.ts';
import { defaultKeymap } from '../../source/review/session/keymap.ts';
import { rulesChangedText } from '../../source/review/session/rule-commands.ts';
import { ruleOptions } from '../../source/review/session/rule-options.ts';
import type { RuleRecord } from '../../source/store/comparisons/stored-rules.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { entry, pairsOf, play, viewport } from './play.ts';
import { answeredView } from './shown.ts';

const rule = (path: string, endpoint: string | null = 'classify_ticket'): RuleContent => ({
  endpoint,
  path,
  ignore: 'everything',
  tolerance: null,
});

const record = (
  id: string,
  change: Partial<Pick<RuleRecord, 'author' | 'madeBy' | 'takenBack'>> = {},
): RuleRecord => ({
  ...rule('at'),
  id,
  author: 'bo',
  madeBy: 'reviewer',
  at: '2026-11-24T08:15:00.000Z',
  takenBack: null,
  settled: 2,
  ...change,
});

const ten = Array.from({ length: 10 }, (_, index) => entry(`r${index + 1}`));

describe('the notice of a rule', () => {
  it('says that it was taken back, also if no pair comes back', () => {
    const text = (kind: 'make_rule' | 'take_back_rule', more: number): string =>
      rulesChangedText(defaultKeymap, { kind, rule: rule('at'), more });
    expect(text('make_rule', 0)).toMatch(/^0 pairs settled by the rule: ignore at/);
    expect(text('take_back_rule', 0)).toMatch(/^0 pairs back, without the rule: ignore at/);
    expect(text('take_back_rule', -1)).toMatch(/^1 pair back, without the rule: ignore at/);
  });
});

describe('the key for a rule', () => {
  it('asks for rules about the difference, in the endpoint and in all', () => {
    const game = play([entry('r1'), { ...entry('r2'), endpoint: 'extract' }]);
    const places = { ...viewport, places: ['$.at', '$.label'] };
    game.act({ kind: 'command', id: 'difference.next', viewport: places });
    game.act({ kind: 'command', id: 'difference.next', viewport: places });
    game.act({ kind: 'command', id: 'rule.open', viewport: places });
    expect(game.effects.at(-1)).toEqual({
      kind: 'offer_rules',
      place: '$.label',
      endpoints: ['classify_ticket', null],
    });
    const alone = play(ten);
    alone.key('I');
    expect(alone.effects.at(-1)).toMatchObject({ place: null, endpoints: ['classify_ticket'] });
  });

  it('makes no rule before its pairs are counted, and counts those with a verdict apart', () => {
    const game = play(ten);
    game.key('a');
    game.key('I');
    game.act({ kind: 'rules_offered', rules: [rule('at'), rule('label')] });
    game.key('enter');
    expect(game.session.notice?.text).toContain('still counting');
    game.act({ kind: 'rules_counted', settled: [pairsOf(['r1', 'r2', 'r3']), pairsOf(['r4'])] });
    expect(game.session.mode).toMatchObject({
      kind: 'rule',
      rows: [{ settles: { unjudged: 2, judged: 1 } }, { settles: { unjudged: 1, judged: 0 } }],
    });
    game.key('j');
    game.key('enter');
    expect(game.effects.at(-1)).toEqual({ kind: 'make_rule', rule: rule('label') });
    expect(game.session.mode.kind).toBe('review');
  });

  it('leaves with escape, judges nothing, and says where no rule is about a difference', () => {
    const game = play(ten);
    game.key('I');
    game.act({ kind: 'rules_offered', rules: [rule('at')] });
    game.key('a');
    expect(game.log).toEqual([]);
    game.key('escape');
    expect(game.session.mode.kind).toBe('review');
    // What comes later changes nothing.
    game.act({ kind: 'rules_counted', settled: [pairsOf(['r1'])] });
    expect(game.session.mode.kind).toBe('review');
    game.key('I');
    game.act({ kind: 'rules_offered', rules: [] });
    expect(game.session.mode.kind).toBe('review');
    expect(game.session.notice?.text).toContain('no rule is about this');
  });
});

describe('the list of rules', () => {
  it('takes back those of reviewers once, and leaves those of a file', () => {
    const game = play(ten);
    game.key('T');
    expect(game.effects.at(-1)).toEqual({ kind: 'list_rules' });
    const takenBack = { at: '2026-11-25', reviewer: 'ada' };
    const file = record('2', { madeBy: 'configuration', author: 'understudy.config.json' });
    const rules = [record('1'), file, record('3', { takenBack })];
    game.act({ kind: 'rules_listed', rules });
    game.key('u');
    expect(game.effects.at(-1)).toMatchObject({ kind: 'take_back_rule', rule: { id: '1' } });
    const { length } = game.effects;
    game.key('j');
    game.key('u');
    expect(game.session.notice?.text).toContain('in understudy.config.json');
    game.key('j');
    game.key('u');
    expect(game.session.notice?.text).toContain('taken back already');
    expect(game.effects).toHaveLength(length);
    game.key('T');
    expect(game.session.mode.kind).toBe('review');
  });

  it('walks the pairs that a rule settles', () => {
    const game = play(ten);
    game.key('T');
    game.act({ kind: 'rules_listed', rules: [record('1')] });
    game.key('enter');
    expect(game.effects.at(-1)).toEqual({
      kind: 'filter',
      text: 'rule:"ignore at in classify_ticket bo"',
    });
  });
});

const options = (baseline: Answer, candidate: Answer, place: string | null): readonly string[] =>
  ruleOptions(answeredView('r1', { baseline, candidate }), place, ['chat']).map(ruleText);

const json = (value: unknown): Answer => answerOf(JSON.stringify(value));

describe('the rules that are offered', () => {
  it('are those that let the difference pass, the narrowest first', () => {
    const both = [
      json({ score: 0.91, label: 'A', items: ['x', 'y'], zero: 0, n: [{ v: 1 }, { v: 1 }] }),
      json({ score: 0.92, label: 'a', items: ['y', 'x'], zero: 0.3, n: [{ v: 1.1 }, { v: 1.4 }] }),
    ] as const;
    expect(options(...both, '$.score')).toEqual([
      'accept ±2% at score',
      'accept ±5% at score',
      'ignore score',
    ]);
    expect(options(...both, '$.label')).toEqual(['ignore case at label', 'ignore label']);
    expect(options(...both, '$.items')).toEqual(['ignore the order of items', 'ignore items']);
    expect(options(...both, '$.zero')).toEqual(['accept ±0.5 at zero', 'ignore zero']);
    // One rule for all items: it has to hold for the one that is farthest off.
    expect(options(...both, '$.n[0].v')).toEqual(['accept ±50% at n[].v', 'ignore n[].v']);
    expect(options(...both, null)).toHaveLength(11);
  });

  it('are none for prose and for the calls of one side', () => {
    expect(options(answerOf('Dear customer'), answerOf('Hello there'), null)).toEqual([]);
    expect(options(answerOf('Billing'), answerOf('billing'), null)).toEqual([
      'ignore case at the whole answer',
    ]);
    const calls = [{ id: null, name: 'book', arguments: '{"day":1}' }];
    expect(options(answerOf(''), { ...answerOf(''), toolCalls: calls }, null)).toEqual([]);
  });
});
