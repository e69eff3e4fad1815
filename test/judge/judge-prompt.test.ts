import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRequest, readJudgeReply } from '../../source/judge/judge-prompt.ts';
import type { Capture } from '../../source/traffic/capture.ts';
import { objectsIn, stringOrEmpty } from '../../source/text/json.ts';
import { answerOf } from '../helpers/filled-store.ts';

const capture: Capture = {
  id: 'req',
  endpoint: 'answer_question',
  timestamp: null,
  dialect: 'chat',
  model: null,
  request: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ],
  },
  recorded: [],
  metadata: null,
  partial: [],
};

const contentOf = (baseline: string, candidate: string, first: 'baseline' | 'candidate') =>
  stringOrEmpty(
    objectsIn(
      judgeRequest(
        capture,
        { baseline: answerOf(baseline), candidate: answerOf(candidate) },
        first,
      )['messages'],
    )[1]?.['content'],
  );

describe('judgeRequest', () => {
  it('has the request without attachments and both answers in their order', () => {
    const content = contentOf('A cat.', 'A dog.', 'candidate');
    expect(content).toContain('Be brief.');
    expect(content).toContain('What is it?');
    expect(content).not.toContain('base64');
    expect(content.indexOf('A dog.')).toBeLessThan(content.indexOf('A cat.'));
    // Which model gave which answer is not said.
    expect(content).not.toMatch(/baseline|candidate/);
  });

  it('lets no text close its part', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (baseline, candidate) => {
        const once = contentOf(baseline, candidate, 'baseline');
        const copied = contentOf(baseline, `${candidate}${once}`, 'baseline');
        const mark = /<request mark="(\w+)">/.exec(copied)?.[1] ?? '';
        expect(copied.split(mark)).toHaveLength(7);
      }),
    );
  });
});

describe('readJudgeReply', () => {
  const read = (text: string, first: 'baseline' | 'candidate' = 'baseline') =>
    readJudgeReply(answerOf(text), first);

  it('reads a verdict on the second answer as one on the candidate', () => {
    expect(read('{"verdict":"worse","reason":"wrong"}')).toEqual({
      verdict: 'worse',
      reason: 'wrong',
    });
    expect(read('{"verdict":"worse","reason":"wrong"}', 'candidate').verdict).toBe('better');
    expect(read('{"verdict":"both_bad"}', 'candidate')).toEqual({
      verdict: 'both_bad',
      reason: '',
    });
    expect(read('```json\n{"verdict":"agree","reason":"same"}\n```').verdict).toBe('agree');
  });

  it('takes nothing else for a verdict, and says why', () => {
    for (const text of [
      '',
      'agree',
      '{"verdict":"agree"} or {"verdict":"worse"}',
      '{"verdict":"fine"}',
      '[{"verdict":"agree"}]',
      '{"verdict":"agr',
    ]) {
      expect(read(text)).toEqual({
        verdict: null,
        reason: expect.stringContaining('no readable verdict'),
      });
    }
    const refused = { ...answerOf(''), refusal: 'I will not.' };
    expect(readJudgeReply(refused, 'baseline')).toEqual({
      verdict: null,
      reason: 'refused: I will not.',
    });
    const cut = { ...answerOf('{"verdict":'), finishReason: 'length' };
    expect(readJudgeReply(cut, 'baseline').reason).toContain('cut off');
  });
});
