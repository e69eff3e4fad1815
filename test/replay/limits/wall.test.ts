import { describe, expect, it } from 'vitest';
import type { FailureReason } from '../../../source/models/answer.ts';
import { createWall } from '../../../source/replay/limits/wall.ts';

/** The wall after what is named: a reason for a failure, `answered` for an answer. */
const after = (...calls: readonly (FailureReason | 'answered')[]): FailureReason | null => {
  const wall = createWall();
  for (const call of calls) {
    if (call === 'answered') wall.answered();
    else wall.failed(call);
  }
  return wall.stopped;
};

const times = (count: number, reason: FailureReason): readonly FailureReason[] =>
  Array.from({ length: count }, () => reason);

describe('a wall', () => {
  it.each(['unauthorized', 'no_credit', 'not_found', 'connection'] as const)(
    'stops after five calls in a row that fail with %s',
    (reason) => {
      expect(after(...times(4, reason))).toBeNull();
      expect(after(...times(5, reason))).toBe(reason);
    },
  );

  it('counts anew after an answer', () => {
    expect(after(...times(4, 'no_credit'), 'answered', ...times(4, 'no_credit'))).toBeNull();
  });

  it('gives a server that fails in other ways longer', () => {
    expect(after(...times(24, 'server_error'))).toBeNull();
    expect(after(...times(25, 'server_error'))).toBe('server_error');
  });

  it('does not count what concerns one request', () => {
    expect(after(...times(100, 'rejected'), ...times(100, 'too_large'))).toBeNull();
    expect(after(...times(4, 'unauthorized'), 'rejected', 'unauthorized')).toBe('unauthorized');
  });

  it('keeps the reason that stopped it', () => {
    const wall = createWall();
    for (let call = 0; call < 5; call++) wall.failed('unauthorized');
    wall.answered();
    for (let call = 0; call < 30; call++) wall.failed('server_error');
    expect(wall.stopped).toBe('unauthorized');
  });
});
