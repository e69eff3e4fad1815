import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchored } from '../../source/review/screen/anchored.ts';

const escape = '\u001B';

describe('what is written to a terminal', () => {
  it.each([
    ['plain 中文 é │', 'plain 中文 é │'],
    ['a🚀b', `a🚀${escape}[4Gb`],
    ['🇯🇵🇯🇵', `🇯🇵${escape}[3G🇯🇵${escape}[5G`],
    ['e\u0301x', `e\u0301${escape}[2Gx`],
    ['र्सल', `र्स${escape}[3Gल`],
    ['ทำก', `ทำ${escape}[3Gก`],
    [`${escape}[31mab${escape}[39m\n中🚀`, `${escape}[31mab${escape}[39m\n中🚀${escape}[5G`],
    [`${escape}[10G${escape}[K🚀 x`, `${escape}[10G${escape}[K🚀${escape}[12G x`],
    [`ab${escape}[2;5H🚀${escape}[E🚀`, `ab${escape}[2;5H🚀${escape}[7G${escape}[E🚀${escape}[3G`],
  ])('has the cursor in the counted column after a disputed character: %j', (written, expected) => {
    expect(anchored(written)).toBe(expected);
  });

  it('is otherwise as it was', () => {
    const piece = fc.constantFrom(
      'a',
      '中',
      '🚀',
      'e\u0301',
      '👩‍👩‍👧',
      '\n',
      `${escape}[1m`,
      `${escape}[K`,
      `${escape}]52;c;eA==\u0007`,
      escape,
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const written = pieces.join('');
        expect(anchored(written).replaceAll(/\u001B\[\d+G/g, '')).toBe(written);
      }),
    );
  });
});
