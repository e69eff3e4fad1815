import { describe, expect, it } from 'vitest';
import { backgroundReply, firstTheme } from '../../source/review/screen/terminal-theme.ts';

describe('the theme of a terminal', () => {
  const first = (
    choice: Parameters<typeof firstTheme>[0],
    colourBits: number,
    environment: Readonly<Record<string, string>> = {},
  ): string => {
    const { asks, depth, name } = firstTheme(choice, { colourBits, environment });
    return `${name} ${depth}${asks ? ' asks' : ''}`;
  };

  it('has no shades until the background is known, and asks only where there could be some', () => {
    expect(first('auto', 24)).toBe('basic any asks');
    expect(first('auto', 8)).toBe('basic 256 asks');
    expect(first('auto', 4)).toBe('basic 256');
    expect(first('auto', 1)).toBe('none 256');
    expect(first('auto', 24, { NO_COLOR: '1' })).toBe('none any');
    expect(first('auto', 24, { NO_COLOR: '' })).toBe('basic any asks');
  });

  it.each([
    ['15;0', 'dark'],
    ['0;15', 'light'],
    ['0;default;15', 'light'],
    ['7;8', 'dark'],
    ['0;7', 'light'],
    ['default;default', 'basic'],
  ])('reads COLORFGBG %s as %s', (COLORFGBG, name) => {
    expect(first('auto', 24, { COLORFGBG })).toBe(`${name} any asks`);
  });

  it('is the one that the user chooses, whatever the environment wishes', () => {
    expect(first('light', 24, { NO_COLOR: '1', COLORFGBG: '15;0' })).toBe('light any');
    expect(first('dark', 4)).toBe('basic 256');
    expect(first('none', 24)).toBe('none any');
  });

  it('reads the reply of the terminal', () => {
    const reply = (colour: string): string | null => backgroundReply(`\u001B]11;${colour}\u0007`);
    expect(reply('rgb:0000/0000/0000')).toBe('dark');
    expect(reply('rgb:ffff/ffff/ffff')).toBe('light');
    expect(reply('rgb:f/f/0')).toBe('light');
    expect(reply('rgba:1e1e/1e1e/2e2e/ffff')).toBe('dark');
    // Pure blue is dark, and pure green is light.
    expect(reply('rgb:00/00/ff')).toBe('dark');
    expect(reply('rgb:00/ff/00')).toBe('light');
    expect(reply('?')).toBe(null);
    expect(backgroundReply('\u001B]10;rgb:ffff/ffff/ffff\u0007')).toBe(null);
  });
});
