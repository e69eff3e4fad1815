import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Side } from '../../source/comparison/outcome.ts';
import type { Answer } from '../../source/models/answer.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { diffAnswers } from '../../source/review/screen/answer-diff.ts';
import { hiddenView } from '../../source/review/view/hidden.ts';
import { blindLeft } from '../../source/review/session/blind.ts';
import { currentEntry } from '../../source/review/session/session.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { entry, play, type Game } from './play.ts';
import { answeredView, screenOf } from './shown.ts';

const captures = Array.from({ length: 12 }, (_, index) => `r${index}`);

const here = (game: Game): string => currentEntry(game.session)?.captureId ?? 'none';

const leftOf = (game: Game): Side =>
  blindLeft(game.session, { comparisonId: 'c1', captureId: here(game) });

const blind = (): Game =>
  play(
    captures.map((id) => entry(id)),
    { blind: true },
  );

/** The view with a side whose request was translated. */
const lossyView = (view: PairView, side: Side): PairView => {
  const record = view.sides[side];
  const translated = record.kind === 'answered' ? { ...record, path: 'lossy' as const } : record;
  return { ...view, sides: { ...view.sides, [side]: translated } };
};

/** What would tell the models apart: names, prices, times, token counts, changes, paths, attempts. */
const traces =
  /model-one|lossy|model-two|0\.00371|0\.00014|cheaper|faster|144 ms|61 ms|432 ms|183 ms|\b100\b →|takes no seed|\bbaseline\b|\bcandidate\b|server of|thinking aloud/;

/** A pair in which one side failed, in the words of its provider. */
const failedView = (captureId: string, side: Side): PairView => {
  const view = answeredView(captureId);
  const failure = {
    reason: 'server_error',
    message: 'the server of model-two is busy',
    status: 503,
    retryAfterMs: null,
    parameter: 'seed',
  } as const;
  const attempt = {
    number: 1,
    failure,
    final: true,
    timings: { queueMs: 1, connectMs: null, timeToFirstTokenMs: null, totalMs: 144 },
    providerRequestId: null,
    at: '2026-11-24T00:00:00.000Z',
  };
  return {
    ...view,
    comparison: null,
    alignment: null,
    headline: [],
    sides: {
      ...view.sides,
      [side]: { kind: 'failed', failure, attempts: [attempt], partial: null },
    },
    live: {
      ...view.live,
      [side]: { text: '', state: 'retrying', reason: 'model-two', seconds: 4 },
    },
  };
};

const call = (name: string, order: string): Answer['toolCalls'][number] => ({
  id: 'c1',
  name,
  arguments: `{"order":"${order}"}`,
});

/** Pairs of answers, so different that a headline names the side that lacks or breaks something. */
const differentAnswers: readonly (readonly [Partial<Answer>, Partial<Answer>])[] = [
  [{}, { text: 'The second answer.' }],
  [{ text: '{"a":1,"b":2}' }, { text: '{"a":1}' }],
  [{ text: '{"a":1}' }, { text: 'not JSON' }],
  [{ text: '' }, { text: 'Only one has text.' }],
  [{ toolCalls: [call('find', '1'), call('find', '2')] }, {}],
  [{ refusal: 'I cannot help with that.', text: '' }, {}],
  [{ finishReason: 'length' }, { text: 'One line.\nAnother line.\nA third line.' }],
  [{ reasoning: 'thinking aloud' }, { reasoning: 'thinking aloud as well' }],
];

const viewsOf = (captureId: string): readonly PairView[] =>
  differentAnswers
    .flatMap(([one, other]) => [
      [one, other],
      [other, one],
    ])
    .map(([one, other]) =>
      answeredView(captureId, {
        baseline: { ...answerOf('The first answer.'), model: 'model-one', ...one },
        candidate: { ...answerOf('The first answer.'), model: 'model-two', ...other },
      }),
    );

describe('a blind review', () => {
  it('shows nothing that tells the models apart on any screen before the verdict', () => {
    const game = blind();
    const views = [
      ...viewsOf(here(game)),
      failedView(here(game), 'baseline'),
      failedView(here(game), 'candidate'),
      lossyView(answeredView(here(game)), 'candidate'),
    ];
    for (const view of views) {
      for (const columns of [160, 100, 70]) {
        for (const keys of [
          [],
          ['v'],
          ['v', 'v'],
          ['v', 'v', 'v'],
          ['s'],
          ['tab'],
          ['z'],
          ['R'],
          ['c'],
        ]) {
          for (const open of ['', 'i', 'p', 'S']) {
            for (const key of [...keys, open]) game.key(key);
            const summary = 'a/model-one agrees with b/model-two';
            expect(screenOf(game, { view, summary, columns })).not.toMatch(traces);
            game.key('escape');
          }
        }
      }
    }
    game.act({
      kind: 'notice',
      notice: { text: 'b/model-two is paused, so is model-one', tone: 'warning' },
    });
    expect(screenOf(game, { view: views[0] ?? answeredView('') })).toContain(
      'a model is paused, so is a model',
    );
    game.key('?');
    expect(screenOf(game)).not.toMatch(/model-one|model-two/);
  });

  it('says in the facts and in what differs that the models are hidden, and on which side', () => {
    const game = blind();
    const left = leftOf(game);
    const [has, lacks] = [
      { ...answerOf('{"a":1,"b":2}'), model: 'model-one' },
      { ...answerOf('{"a":1}'), model: 'model-two' },
    ];
    const answers =
      left === 'baseline'
        ? { baseline: has, candidate: lacks }
        : { baseline: lacks, candidate: has };
    const shown = screenOf(game, { view: answeredView(here(game), answers) });
    expect(shown).toMatch(
      /^ left → right · finish stop → stop · models, usage, times and costs are hidden until/m,
    );
    expect(shown).toMatch(/^ DIFFERS +b 2 only in left/m);
    expect(shown).toMatch(/── left ──|─ left ─/);
    const failed = screenOf(game, { view: failedView(here(game), left) });
    expect(failed).toMatch(/^ left +retrying in 4 s *$/m);
    expect(failed).toMatch(/^ right +stop +— → +— +— +— +— *$/m);
  });

  it('knows rules as an open review does, on either side', () => {
    const answers = {
      baseline: answerOf('{"at":"10:00","label":"A"}'),
      candidate: answerOf('{"at":"11:00","label":"B"}'),
    };
    const comparison = compareAnswers({}, answers.baseline, answers.candidate);
    const rules = [
      {
        id: '1',
        author: 'ada',
        madeBy: 'reviewer',
        at: '2026-11-24T08:15:00.000Z',
        endpoint: null,
        path: 'at',
        ignore: 'everything',
        tolerance: null,
      },
    ] as const;
    const diff = diffAnswers(answers.baseline, answers.candidate, {
      comparison,
      request: {},
      rules,
    });
    const view = { ...answeredView('r1', answers), ...diff };
    expect(hiddenView(view, 'baseline').headline).toEqual(view.headline);
    expect(view.headline.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'difference: label "A" → "B"',
      'note: 0 of 1 values equal',
      'note: ≈ at "10:00" → "11:00"',
    ]);
    expect(
      hiddenView(view, 'candidate').headline.map(({ kind, text }) => `${kind}: ${text}`),
    ).toEqual([
      'difference: label "B" → "A"',
      'note: 0 of 1 values equal',
      'note: ≈ at "11:00" → "10:00"',
    ]);
  });

  it('shows names, prices and times once the pair is judged', () => {
    const game = blind();
    const left = leftOf(game);
    game.key(',');
    expect(screenOf(game)).toContain(`left was the ${left}`);
    expect(screenOf(game)).not.toMatch(
      traces.source.replace('|\\bbaseline\\b|\\bcandidate\\b', ''),
    );
    game.key('K');
    expect(screenOf(game)).toMatch(/model-one[^]*\$0\.00371[^]*27× cheaper/);
    game.key('u');
    expect(screenOf(game)).not.toMatch(traces);
  });

  it('puts either model on the left, and keeps with the verdict which one it was', () => {
    const game = blind();
    const lefts: Side[] = [];
    for (const [index, captureId] of captures.entries()) {
      expect(here(game)).toBe(captureId);
      const left = leftOf(game);
      lefts.push(left);
      const shown = screenOf(game);
      expect(shown.indexOf('The first answer.') < shown.indexOf('The second answer.')).toBe(
        left === 'baseline',
      );
      game.key(index % 2 === 0 ? ',' : '.');
      const isBetter = (index % 2 === 0) === (left === 'candidate');
      expect(game.log.at(-1)).toMatchObject({ verdict: isBetter ? 'better' : 'worse', left });
    }
    expect(new Set(lefts).size).toBe(2);
  });

  it('takes agree and both bad, and no verdict on a model that it hides', () => {
    const game = blind();
    for (const key of ['x', 'b']) {
      game.key(key);
      expect(game.log).toEqual([]);
      expect(game.session.notice?.text).toContain('the models are hidden');
    }
    game.key('a');
    game.key('w');
    expect(game.log.map((event) => event.kind === 'verdict' && event.verdict)).toEqual([
      'agree',
      'both_bad',
    ]);
    game.key('K');
    game.key(',');
    expect(game.session.notice?.text).toContain('judged blind');
    game.key('x');
    expect(game.log.at(-1)).not.toHaveProperty('left');
    const open = play([entry('r1')]);
    open.key('.');
    expect(open.log).toEqual([]);
  });

  it('hands no pair to another program before the verdict', () => {
    const game = blind();
    for (const key of ['y', 'Y', 'o']) {
      game.key(key);
      expect(game.session.notice?.text).toContain('its models are hidden');
    }
    expect(game.effects.filter(({ kind }) => kind === 'copy' || kind === 'page')).toEqual([]);
    game.key(',');
    game.settle();
    game.key('h');
    game.key('y');
    expect(game.effects.at(-1)).toMatchObject({ kind: 'copy', what: 'answer' });
  });

  it('flags an answer that names a model', () => {
    const game = blind();
    const left = leftOf(game);
    const named = { ...answerOf('I am Qwen, made by Alibaba Cloud.'), model: 'model-one' };
    const plain = { ...answerOf('I am an assistant.'), model: 'model-two' };
    const answers = left === 'baseline' ? [named, plain] : [plain, named];
    const [baseline = plain, candidate = plain] = answers;
    const text = screenOf(game, { view: answeredView(here(game), { baseline, candidate }) });
    expect(text).toContain('[left: names a model]');
    expect(text).not.toContain('right: names');
  });
});
