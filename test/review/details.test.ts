import { describe, expect, it } from 'vitest';
import type { Usage } from '../../source/models/answer.ts';
import { detailsDocument } from '../../source/review/view/overlay.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { answeredView } from './shown.ts';

const details = (usage: Usage): string => {
  const baseline = { ...answerOf('yes'), usage };
  const view = answeredView('c1', { baseline, candidate: answerOf('no') });
  return detailsDocument(view)
    .lines.map(({ baseline: runs }) => (runs ?? []).map(({ text }) => text).join(''))
    .join('\n');
};

describe('the details of an answer', () => {
  const usage = { input: 9000, output: 3, cachedInput: 4000, reasoning: null };

  it('say what was written to a cache, if the provider counts it', () => {
    expect(details({ ...usage, cacheWrite: 3000 })).toMatch(
      /input tokens +9,000\n +of which cached +4,000\n +written to the cache +3,000\n/,
    );
    expect(details(usage)).not.toContain('written to the cache');
  });
});
