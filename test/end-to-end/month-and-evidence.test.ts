import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { openStore } from '../../source/store/open.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { sampleAnswer, sampleCapture, sampleResponse } from '../store/samples.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  const prices = { one: { input: 10, output: 30 }, two: { input: 1, output: 2 } };
  const local = { baseUrl: 'http://127.0.0.1:9/v1', prices };
  const file = scene.path('understudy.config.json');
  await writeFile(file, JSON.stringify({ providers: { local } }));
});

afterEach(() => scene.close());

const hour = 3_600_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * 24 * hour).toISOString();

/**
 * 21 requests within 10 hours, each with 1,000 tokens in and 100 out on both sides. The system prompt of the last half
 * is another one, and the answers are so many days old; the candidate's last three came from another model.
 */
const fill = async (answeredDaysAgo: number): Promise<void> => {
  const store = await openStore(scene.path('understudy.db'));
  const at = daysAgo(answeredDaysAgo);
  const models = { baseline: 'local/one', candidate: 'local/two' };
  const { id } = await openComparison(store, { name: null, ...models, at });
  for (let index = 0; index < 21; index++) {
    const captureId = `c${String(index).padStart(2, '0')}`;
    const messages = [
      { role: 'system', content: index < 11 ? 'Be brief.' : 'Be thorough.' },
      { role: 'user', content: captureId },
    ];
    const timestamp = new Date(Date.UTC(2026, 0, 5) + (index * hour) / 2).toISOString();
    const capture = sampleCapture(captureId, { timestamp, request: { model: 'one', messages } });
    await addRecords(store, [{ kind: 'capture', capture }], { source: 's', comparisonId: id, at });
    for (const side of ['baseline', 'candidate'] as const) {
      const model = side === 'baseline' ? 'one' : index < 18 ? 'two' : 'two-0926';
      const usage = { input: 1000, output: 100, cachedInput: null, reasoning: null };
      await saveResponse(store, {
        ...sampleResponse(id, captureId, side),
        answer: { ...sampleAnswer('yes'), usage, model },
        at: new Date(Date.parse(at.slice(0, 10)) + index * 1000).toISOString(),
      });
    }
  }
  const event = { id: 'e1', comparisonId: id, captureId: 'c00', reviewer: 'ann', at } as const;
  await appendEvent(store, { ...event, kind: 'verdict', verdict: 'agree', ahead: false });
  await store.close();
};

describe('the cost of a month', () => {
  it('is at the captured rate, or at the one that is given', async () => {
    await fill(0);
    // 20 intervals in 10 hours are 48 requests a day; a month has 365.25 ÷ 12 days.
    const { cost } = await scene.summary();
    const captured = (48 * 365.25) / 12;
    expect(cost.monthly).toMatchObject({ source: 'captured' });
    expect(cost.monthly.requests).toBeCloseTo(captured, 6);
    expect(cost.monthly.days).toBeCloseTo(10 / 24, 6);
    // 1,000 × $10 + 100 × $30, and 1,000 × $1 + 100 × $2, for a million tokens.
    expect(cost.perRequest.baseline).toBeCloseTo(0.013, 10);
    expect(cost.perRequest.candidate).toBeCloseTo(0.0012, 10);
    expect(cost.monthly.baseline).toBeCloseTo(captured * 0.013, 6);
    expect(cost.monthly.candidate).toBeCloseTo(captured * 0.0012, 6);

    const given = ['summary', '--monthly-requests', '100000'];
    const { stdout: json } = await scene.run([...given, '--format', 'json']);
    expect(JSON.parse(json)).toMatchObject({
      cost: {
        monthly: {
          requests: 100_000,
          source: 'given',
          days: null,
          baseline: expect.closeTo(1300, 6),
          candidate: expect.closeTo(120, 6),
        },
      },
    });
    const { stdout: text } = await scene.run(given);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'At 100,000 requests a month: $1,300 → $120 a month; $13.00 → $1.20 per 1,000.',
    );
    const wrong = await scene.run(['summary', '--monthly-requests', 'many']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--monthly-requests');
  });
});

describe('the evidence', () => {
  it('says that it is old, and what has changed since', async () => {
    await fill(40);
    const answered = daysAgo(40).slice(0, 10);
    const { evidence } = await scene.summary();
    expect(evidence.answeredAt.last?.slice(0, 10)).toBe(answered);
    expect(evidence.judgedAt.last?.slice(0, 10)).toBe(answered);
    expect(evidence.notes).toEqual([
      `The last answer is of ${answered}, 40 days ago.`,
      `The last verdict is of ${answered}, 40 days ago.`,
      `The model behind the candidate's name changed: local/two answered as two (18, ${answered}), two-0926 (3, ${answered}).`,
      'The system prompt of classify_ticket changed within the captures: the first of 2026-01-05 have another one than the last of that day.',
      // The prices of the configuration are those of today.
      ...['baseline', 'candidate'].map(
        (side) =>
          `The price of the ${side} is of ${daysAgo(0).slice(0, 10)}, after its last answer (${answered}): what was paid may differ.`,
      ),
    ]);
    const { stdout } = await scene.run(['summary']);
    expect(stdout).toContain(`Evidence: answers of ${answered}, the last verdict of ${answered}.`);
    expect(stdout).toContain(`  The last answer is of ${answered}, 40 days ago.`);
  });

  it('is silent about what is fresh', async () => {
    await fill(3);
    const { evidence } = await scene.summary();
    expect(evidence.notes.filter((note) => note.includes('days ago'))).toEqual([]);
  });
});
