import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Answer } from '../../source/models/answer.ts';
import type { Adaptation } from '../../source/traffic/dialects/adaptation.ts';
import { diffAnswers } from '../../source/review/screen/answer-diff.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { views, type Mode, type Session } from '../../source/review/session/session.ts';
import { createFrame, type Frame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import type { SideRecord } from '../../source/store/comparisons/pairs.ts';
import { bindKeys } from '../../source/review/session/key-bindings.ts';
import { cellWidth } from '../../source/text/width.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { pairId } from '../../source/review/session/pair-key.ts';
import { PairList } from '../../source/review/session/pair-list.ts';
import { lineOf } from '../../source/review/session/line-edit.ts';
import { entry, play } from './play.ts';

const hostile = fc.oneof(
  fc.constantFrom(
    '中文，全角。',
    '한글',
    'ｆｕｌｌ',
    '👩‍👩‍👧🇯🇵❤️',
    'é',
    '\t',
    '\u3000',
    '\u202Eevil\u202C',
    '\u001B[31mred\u001B[0m',
    '\u001B]52;c;aGk=\u0007',
    '\u009B2J',
    '\0',
    '\uD800',
    '\u200B',
    'word ',
    '\n',
    'x'.repeat(300),
    '{"a": [1, 2], "b": "\\u0000"}',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const text = fc.array(hostile, { maxLength: 30 }).map((parts) => parts.join(''));

const record = (answer: Answer, adaptations: readonly Adaptation[] = []): SideRecord => ({
  kind: 'answered',
  answer,
  timings: { queueMs: 1, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
  attempts: [],
  adaptations,
  recorded: false,
  batch: false,
  path: 'native',
  originals: 0,
  providerRequestId: null,
  at: '2026-11-24T00:00:00.000Z',
});

const viewOf = (baseline: string, candidate: string): PairView => {
  const answers = { baseline: answerOf(baseline), candidate: answerOf(candidate) };
  const request = { messages: [{ role: 'user', content: baseline }] };
  return {
    conversation: null,
    capture: {
      id: 'r1',
      endpoint: candidate.slice(0, 30),
      timestamp: null,
      dialect: 'chat',
      model: null,
      request,
      recorded: [],
      metadata: null,
      partial: [],
    },
    sides: { baseline: record(answers.baseline), candidate: record(answers.candidate) },
    live: { baseline: null, candidate: null },
    comparison: compareAnswers(request, answers.baseline, answers.candidate),
    ...diffAnswers(answers.baseline, answers.candidate),
    cost: { baseline: 0.00141, candidate: 0.00008 },
  };
};

const rowsOf = (frame: Frame): readonly { text: string; width: number }[] => {
  if (frame.kind === 'too_small') return [];
  const whole = (rows: readonly string[]) =>
    rows.map((row) => ({ text: row, width: frame.columns }));
  if (frame.kind === 'overlay') return whole([...frame.top, ...frame.rows, ...frame.bottom]);
  const panes = frame.panes.flatMap((pane) =>
    [...pane.head, ...pane.rows].map((row) => ({ text: row, width: pane.width })),
  );
  return [...whole([...frame.top, ...frame.bottom]), ...panes];
};

/** The rows of the screen that a frame takes. */
const heightOf = (frame: Frame): number => {
  if (frame.kind === 'too_small') return 0;
  const around = frame.top.length + frame.bottom.length;
  if (frame.kind === 'overlay') return around + frame.rows.length;
  const heights = frame.panes.map((pane) => pane.head.length + pane.rows.length);
  return (
    around +
    (frame.direction === 'row'
      ? Math.max(...heights)
      : heights.reduce((sum, height) => sum + height, 0))
  );
};

// Without the program's own styles, only printable text may be left.
const onlyPrintable = /^[^\p{Cc}\p{Cs}\u200B-\u200C\u200E\u200F\u202A-\u202E\u2066-\u2069]*$/u;

const modes: readonly Mode[] = [
  { kind: 'review' },
  { kind: 'help', scroll: 3 },
  { kind: 'summary', scroll: 0 },
  { kind: 'request', scroll: 1 },
  { kind: 'details', scroll: 2 },
  { kind: 'comment', line: { cursor: 0, text: '价格 wrong' } },
  { kind: 'quit' },
];

const title = { baseline: 'openai/gpt-4o', candidate: 'x', remark: null, weighted: false };

/** The frame of two candidates for one request, the first or the second to be judged. */
const frameOfTwo = (
  answers: { readonly baseline: string; readonly candidates: readonly [string, string] },
  screen: { readonly columns: number; readonly rows: number; readonly at: 0 | 1 },
  change: Partial<Session> = {},
): Frame => {
  const entries = ['c1', 'c2'].map((comparisonId) => ({ ...entry('r1'), comparisonId }));
  const { session } = play(entries, { comparisonIds: ['c1', 'c2'] });
  const candidates = answers.candidates.map((candidate, index) => ({
    entry: session.entries.at(index) ?? entry('none'),
    view: viewOf(answers.baseline, candidate),
    title: { ...title, candidate },
  }));
  const { columns, rows, at } = screen;
  return createFrame(
    {
      session: { ...session, current: at, ...change },
      view: candidates[at]?.view ?? null,
      candidates,
      title,
      summary: '',
      progress: null,
      columns,
      rows,
    },
    painter('none', 256),
  ).frame;
};

describe('three panes', () => {
  it('fill every row of the terminal, for any answers', () => {
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.integer({ min: 160, max: 250 }),
        fc.integer({ min: 20, max: 80 }),
        fc.constantFrom(null, 'side_by_side', 'raw'),
        fc.boolean(),
        fc.constantFrom(0, 1),
        fc.nat(60),
        (baseline, one, other, columns, rows, view, folded, at, scroll) => {
          const frame = frameOfTwo(
            { baseline, candidates: [one, other] },
            { columns, rows, at },
            { view, folded, scroll },
          );
          if (frame.kind !== 'panes') throw new Error('no panes');
          expect(frame.panes).toHaveLength(3);
          expect(frame.panes.reduce((sum, { width }) => sum + width, 0)).toBe(columns);
          expect(heightOf(frame)).toBeLessThanOrEqual(rows);
          for (const row of rowsOf(frame)) {
            const shown = stripVTControlCharacters(row.text);
            expect(stringWidth(shown)).toBeLessThanOrEqual(row.width);
            expect(shown).toMatch(onlyPrintable);
          }
          for (const { head, width } of frame.panes) {
            expect(cellWidth(stripVTControlCharacters(head[0] ?? ''))).toBe(width);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hold the lines of the baseline on one row, whichever candidate is judged', () => {
    const answers = {
      baseline: 'one and all\ntwo\nthree long words that differ here\nfour',
      candidates: [
        'one and all\ntwo\nextra\nthree long words that differ there\nfour',
        'zero\none and all\ntwo\nthree long words that differ not\nfour',
      ],
    } as const;
    const rowOf = (pane: readonly string[], line: string): number => {
      const found = pane.findIndex((row) => row.includes(line));
      expect(found).toBeGreaterThanOrEqual(0);
      return found;
    };
    const placed = ([0, 1] as const).map((at) => {
      const frame = frameOfTwo(answers, { columns: 200, rows: 40, at }, { folded: false });
      if (frame.kind !== 'panes') throw new Error('no panes');
      const [left = [], first = [], second = []] = frame.panes.map((pane) =>
        pane.rows.map((row) => stripVTControlCharacters(row)),
      );
      for (const line of ['one and all', 'two', 'three long words', 'four']) {
        const row = rowOf(left, line);
        expect([rowOf(first, line), rowOf(second, line)]).toEqual([row, row]);
      }
      expect(first[rowOf(first, 'extra')]).toContain('+ extra');
      expect(second[rowOf(second, 'zero')]).toContain('+ zero');
      return [left, first, second].map((rows) => rows.length);
    });
    expect(placed[0]).toEqual(placed[1]);
  });

  it('are two where one candidate is all there is room or leave for', () => {
    const answers = { baseline: 'one', candidates: ['two', 'three'] } as const;
    const count = (columns: number, change: Partial<Session> = {}): number => {
      const frame = frameOfTwo(answers, { columns, rows: 40, at: 0 }, change);
      return frame.kind === 'panes' ? frame.panes.length : 0;
    };
    expect([count(160), count(159), count(80)]).toEqual([3, 2, 1]);
    expect(count(200, { blind: true })).toBe(2);
    expect(count(200, { view: 'fields' })).toBe(2);
    expect(count(200, { view: 'unified' })).toBe(1);
    expect(count(200, { layout: 'stacked' })).toBe(2);
  });
});

describe('a frame', () => {
  it('fits its terminal row by row and has no control characters, for any answers', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.integer({ min: 40, max: 250 }),
        fc.integer({ min: 10, max: 80 }),
        fc.constantFrom(...views),
        fc.constantFrom(...modes),
        fc.boolean(),
        fc.constantFrom(null, 'stacked', 'side_by_side'),
        fc.nat(60),
        (baseline, candidate, columns, rows, view, mode, folded, layout, scroll) => {
          const session: Session = {
            ...play([entry('r1')]).session,
            view,
            mode,
            folded,
            layout,
            scroll,
            notice: { text: candidate, tone: 'plain' },
          };
          const { frame } = createFrame(
            {
              session,
              view: viewOf(baseline, candidate),
              title: {
                baseline: 'openai/gpt-4o',
                candidate,
                remark: 'simulated timings',
                weighted: false,
              },
              summary: 'a\nb',
              progress: 'replaying 87 of 412',
              columns,
              rows,
            },
            painter('dark'),
          );
          if (columns < 60 || rows < 20) {
            expect(frame.kind).toBe('too_small');
            return;
          }
          expect(heightOf(frame)).toBeLessThanOrEqual(rows);
          for (const row of rowsOf(frame)) {
            const shown = stripVTControlCharacters(row.text);
            expect(stringWidth(shown)).toBeLessThanOrEqual(row.width);
            expect(shown).toMatch(onlyPrintable);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('shows hostile text as text in every place', () => {
    const someModes: readonly Mode[] = [
      ...modes,
      {
        kind: 'filter',
        line: lineOf(''),
        recall: { steps: 0, draft: '' },
        problem: null,
        options: [],
        option: 0,
      },
      { kind: 'search', line: lineOf(''), recall: { steps: 0, draft: '' } },
      { kind: 'pairs', cursor: 0, sorting: 'position', rows: new Uint32Array() },
      { kind: 'patterns', cursor: 0, rows: [], isWhole: true, entries: PairList.of([]) },
    ];
    /** Puts a text where a mode shows one. */
    const filled = (mode: Mode, word: string, entries: PairList): Mode => {
      switch (mode.kind) {
        case 'comment':
          return { ...mode, line: { text: word, cursor: Math.min(1, word.length) } };
        case 'search':
          return { ...mode, line: lineOf(word) };
        case 'filter':
          return { ...mode, line: lineOf(word), options: [word, `${word}2`] };
        case 'patterns':
          return {
            ...mode,
            rows: [
              {
                comparisonId: 'c1',
                key: word,
                label: word,
                sidelessLabel: word,
                endpoint: word,
                pairs: 1,
                indexes: Uint32Array.of(0),
              },
            ],
          };
        case 'pairs':
          return { ...mode, rows: Uint32Array.from(entries.length === 0 ? [] : [0]) };
        default:
          return mode;
      }
    };
    /** What the list of pairs shows of every pair. */
    const listedOf = (word: string, entries: PairList): Session['listed'] => {
      const side = { cost: 1, ttft: 1, total: 1, input: 1, output: 1, length: 1 };
      return new Map(
        [...entries].map((one) => [
          pairId(one),
          {
            comparisonId: one.comparisonId,
            captureId: one.captureId,
            endpoint: one.endpoint,
            outcome: one.outcome,
            reason: word,
            fields: [word],
            verdicts: [],
            skipped: false,
            tags: [word],
            comments: [word],
            models: { baseline: word, candidate: word },
            path: null,
            numbers: { baseline: side, candidate: side },
            settledBy: null,
            comparison: compareAnswers({}, answerOf(word), answerOf(`{"${word}":1}`)),
            likeness: 0.5,
            rules: [word],
            pattern: { key: word, label: word, sidelessLabel: word },
          },
        ]),
      );
    };
    const places = fc.record({
      id: text,
      endpoint: text,
      system: text,
      user: text,
      tool: text,
      value: text,
      answer: text,
      reasoning: text,
      refusal: text,
      finish: text,
      model: text,
      baseline: text,
      remark: text,
      progress: text,
      notice: text,
      error: text,
      parameter: text,
      tag: fc.array(hostile, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      comment: text,
      reviewer: text,
    });
    fc.assert(
      fc.property(
        places,
        fc.integer({ min: 60, max: 250 }),
        fc.integer({ min: 20, max: 80 }),
        fc.constantFrom(null, ...views),
        fc.constantFrom(...someModes),
        fc.constantFrom('answered', 'failed', 'not_sent'),
        fc.boolean(),
        (at, columns, rows, view, mode, state, isDark) => {
          const answers = {
            baseline: {
              ...answerOf(at.answer),
              model: at.model,
              finishReason: at.finish,
              reasoning: at.reasoning,
              toolCalls: [
                { id: null, name: at.tool, arguments: JSON.stringify({ [at.value]: 1 }) },
              ],
            },
            candidate: {
              ...answerOf(at.value),
              refusal: at.refusal,
              toolCalls: [{ id: at.id, name: at.tool, arguments: `{"${at.value}": 2}` }],
              otherParts: [at.tool],
            },
          };
          const request = {
            messages: [
              { role: 'system', content: at.system },
              { role: at.tool, content: [{ type: 'text', text: at.user }] },
              { role: 'user', content: at.user, name: at.id },
            ],
            tools: [{ type: 'function', function: { name: at.tool, parameters: {} } }],
          };
          const failure = {
            reason: 'rejected' as const,
            message: at.error,
            status: 400,
            retryAfterMs: null,
            parameter: at.parameter,
          };
          const adaptation = {
            parameter: at.parameter,
            action: 'removed' as const,
            from: at.value,
            reason: at.error,
          };
          const candidate: SideRecord =
            state === 'failed'
              ? { kind: 'failed', failure, attempts: [], partial: answers.candidate }
              : state === 'not_sent'
                ? { kind: 'not_sent', reason: at.error, attempts: [] }
                : record(answers.candidate, [adaptation]);
          const comparison = compareAnswers(request, answers.baseline, answers.candidate);
          const isAnswered = state === 'answered';
          const shown: PairView = {
            conversation: { hash: '3f9a1c07d2e85b46', captureIds: ['other', at.id] },
            capture: {
              id: at.id,
              endpoint: at.endpoint,
              timestamp: null,
              dialect: 'chat',
              model: null,
              request,
              recorded: [],
              metadata: { [at.id]: at.value },
              partial: [at.parameter],
            },
            sides: { baseline: record(answers.baseline), candidate },
            live: { baseline: null, candidate: null },
            comparison: isAnswered ? comparison : null,
            ...(isAnswered
              ? diffAnswers(answers.baseline, answers.candidate, { comparison, request })
              : {
                  alignment: null,
                  fields: null,
                  headline: [],
                  refused: at.error,
                  visible: [],
                  covered: new Set<string>(),
                  settledBy: [],
                }),
            cost: { baseline: 0.00141, candidate: null },
          };
          const status = isAnswered ? 'answered' : state === 'failed' ? 'failed' : 'withheld';
          const game = play([{ ...entry(at.id, { candidate: status }), endpoint: at.endpoint }]);
          const keymap = bindKeys({ keys: {}, tags: [at.tag] }, '');
          const [first] = game.session.entries;
          if (first === undefined) throw new Error('The session has no pair.');
          const entries = game.session.entries.with(0, {
            ...first,
            tags: [at.tag],
            comment: at.comment,
            verdict: 'worse',
          });
          const opinion = { reviewer: at.reviewer, verdict: 'agree', tags: [at.tag] } as const;
          const session: Session = {
            ...game.session,
            keymap,
            entries,
            others: new Map([['c1', new Map([[at.id, [{ ...opinion, comment: at.comment }]]])]]),
            view,
            mode: filled(mode, at.value, entries),
            listed: listedOf(at.value, entries),
            reasoning: true,
            notice: { text: at.notice, tone: 'plain' },
          };
          const { frame } = createFrame(
            {
              session,
              view: shown,
              title: {
                baseline: at.baseline,
                candidate: at.model,
                remark: at.remark,
                weighted: false,
              },
              summary: at.notice,
              progress: at.progress,
              columns,
              rows,
            },
            painter(isDark ? 'dark' : 'none'),
          );
          expect(heightOf(frame)).toBeLessThanOrEqual(rows);
          for (const row of rowsOf(frame)) {
            // The program's own styles are no other sequences.
            const painted = row.text.replaceAll(/\u001B\[[\d;]*m/g, '');
            expect(stringWidth(painted)).toBeLessThanOrEqual(row.width);
            expect(painted).toMatch(onlyPrintable);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('aligns both panes: equal lines are on the same row', () => {
    const view = viewOf(
      'one\ntwo\nthree long words that differ here\nfour',
      'one\ntwo\nthree long words that differ there\nextra\nfour',
    );
    const { frame } = createFrame(
      {
        session: play([entry('r1')]).session,
        view,
        title: { baseline: 'a', candidate: 'b', remark: null, weighted: false },
        summary: '',
        progress: null,
        columns: 120,
        rows: 40,
      },
      painter('none'),
    );
    if (frame.kind !== 'panes') throw new Error('no panes');
    const [left, right] = frame.panes.map((pane) =>
      pane.rows.map((row) => stripVTControlCharacters(row).replace(/^│/, '').trimEnd()),
    );
    for (const shared of ['  one', '  two', '  four']) {
      expect(left?.indexOf(shared)).toBeGreaterThanOrEqual(0);
      expect(left?.indexOf(shared)).toBe(right?.indexOf(shared));
    }
    expect(right).toContain('+ extra');
  });
});
