import { stripVTControlCharacters } from 'node:util';
import type { Side } from '../../source/comparison/outcome.ts';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Answer } from '../../source/models/answer.ts';
import { diffAnswers } from '../../source/review/screen/answer-diff.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { currentEntry } from '../../source/review/session/session.ts';
import { createFrame, type Frame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import type { Title } from '../../source/review/view/top.ts';
import { answerOf } from '../helpers/filled-store.ts';
import type { Game } from './play.ts';

/** A pair whose answers say who gave them, at what price and how fast. */
export const answeredView = (
  captureId: string,
  answers: Readonly<Record<Side, Answer>> = {
    baseline: { ...answerOf('The first answer.'), model: 'model-one' },
    candidate: { ...answerOf('The second answer.'), model: 'model-two' },
  },
): PairView => {
  const side = (one: Side, ms: number): PairView['sides'][Side] => ({
    kind: 'answered',
    answer: answers[one],
    timings: { queueMs: 1, connectMs: null, timeToFirstTokenMs: ms, totalMs: 3 * ms },
    attempts: [],
    adaptations: [
      { parameter: 'seed', action: 'removed', from: 7, reason: `${one} takes no seed` },
    ],
    originals: 0,
    recorded: false,
    batch: false,
    path: 'native',
    providerRequestId: null,
    at: '2026-11-24T00:00:00.000Z',
  });
  const request = { model: 'model-one', messages: [{ role: 'user', content: 'hi' }] };
  const { baseline, candidate } = answers;
  const comparison = compareAnswers(request, baseline, candidate);
  return {
    conversation: null,
    capture: {
      id: captureId,
      endpoint: 'chat',
      timestamp: null,
      dialect: 'chat',
      model: null,
      request,
      recorded: [],
      metadata: null,
      partial: [],
    },
    sides: { baseline: side('baseline', 144), candidate: side('candidate', 61) },
    live: { baseline: null, candidate: null },
    comparison,
    ...diffAnswers(baseline, candidate, { comparison, request }),
    cost: { baseline: 0.00371, candidate: 0.00014 },
  };
};

export const sampleTitle: Title = {
  baseline: 'a/model-one',
  candidate: 'b/model-two',
  remark: null,
  weighted: false,
};

/** The text of a frame. */
const textOf = (frame: Frame): string => {
  switch (frame.kind) {
    case 'too_small':
      return frame.text;
    case 'overlay':
      return [...frame.top, ...frame.rows, ...frame.bottom].join('\n');
    case 'panes':
      return [
        ...frame.top,
        ...frame.panes.flatMap(({ head, rows }) => [...head, ...rows]),
        ...frame.bottom,
      ].join('\n');
  }
};

/** The screen of a game as text. */
export const screenOf = (
  game: Game,
  options: {
    readonly view?: PairView;
    readonly summary?: string;
    readonly progress?: string;
    readonly title?: Title;
    readonly columns?: number;
  } = {},
): string =>
  stripVTControlCharacters(
    textOf(
      createFrame(
        {
          session: game.session,
          view: options.view ?? answeredView(currentEntry(game.session)?.captureId ?? ''),
          title: options.title ?? sampleTitle,
          summary: options.summary ?? '',
          progress: options.progress ?? null,
          columns: options.columns ?? 160,
          rows: 60,
        },
        painter('none'),
      ).frame,
    ),
  );
