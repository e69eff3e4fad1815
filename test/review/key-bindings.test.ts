import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../source/configuration/configuration-schema.ts';
import { bindKeys } from '../../source/review/session/key-bindings.ts';
import {
  commandFor,
  footerCommands,
  keyCommands,
  keyOf,
  tagKeys,
} from '../../source/review/session/keymap.ts';
import { helpDocument } from '../../source/review/view/overlay.ts';
import { entry, play } from './play.ts';

const bind = (
  keys: Readonly<Record<string, string | readonly string[]>>,
  tags: readonly string[] | null = null,
) => bindKeys({ keys, tags }, 'my.json');

describe('keys of the configuration', () => {
  it('take the place of the default ones, in the footer and the help too', () => {
    const map = bind({
      'verdict.agree': ['y', 'ctrl-y'],
      'copy.answer': 'none',
      'verdict.undo': 'm',
      'tag.1': '!',
    });
    expect(commandFor(map, 'review', 'y')).toBe('verdict.agree');
    expect(commandFor(map, 'review', 'ctrl-y')).toBe('verdict.agree');
    expect(commandFor(map, 'review', 'a')).toBeNull();
    expect(keyOf(map, 'copy.answer')).toBeNull();
    expect(footerCommands(map, 'review')[0]).toEqual({
      id: 'verdict.agree',
      key: 'y',
      label: 'agree',
    });
    expect(tagKeys(map)[0]).toEqual({ key: '!', tag: 'wrong value' });
    const help = helpDocument(map).lines.map(({ baseline }) =>
      (baseline ?? []).map(({ text }) => text).join(''),
    );
    expect(help.some((line) => /^y ctrl-y +agree:/.test(line))).toBe(true);
    expect(help.some((line) => line.includes('copy the answer'))).toBe(false);

    const game = play([entry('r1'), entry('r2')], { keymap: map });
    game.key('a');
    expect(game.log).toEqual([]);
    game.key('y');
    expect(game.session.notice?.text).toBe('r1: agree (m: undo)');
  });

  it('keep every command that they do not name', () => {
    expect(bind({}).commands).toEqual(keyCommands);
  });

  it.each([
    [
      { 'verdict.agre': 'a' },
      'keys["verdict.agre"] is no command of the review (is it verdict.agree',
    ],
    [
      { 'verdict.agree': 'x' },
      'keys["verdict.agree"] is "x", which is already verdict.worse: give verdict.worse another key, or "none".',
    ],
    [{ 'verdict.agree': 'j', 'scroll.down': ['j', 'down'] }, 'which is already'],
    [
      { 'verdict.agree': 'return' },
      'keys["verdict.agree"] is "return", which is no key: a character, ctrl-a, alt-a, or space,',
    ],
    [{ 'verdict.agree': '' }, 'is "", which is no key'],
    [{ 'verdict.agree': ' ' }, 'is " ", which is no key'],
    [{ 'verdict.agree': '\u001B' }, 'which is no key'],
    [{ 'verdict.agree': 'ctrl-i' }, 'is ctrl-i, which a terminal sends as another key'],
    [{ interrupt: 'none' }, 'keys["interrupt"] needs a key'],
    [{ 'comment.save': 's' }, 'keys["comment.save"] is "s", which a line of text needs'],
  ])('%o is refused with a sentence', (keys, sentence) => {
    expect(() => bind(keys)).toThrow(`In my.json, `);
    expect(() => bind(keys)).toThrow(sentence);
  });

  it('are as docs/review.md shows them', () => {
    const page = readFileSync(new URL('../../docs/review.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n([^`]+)```/.exec(page) ?? [];
    const { difftool, ...read } = parseConfiguration(example, 'docs/review.md');
    expect(difftool).toBe('vimdiff');
    const map = bind(read.keys ?? {}, read.tags ?? null);
    expect(commandFor(map, 'review', 't')).toBe('verdict.agree');
    expect(tagKeys(map)).toHaveLength(3);
  });

  it('may exchange two keys', () => {
    const map = bind({ 'verdict.agree': 'x', 'verdict.worse': 'a' });
    expect(commandFor(map, 'review', 'x')).toBe('verdict.agree');
    expect(commandFor(map, 'review', 'a')).toBe('verdict.worse');
  });

  it('have as many tags as the configuration names', () => {
    const map = bind({}, ['wrong price', 'rude']);
    expect(tagKeys(map)).toEqual([
      { key: '1', tag: 'wrong price' },
      { key: '2', tag: 'rude' },
    ]);
    expect(commandFor(map, 'review', '3')).toBeNull();
    const game = play([entry('r1')], { keymap: map });
    game.key('2');
    expect(game.log).toMatchObject([{ kind: 'tag', tag: 'rude' }]);
  });
});
