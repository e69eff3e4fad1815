import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Answer } from '../../source/models/answer.ts';
import { diffAnswers } from '../../source/review/screen/answer-diff.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { bindKeys } from '../../source/review/session/key-bindings.ts';
import type { View } from '../../source/review/session/session.ts';
import { differenceParts } from '../../source/review/view/differs.ts';
import { createFrame, type Frame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import type { SideRecord } from '../../source/store/comparisons/pairs.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { entry, play, viewport as anyViewport, type Game } from './play.ts';

type Times = { readonly first: number | null; readonly total: number | null };

const record = (answer: Answer, times: Times): SideRecord => ({
  kind: 'answered',
  answer,
  timings: {
    queueMs: 1,
    connectMs: null,
    timeToFirstTokenMs: times.first,
    totalMs: times.total,
  },
  attempts: [],
  adaptations: [],
  recorded: false,
  batch: false,
  path: 'native',
  originals: 0,
  providerRequestId: null,
  at: '2026-11-24T00:00:00.000Z',
});

type Pair = {
  readonly baseline: Partial<Answer>;
  readonly candidate: Partial<Answer>;
  readonly request?: JsonObject;
  readonly times?: Times;
  readonly adaptations?: Extract<SideRecord, { kind: 'answered' }>['adaptations'];
};

const question = 'Where is my parcel?';
const asked: JsonObject = {
  messages: [
    { role: 'system', content: 'You are a support agent.' },
    { role: 'user', content: question },
  ],
};

const viewOf = (pair: Pair): PairView => {
  const { adaptations = [], request = asked, times = { first: 240, total: 812 } } = pair;
  const baseline = { ...answerOf('Yes.'), ...pair.baseline };
  const candidate = { ...answerOf('Yes.'), ...pair.candidate };
  return {
    conversation: null,
    capture: {
      id: 'r1',
      endpoint: 'support_reply',
      timestamp: null,
      dialect: 'chat',
      model: null,
      request,
      recorded: [],
      metadata: null,
      partial: [],
    },
    sides: {
      baseline: record(baseline, times),
      candidate: { ...record(candidate, times), adaptations } as SideRecord,
    },
    live: { baseline: null, candidate: null },
    comparison: compareAnswers(request, baseline, candidate),
    ...diffAnswers(baseline, candidate),
    cost: { baseline: times.total === null ? null : 0.00371, candidate: null },
  };
};

type Screen = {
  readonly rows: readonly string[];
  readonly text: string;
  readonly frame: Frame;
  readonly viewport: ReturnType<typeof createFrame>['viewport'];
};

const screenOf = (
  game: Game,
  view: PairView,
  [columns, rows]: readonly [number, number],
  chosen: View | null = null,
): Screen => {
  const { frame, viewport } = createFrame(
    {
      session: chosen === null ? game.session : { ...game.session, view: chosen },
      view,
      title: { baseline: 'openai/gpt-4o', candidate: 'x/mini', remark: null, weighted: false },
      summary: '',
      progress: null,
      columns,
      rows,
    },
    painter('dark'),
  );
  if (frame.kind === 'too_small') throw new Error(frame.text);
  const panes =
    frame.kind === 'overlay' ? [{ head: [], rows: frame.rows, width: columns }] : frame.panes;
  const bodies = panes.map((pane) =>
    [...pane.head, ...pane.rows].map((row) => stripVTControlCharacters(row)),
  );
  const isBeside = frame.kind === 'panes' && frame.direction === 'row' && bodies.length === 2;
  const body = isBeside
    ? (bodies[0] ?? []).map((left, index) => {
        const gap = (panes[0]?.width ?? 0) - stringWidth(left);
        return left + ' '.repeat(Math.max(0, gap)) + (bodies[1]?.[index] ?? '');
      })
    : bodies.flat();
  const around = (part: readonly string[]): readonly string[] =>
    part.map((row) => stripVTControlCharacters(row));
  const all = [...around(frame.top), ...body, ...around(frame.bottom)];
  return { rows: all, text: all.join('\n'), frame, viewport };
};

const sizes = [
  [60, 20],
  [80, 24],
  [120, 40],
  [200, 60],
  [250, 80],
] as const;

const scripts = {
  CJK: '首都是北京，人口约两千万。ｆｕｌｌ 한글 ',
  'emoji with joiners': '👩‍👩‍👧 👨‍👩‍👧‍👦 🇯🇵 ❤️ 👍🏽 ',
  'right-to-left': 'العربية עברית ',
  'combining marks': 'e\u0301 a\u0308\u0323 n\u0303 ไทย ',
  tabs: 'a\tb\t\tc ',
} as const;

describe.each(sizes)('a screen of %i×%i', (columns, rows) => {
  it.each(Object.entries(scripts))('has whole rows and the question, for %s', (_, sample) => {
    const text = (word: string): string =>
      Array.from({ length: 40 }, (__, index) => `${sample.repeat(8)}${word} ${index}`).join('\n');
    const request = {
      messages: [
        { role: 'system', content: sample.repeat(60) },
        { role: 'user', content: `Ask ${sample.repeat(200)} end` },
      ],
    };
    const view = viewOf({
      baseline: { text: text('left') },
      candidate: { text: text('right') },
      request,
    });
    for (const chosen of [null, 'side_by_side', 'unified', 'fields', 'raw'] as const) {
      const screen = screenOf(play([entry('r1')]), view, [columns, rows], chosen);
      expect(screen.rows).toHaveLength(rows);
      for (const row of screen.rows) expect(stringWidth(row)).toBeLessThanOrEqual(columns);
      const from = screen.rows.findIndex((row) => row.startsWith(' user    Ask '));
      expect(from).toBe(3);
      expect(screen.rows.slice(from + 1, from + 60).join('\n')).toMatch(/^ {9}.*end$/m);
      expect(screen.text).toMatch(/1 \w+ .* 9 \w+/);
      expect(screen.text).toContain(' DIFFERS ');
      const rules = screen.rows.filter((row) => row.startsWith('─'));
      for (const rule of rules) expect(stringWidth(rule)).toBe(columns);
      const separators = screen.rows
        .filter((row) => /[┬│]/.test(row))
        .map((row) => stringWidth(row.slice(0, row.search(/[┬│]/))));
      expect(new Set(separators).size).toBeLessThanOrEqual(1);
    }
  });
});

describe.each(sizes)('tool calls and JSON on a screen of %i×%i', (columns, rows) => {
  it.each(Object.entries(scripts))('have whole rows and the question, for %s', (_, sample) => {
    const value = (word: string) => ({ [sample.repeat(3)]: sample.repeat(20) + word, b: sample });
    const call = (word: string): Partial<Answer> => ({
      text: sample,
      toolCalls: [{ id: null, name: `find_${sample}`, arguments: JSON.stringify(value(word)) }],
    });
    const json = (word: string): Partial<Answer> => ({ text: JSON.stringify(value(word)) });
    for (const answer of [call, json]) {
      const view = viewOf({ baseline: answer('left'), candidate: answer('right') });
      const screen = screenOf(play([entry('r1')]), view, [columns, rows]);
      expect(screen.rows).toHaveLength(rows);
      for (const row of screen.rows) expect(stringWidth(row)).toBeLessThanOrEqual(columns);
      expect(screen.rows[3]).toContain(` user    ${question}`);
      const title = screen.rows.find((row) => row.startsWith('─ path ')) ?? '';
      expect(stringWidth(title)).toBe(columns);
      const at = stringWidth(title.slice(0, title.indexOf('candidate')));
      const changed = screen.rows.filter((row) => row.startsWith('~ '));
      expect(changed.length).toBeGreaterThan(0);
      // The candidate's column begins under its head, whatever is before it.
      for (const row of changed) expect(cellsFrom(row, at - 2)).toMatch(/^ {2}[^ ]/);
    }
  });
});

/** The text of a row from a cell on. */
const cellsFrom = (row: string, cell: number): string => {
  let text = '';
  let cells = 0;
  for (const { segment } of new Intl.Segmenter('en').segment(row)) {
    if (cells >= cell) text += segment;
    cells += stringWidth(segment);
  }
  return text;
};

describe('the screen of a pair', () => {
  const show = (
    pair: Pair,
    chosen: View | null = null,
    size: readonly [number, number] = [120, 40],
  ): string => screenOf(play([entry('r1')]), viewOf(pair), size, chosen).text;

  it.each(sizes)('explains every mark in the first rows of ?, at %i×%i', (...size) => {
    const game = play([entry('r1')]);
    game.key('?');
    const { rows } = screenOf(game, viewOf({ baseline: {}, candidate: { text: 'No.' } }), size);
    const first = rows.slice(0, 14).join('\n');
    for (const sign of '✓✗▲○~-+↕≈·╱=▼') expect(first).toMatch(new RegExp(`\\${sign} [a-z▼]`));
  });

  it.each([60, 80, 120])(
    'continues what a key does under its own column, at %i columns',
    (width) => {
      const game = play([entry('r1')]);
      game.key('?');
      const screen = screenOf(game, viewOf({ baseline: {}, candidate: {} }), [width, 250]);
      const rows = screen.rows.map((row) => row.trimEnd());
      const from = rows.indexOf('  Keys') + 2;
      const keys = rows.slice(from, rows.indexOf('', from));
      const column = 2 + 24;
      const helps: string[] = [];
      for (const row of keys) {
        if (row[2] === ' ') helps.push(`${helps.pop()} ${row.slice(column)}`);
        else helps.push(row.slice(column));
        expect(row.slice(0, column).endsWith('  ')).toBe(true);
        expect(row[column]).not.toBe(' ');
      }
      const bound = game.session.keymap.commands.filter((command) => command.keys.length > 0);
      expect(helps).toEqual(bound.map(({ help }) => help));
      expect(keys.length > bound.length).toBe(width < 120);
    },
  );

  it('says in one row that nothing is known, and in four what is', () => {
    const unmeasured: Partial<Answer> = { usage: null, model: null };
    const times = { first: null, total: null };
    const nothing = show({
      baseline: unmeasured,
      candidate: { ...unmeasured, text: 'No.' },
      times,
    });
    expect(nothing).toMatch(/^ gpt-4o → mini · finish stop → stop · no usage or times are known$/m);
    expect(nothing).not.toContain('tokens in → out');
    expect(show({ baseline: {}, candidate: { text: 'No.' } })).toMatch(
      /tokens in → out[^]*^ baseline +stop[^]*^ candidate +stop/m,
    );
  });

  it('has bad news once, with a word, and does not announce routine changes', () => {
    const text = show({
      baseline: {},
      candidate: { text: 'Ye', finishReason: 'length' },
      adaptations: [
        { parameter: 'stream', action: 'added', to: true, reason: 'the answer is measured' },
        { parameter: 'temperature', action: 'removed', from: 0, reason: 'not accepted' },
      ],
    });
    expect(text).toMatch(/^ DIFFERS +candidate: cut off {2}· {2}text differs$/m);
    expect(text).toMatch(/─ candidate ─+ temperature removed \(i\) ─$/m);
    expect(text).not.toContain('stream');
  });

  it.each([null, 'unified', 'raw'] as const)(
    'shows a refusal, an empty answer and reasoning (%s)',
    (chosen) => {
      const refusal = { text: '', refusal: 'I cannot help with that.' };
      expect(show({ baseline: {}, candidate: refusal }, chosen)).toContain(
        'I cannot help with that.',
      );
      expect(show({ baseline: {}, candidate: refusal }, chosen)).toContain('candidate: refused');
      expect(show({ baseline: {}, candidate: { text: ' ' } }, chosen)).toContain('(empty answer)');
      const view = viewOf({ baseline: {}, candidate: { text: 'No.', reasoning: 'Let me see.' } });
      const game = play([entry('r1')]);
      expect(screenOf(game, view, [120, 40], chosen).text).toContain(
        'reasoning, 11 characters · R shows it',
      );
      game.key('R');
      expect(screenOf(game, view, [120, 40], chosen).text).toContain('Let me see.');
    },
  );

  it('names the keys of the configuration', () => {
    const keys = { 'view.fold': 'm', 'view.reasoning': 'alt-r', 'side.retry': '+', quit: 'Q' };
    const keymap = bindKeys({ keys, tags: null }, 'my.json');
    const old = Array.from({ length: 50 }, (_, index) => `old ${index}`).join('\n');
    const request = {
      messages: [
        { role: 'user', content: old },
        { role: 'user', content: 'So?' },
      ],
    };
    const candidate = { text: 'No.', reasoning: 'Let me see.' };
    const view = viewOf({ baseline: {}, candidate, request });
    const game = play([entry('r1')], { keymap });
    expect(screenOf(game, view, [120, 40]).text).toContain('11 characters · alt-r shows it');
    game.key('alt-r');
    expect(screenOf(game, view, [120, 40]).text).toContain('not compared · alt-r hides it');
    game.key('p');
    const opened = screenOf(game, view, [120, 40]);
    game.act({ kind: 'command', id: 'scroll.top', viewport: opened.viewport });
    expect(screenOf(game, view, [120, 40]).text).toContain('… 47 more lines · m shows them');

    const refused: SideRecord = {
      kind: 'failed',
      failure: {
        reason: 'rejected',
        message: "Unsupported parameter: 'temperature'.",
        status: 400,
        retryAfterMs: null,
        parameter: 'temperature',
      },
      attempts: [],
      partial: null,
    };
    const failed = {
      ...viewOf({ baseline: {}, candidate: {}, request: { ...asked, temperature: 0 } }),
      comparison: null,
    };
    const parts = differenceParts(
      entry('r1', { candidate: 'failed' }),
      { ...failed, sides: { ...failed.sides, candidate: refused } },
      { keymap },
    );
    expect(parts.map(({ text }) => text)[0]).toMatch(/^\+: retry without temperature/);

    expect(() => screenOf(game, view, [20, 5])).toThrow('or press Q to quit');
  });

  it('goes from marked word to marked word inside a paragraph longer than the pane', () => {
    const words = Array.from({ length: 1000 }, (_, index) => `word${index}`);
    const changed = [100, 500, 900];
    const other = words.map((word, index) => (changed.includes(index) ? 'other' : word));
    const view = viewOf({
      baseline: { text: words.join(' ') },
      candidate: { text: other.join(' ') },
    });
    const game = play([entry('r1')]);
    const seen = [1, 2, 3].map((number) => {
      const screen = screenOf(game, view, [120, 40]);
      expect(screen.text).toContain(`difference ${number} of 3`);
      expect(screen.text).toContain(`word${changed[number - 1]} `);
      expect(screen.text.match(/^~/gm)?.length).toBe(1);
      const viewport = screen.viewport;
      game.act({ kind: 'command', id: 'difference.next', viewport });
      return game.session.scroll;
    });
    expect(new Set(seen).size).toBe(2);
  });

  it.each(sizes)(
    'opens JSON that differs as a table of path, baseline, candidate at %i×%i',
    (...size) => {
      const equal = { e: 1, f: 2, g: 3, h: 4 };
      const long = 'One sentence that is longer than a column of the table.';
      const pair = {
        baseline: { text: JSON.stringify({ a: 1, b: 2, s: `${long} Yes.`, ...equal }) },
        candidate: { text: JSON.stringify({ a: 10, c: 3, s: `${long} No.`, ...equal }) },
      };
      const { rows, text, viewport } = screenOf(play([entry('r1')]), viewOf(pair), size);
      const title = rows.find((row) => row.startsWith('─ path ')) ?? '';
      const at = [title.indexOf('path'), title.indexOf('baseline'), title.indexOf('candidate')];
      const cells = (mark: string, path: string): readonly string[] => {
        const row = rows.find((each) => each.startsWith(`${mark} ${path} `)) ?? '';
        return [row.slice(at[1], at[2]).trim(), row.slice(at[2]).trim()];
      };
      expect(cells('~', 'a')).toEqual(['1', '10']);
      expect(cells('-', 'b')).toEqual(['2', '(none)']);
      expect(cells('+', 'c')).toEqual(['(none)', '3']);
      if (size[1] > 20) expect(text).toContain('4 equal fields');
      expect(viewport.differences).toHaveLength(4);
      for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(size[0]);
      expect(text.replaceAll(/\s+/g, ' ')).toMatch(/Yes\. *"|No\. *"/);
    },
  );

  it('returns to the table after v has gone through the other views, and V shows raw text', () => {
    const view = viewOf({ baseline: { text: '{"a": 1}' }, candidate: { text: '{"a": 2}' } });
    const game = play([entry('r1')]);
    const press = (id: 'view.next' | 'view.raw'): string => {
      const { viewport } = screenOf(game, view, [120, 40]);
      game.act({ kind: 'command', id, viewport });
      return screenOf(game, view, [120, 40]).text;
    };
    const seen = [1, 2, 3, 4].map(() => press('view.next'));
    expect(seen[0]).toMatch(/─ baseline ─+┬─ candidate/);
    expect(seen[1]).toContain('─ - baseline · + candidate');
    expect(seen[2]).toContain('raw: as received');
    expect(seen[3]).toContain('─ path ');
    expect(game.session.view).toBe(null);
    expect(press('view.raw')).toContain('raw: as received');
    expect(press('view.raw')).toContain('─ path ');
  });

  it('tells rows without text from blank lines, and gives the question the rows that are free', () => {
    const text = show({
      baseline: { text: 'one\n\ntwo' },
      candidate: { text: 'one\n\ntwo\nthree' },
    });
    expect(text).toMatch(/^╱ +│\+ three *$/m);
    expect(text).toMatch(/^ {3,}│ +$/m);
    const long = Array.from({ length: 12 }, (_, index) => `Line ${index} of the question.`);
    const request = { messages: [{ role: 'user', content: long.join('\n') }] };
    const free = show({ baseline: {}, candidate: { text: 'No.' }, request });
    for (const line of long) expect(free).toContain(line);
  });

  it('marks blank lines of one side if nothing else differs, and counts them only then', () => {
    const shown = (candidate: string, view: View): string => {
      const pair = { baseline: { text: 'a\n\n\n\nb\nc\nd' }, candidate: { text: candidate } };
      return screenOf(play([entry('r1')]), viewOf(pair), [120, 40], view).text;
    };
    for (const view of ['side_by_side', 'unified'] as const) {
      const blank = shown('a\n\nb\nc\nd', view);
      expect(blank).toMatch(/^- /m);
      expect(blank).not.toContain('equal lines');
      expect(blank).toContain('difference 1 of 1');
    }
    const more = shown('a\n\nb\nc\ne', 'side_by_side');
    expect(more).not.toMatch(/^- /m);
    expect(more).toContain('difference 1 of 1');
  });

  it('shows the turns that the answers continue, as far as the row goes', () => {
    const agent = (text: string) => ({ role: 'assistant', content: text });
    const turnsOf = (...messages: readonly JsonObject[]): string => {
      const request = { messages: [{ role: 'user', content: 'Find the bug.' }, ...messages] };
      const view = viewOf({ baseline: {}, candidate: { text: 'No.' }, request });
      const { rows } = screenOf(play([entry('r1')]), view, [120, 40]);
      return rows.find((row) => row.startsWith(' turns')) ?? '';
    };
    const long =
      'Which of the two departments reported it, and what did they see when it happened?';
    expect(turnsOf(agent('Yes?'), agent(long))).toContain(`then asst Yes?  │  then asst ${long}`);
    expect(turnsOf({ role: 'valueOf', content: 'x' }, agent('Yes?'))).toContain('then valueOf x');
    const steps = Array.from({ length: 8 }, (_, index) => agent(`Step ${index} of it. ${long}`));
    const row = turnsOf(...steps);
    expect(row).toMatch(
      /5 more {2}│ {2}then asst Step 5 .*… {2}│ {2}then asst Step 6 .*… {2}│ {2}then asst Step 7 .*…$/,
    );
    expect(stringWidth(row)).toBeGreaterThan(115);
  });

  it('shows the tool calls of a request as they were made', () => {
    const called = { name: 'read', arguments: '{"path":"a \\"b\\".py"}' };
    const request = {
      messages: [
        { role: 'user', content: 'Find the bug.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: called }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'return 1' },
        { role: 'assistant', content: '', tool_calls: [{ id: 'c2', type: 'custom' }] },
        { role: 'user', content: '' },
      ],
    };
    const view = viewOf({ baseline: {}, candidate: { text: 'No.' }, request });
    const game = play([entry('r1')]);
    game.key('p');
    game.act({ kind: 'command', id: 'scroll.top', viewport: anyViewport });
    const { rows } = screenOf(game, view, [120, 60]);
    const shown = rows.map((row) => row.trim());
    const at = shown.indexOf('assistant  2 of 5');
    expect(shown.slice(at, at + 10)).toEqual([
      'assistant  2 of 5',
      'calls read  c1',
      '{"path":"a \\"b\\".py"}',
      '',
      'tool  3 of 5',
      'return 1',
      '{',
      '"tool_call_id": "c1"',
      '}',
      '',
    ]);
    expect(shown).toContain('"tool_calls": [');
    expect(shown).toContain('(empty)');
    expect(rows.at(-1)).toMatch(/^\] message /);
  });

  it('opens a request at the last turn of the user, with old turns folded and images as facts', () => {
    const png = Buffer.alloc(24);
    png.write('\u0089PNG\r\n\u001a\n', 'latin1');
    png.writeUInt32BE(640, 16);
    png.writeUInt32BE(480, 20);
    const url = `data:image/png;base64,${png.toString('base64')}`;
    const old = Array.from({ length: 50 }, (_, index) => `old ${index}`).join('\n');
    const last = Array.from({ length: 50 }, (_, index) => `new ${index}`).join('\n');
    const content = [
      { type: 'image_url', image_url: { url } },
      { type: 'text', text: last },
    ];
    const request = {
      messages: [
        { role: 'user', content: old },
        { role: 'assistant', content: 'So?' },
        { role: 'user', content },
      ],
    };
    const view = viewOf({ baseline: {}, candidate: { text: 'No.' }, request });
    const game = play([entry('r1')]);
    expect(screenOf(game, view, [120, 40]).text).toMatch(
      / user +\[image png 640×480 · sha [0-9a-f]{10}\]/,
    );
    game.key('p');
    const opened = screenOf(game, view, [120, 40]);
    expect(opened.rows[3]).toBe('  user  3 of 3');
    game.act({ kind: 'command', id: 'difference.previous', viewport: opened.viewport });
    game.act({ kind: 'command', id: 'difference.previous', viewport: opened.viewport });
    const first = screenOf(game, view, [120, 40]);
    expect(first.rows[3]).toBe('  user  1 of 3');
    expect(first.text).toContain('… 47 more lines · z shows them');
    game.act({ kind: 'command', id: 'view.fold', viewport: first.viewport });
    const { viewport } = screenOf(game, view, [120, 40]);
    game.act({ kind: 'command', id: 'scroll.top', viewport });
    expect(screenOf(game, view, [120, 40]).text).toContain('old 30');
  });
});
