import { describe, expect, it } from 'vitest';
import type { Capture } from '../../../source/traffic/capture.ts';
import { ConversationSample } from '../../../source/traffic/selection/conversation-sample.ts';

type Message = readonly [role: string, content: string];

const capture = (
  id: string,
  messages: readonly Message[],
  metadata: Capture['metadata'] = null,
): Capture => ({
  id,
  endpoint: 'chat',
  timestamp: null,
  dialect: 'chat',
  model: null,
  request: { messages: messages.map(([role, content]) => ({ role, content })) },
  recorded: [],
  metadata,
  partial: [],
});

const system: Message = ['system', 'You answer.'];

/** The requests of a conversation, after the messages that every request of its prompt has. */
const conversation = (
  name: string,
  turns: number,
  prompt: readonly Message[] = [system],
): readonly Capture[] => {
  const messages: Message[] = [...prompt];
  return Array.from({ length: turns }, (_, turn) => {
    messages.push(['user', `${name}, question ${turn}`]);
    const request = capture(`${name}-${turn}`, messages);
    messages.push(['assistant', `${name}, answer ${turn}`]);
    return request;
  });
};

/** The ids of the captures that a sample takes. */
const taken = (captures: readonly Capture[], share: number): ReadonlySet<string> => {
  const sample = new ConversationSample();
  return new Set(captures.filter((one) => sample.includes(one, share)).map(({ id }) => id));
};

const examples: readonly Message[] = [
  system,
  ['user', 'Where is my parcel?'],
  ['assistant', '{"topic":"delivery"}'],
  ['user', 'The app crashes.'],
  ['assistant', '{"topic":"bug"}'],
];

describe('a sample of traffic while it comes', () => {
  it('takes about its share, and a larger one includes every smaller one', () => {
    const all = Array.from({ length: 400 }, (_, number) => conversation(`c${number}`, 1)).flat();
    const small = taken(all, 0.1);
    const large = taken(all, 0.5);
    expect(small.size).toBeGreaterThan(15);
    expect(small.size).toBeLessThan(80);
    expect(large.size).toBeGreaterThan(150);
    expect(large.size).toBeLessThan(250);
    expect([...small].every((id) => large.has(id))).toBe(true);
    expect(taken(all, 1).size).toBe(400);
  });

  it('takes all or nothing of a conversation, by its name or else by its opening', () => {
    const named = Array.from({ length: 20 }, (_, number) =>
      capture(`n${number}`, [['user', `question ${number}`]], { thread_id: 't1' }),
    );
    expect([0, 20]).toContain(taken(named, 0.5).size);
    const all = Array.from({ length: 60 }, (_, number) => conversation(`c${number}`, 12));
    // Turn by turn, as the conversations go on at the same time.
    const ids = taken(
      all[0]?.flatMap((_, turn) => all.flatMap((own) => own.slice(turn, turn + 1))) ?? [],
      0.5,
    );
    expect(ids.size).toBeGreaterThan(0);
    for (const own of all) {
      expect([0, 12]).toContain(own.filter(({ id }) => ids.has(id)).length);
    }
  });

  it('takes its share of requests that begin with the same examples, and of conversations after them', () => {
    const single = Array.from({ length: 400 }, (_, number) =>
      conversation(`c${number}`, 1, examples),
    ).flat();
    const ids = taken(single, 0.2);
    // The first few may be taken as one.
    expect(ids.size).toBeGreaterThan(45);
    expect(ids.size).toBeLessThan(125);
    const several = Array.from({ length: 100 }, (_, number) =>
      conversation(`c${number}`, 5, examples),
    );
    const turns = taken(several.flat(), 0.5);
    for (const own of several.slice(10)) {
      expect([0, 5]).toContain(own.filter(({ id }) => turns.has(id)).length);
    }
  });

  it('forgets no examples, however many conversations come between', () => {
    const sample = new ConversationSample();
    const share = 0.5;
    let included = 0;
    for (let number = 0; number < 3000; number += 1) {
      for (const one of conversation(`long ${number}`, 6)) sample.includes(one, share);
      const [request] = conversation(`c${number}`, 1, examples);
      if (request !== undefined && sample.includes(request, share)) included += 1;
    }
    expect(included).toBeGreaterThan(1200);
    expect(included).toBeLessThan(1800);
  });
});
