import { array, assert, asyncProperty, boolean, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBudget, type Reservation } from '../../../source/replay/limits/budget.ts';
import { createGate, type Admitted } from '../../../source/replay/limits/gate.ts';

const free = { atMost: [0], retry: false };
const pair = { atMost: [0, 0], retry: false };
const retry = { atMost: [0], retry: true };

/** Lets every promise that is settled report. */
const settled = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

/** Collects what admissions end in, in the order in which they end. */
const collector = () => {
  const ended: { readonly name: string; readonly admitted: Admitted }[] = [];
  return {
    ended,
    names: () => ended.map((one) => one.name),
    add: (name: string, admission: Promise<Admitted>) => {
      void admission.then((admitted) => ended.push({ name, admitted }));
    },
  };
};

const reservations = (admitted: Admitted | undefined): readonly Reservation[] =>
  typeof admitted === 'object' ? admitted : [];

describe('a gate', () => {
  it('lets a pair through as a whole or not at all', async () => {
    const gate = createGate(3, createBudget(null));
    const { add, names, ended } = collector();
    add('first', gate.admit(pair));
    add('second', gate.admit(pair));
    await settled();
    expect([names(), gate.inFlight]).toEqual([['first'], 2]);
    const [one] = reservations(ended[0]?.admitted);
    gate.leave(one as Reservation, 0);
    await settled();
    expect([names(), gate.inFlight]).toEqual([['first', 'second'], 3]);
  });

  it('lets retries go first', async () => {
    const gate = createGate(2, createBudget(null));
    const { add, names, ended } = collector();
    add('begun', gate.admit(pair));
    add('new', gate.admit(free));
    add('retry', gate.admit(retry));
    await settled();
    for (const reservation of reservations(ended[0]?.admitted)) gate.leave(reservation, 0);
    await settled();
    expect(names()).toEqual(['begun', 'retry', 'new']);
  });

  it('begins nothing new while as many wait for their next try as may be in flight', async () => {
    const gate = createGate(1, createBudget(null));
    const { add, names } = collector();
    gate.park();
    add('new', gate.admit(free));
    await settled();
    expect(names()).toEqual([]);
    gate.unpark();
    await settled();
    expect(names()).toEqual(['new']);
  });

  it('waits for what is in flight before it says that the budget is reached', async () => {
    const gate = createGate(8, createBudget(1));
    const { add, names, ended } = collector();
    add('first', gate.admit({ atMost: [0.4, 0.4], retry: false }));
    add('second', gate.admit({ atMost: [0.4, 0.4], retry: false }));
    add('third', gate.admit({ atMost: [0.4, 0.4], retry: false }));
    await settled();
    expect(names()).toEqual(['first']);
    for (const reservation of reservations(ended[0]?.admitted)) gate.leave(reservation, 0.1);
    await settled();
    expect(names()).toEqual(['first', 'second']);
    for (const reservation of reservations(ended[1]?.admitted)) gate.leave(reservation, 0.1);
    await settled();
    expect(ended[2]).toEqual({ name: 'third', admitted: 'budget reached' });
    expect(await gate.admit(free)).toBe('budget reached');
  });

  it('lets go of everyone who waits when it closes', async () => {
    const gate = createGate(1, createBudget(null));
    const { add, ended } = collector();
    add('in', gate.admit(free));
    add('waiting', gate.admit(free));
    add('retry', gate.admit(retry));
    gate.close();
    await settled();
    expect(ended.slice(1).map((one) => one.admitted)).toEqual(['closed', 'closed']);
    expect(await gate.admit(free)).toBe('closed');
  });

  it('never holds more calls than it may, nor more money, and lets everyone through in the end', async () => {
    const call = record({ cents: integer({ min: 0, max: 30 }), both: boolean(), retry: boolean() });
    await assert(
      asyncProperty(
        integer({ min: 2, max: 6 }),
        array(call, { maxLength: 40 }),
        async (concurrency, calls) => {
          const budget = createBudget(1_000);
          const gate = createGate(concurrency, budget);
          let through = 0;
          const finished = calls.map(async ({ cents, both, retry: again }) => {
            const dollars = cents / 100;
            const atMost = both && !again ? [dollars, dollars] : [dollars];
            const admitted = reservations(await gate.admit({ atMost, retry: again }));
            through++;
            expect(gate.inFlight).toBeLessThanOrEqual(concurrency);
            for (const reservation of admitted) {
              await settled();
              gate.leave(reservation, dollars / 2);
            }
          });
          await Promise.all(finished);
          expect([through, gate.inFlight, budget.reserved]).toEqual([calls.length, 0, 0]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
