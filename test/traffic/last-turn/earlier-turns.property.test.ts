import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../source/text/json.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { EarlierTurns } from '../../../source/traffic/last-turn/earlier-turns.ts';
import { KeySet } from '../../../source/traffic/last-turn/key-set.ts';

type Turn = { readonly asked: string; readonly answered: string };

/** A request with the turns before it in its messages; `answer` null: the recording has none. */
const captureOf = (
  history: readonly Turn[],
  asked: string,
  answer: string | null,
  conversation: string | null,
): Capture => ({
  id: JSON.stringify([history, asked, answer, conversation]),
  endpoint: 'chat',
  timestamp: null,
  dialect: 'chat',
  model: null,
  request: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      ...history.flatMap((turn): JsonObject[] => [
        { role: 'user', content: turn.asked },
        { role: 'assistant', content: turn.answered },
      ]),
      { role: 'user', content: asked },
    ],
  },
  recorded:
    answer === null
      ? []
      : [
          {
            model: 'm',
            production: true,
            body: { choices: [{ index: 0, message: { role: 'assistant', content: answer } }] },
            timeToFirstTokenMs: null,
            totalMs: null,
          },
        ],
  metadata: conversation === null ? null : { conversation },
  partial: [],
});

type Node = Turn & {
  readonly history: readonly Turn[];
  readonly conversation: string;
  readonly kept: boolean;
};

// Few words, so that branches meet and questions come again.
const word = fc.constantFrom('a', 'b');

/** Trees of turns: each one goes on from the start or from an earlier one. */
const tree: fc.Arbitrary<readonly Node[]> = fc
  .array(
    fc.record({
      parent: fc.nat(),
      asked: word,
      answered: word,
      conversation: fc.constantFrom('one', 'two'),
      kept: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((steps) => {
    const nodes: Node[] = [];
    for (const { parent, ...step } of steps) {
      const from = nodes[parent % (nodes.length + 1)];
      nodes.push({
        ...step,
        conversation: from?.conversation ?? step.conversation,
        history: from === undefined ? [] : [...from.history, from],
      });
    }
    return nodes;
  });

const isTurn = (one: Turn | undefined, other: Turn, answered: boolean): boolean =>
  one?.asked === other.asked && (!answered || one.answered === other.answered);

/** By the definition: another request of the conversation holds this one and its answer. */
const goesOn = (node: Node, nodes: readonly Node[]): boolean =>
  nodes.some(
    (later) =>
      later.conversation === node.conversation &&
      later.history.length > node.history.length &&
      node.history.every((turn, index) => isTurn(later.history[index], turn, true)) &&
      isTurn(later.history[node.history.length], node, node.kept),
  );

describe('earlier turns of conversations', () => {
  it('are those that another request continues, in any order of the requests', () => {
    fc.assert(
      fc.property(
        tree.chain((nodes) =>
          fc.tuple(
            fc.constant(nodes),
            fc.shuffledSubarray([...nodes], { minLength: nodes.length }),
          ),
        ),
        ([nodes, order]) => {
          const turns = new EarlierTurns();
          const capture = (node: Node): Capture =>
            captureOf(
              node.history,
              node.asked,
              node.kept ? node.answered : null,
              node.conversation,
            );
          for (const node of order) turns.remember(capture(node));
          for (const node of nodes) {
            expect(turns.isEarlier(capture(node))).toBe(goesOn(node, nodes));
          }
          expect(turns.forgotten()).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are recognised however the history spells the answer', () => {
    const call = { name: 'look', arguments: '{"a": 1,"b":2}' };
    const first: Capture = {
      ...captureOf([], 'hi', null, null),
      recorded: [
        {
          model: 'm',
          production: true,
          body: {
            choices: [
              {
                index: 0,
                message: {
                  role: 'assistant',
                  content: ' Well. \n',
                  refusal: null,
                  tool_calls: [{ id: 'call_1', type: 'function', function: call }],
                },
              },
            ],
          },
          timeToFirstTokenMs: null,
          totalMs: null,
        },
      ],
    };
    const second = captureOf([], 'hi', null, null);
    const history = second.request['messages'] as readonly JsonObject[];
    const later: Capture = {
      ...second,
      request: {
        messages: [
          ...history.slice(0, 1),
          { role: 'user', content: [{ type: 'text', text: 'hi' }] },
          {
            role: 'assistant',
            content: [{ type: 'text', text: 'Well.' }],
            tool_calls: [{ function: { name: 'look', arguments: '{"b":2,"a":1}' } }],
          },
          { role: 'tool', tool_call_id: 'call_1', content: '3' },
        ],
      },
    };
    const turns = new EarlierTurns();
    turns.remember(later);
    expect(turns.isEarlier(first)).toBe(true);
    expect(turns.isEarlier(later)).toBe(false);
  });

  it('are kept, and counted, when there are more than there is room for', () => {
    const turns = new EarlierTurns(2);
    const one = { asked: 'a', answered: 'b' };
    turns.remember(captureOf([one], 'c', null, null));
    turns.remember(captureOf([one, { asked: 'c', answered: 'd' }], 'e', null, null));
    expect(turns.forgotten()).toBe(1);
    expect(turns.isEarlier(captureOf([], 'a', 'b', null))).toBe(true);
    expect(turns.isEarlier(captureOf([one], 'c', 'd', null))).toBe(false);
  });
});

describe('KeySet', () => {
  it('holds what a Set holds, up to its maximum', () => {
    const key = fc
      .tuple(fc.constantFrom(0, 1, 2 ** 32 - 1, 77), fc.nat({ max: 3000 }))
      .map((halves) => halves.map((half) => half.toString(16).padStart(8, '0')).join(''))
      // Zeros and a one at the end of the first half are taken for the same.
      .filter((text) => !text.startsWith('00000000'));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 3000 }), fc.array(key), (added, asked) => {
        const maximum = 2000;
        const set = new KeySet(maximum);
        const known = new Set<string>();
        for (const one of added) {
          const fits = known.has(one) || known.size < maximum;
          expect(set.add(one)).toBe(fits);
          if (fits) known.add(one);
        }
        for (const one of [...added, ...asked]) expect(set.has(one)).toBe(known.has(one));
      }),
      { numRuns: 30 },
    );
  });
});
