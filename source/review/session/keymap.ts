/** The modes of the screen, which determine the meaning of keys. */
type ModeName =
  | 'review'
  | 'help'
  | 'summary'
  | 'request'
  | 'details'
  | 'comment'
  | 'filter'
  | 'search'
  | 'pairs'
  | 'patterns'
  | 'comparisons'
  | 'palette'
  | 'rule'
  | 'rules'
  | 'rows'
  | 'rest'
  | 'quit';

/**
 * A named command of the review and its keys. Help, footer and tests are generated from this table.
 */
export type KeyCommand = {
  readonly id: string;
  /** Key names: a character, or `space`, `enter`, `escape`, `down`, `pageup`, `ctrl-d`, … */
  readonly keys: readonly string[];
  /** The modes in which the keys work. */
  readonly modes: readonly ModeName[];
  /** A word or two for the footer; null: only the help lists the command. */
  readonly label: string | null;
  readonly help: string;
};

const review: readonly ModeName[] = ['review'];
/** Where a verdict can be given: on one pair, and on one of several short ones. */
const judging: readonly ModeName[] = ['review', 'rows'];
const lists: readonly ModeName[] = ['pairs', 'patterns', 'comparisons', 'rows', 'rules'];
const moving: readonly ModeName[] = [...lists, 'rule'];
const lines: readonly ModeName[] = ['filter', 'search'];
const cursored: readonly ModeName[] = [...lists, 'palette'];
const scrollable: readonly ModeName[] = ['review', 'help', 'summary', 'request', 'details'];

/** The reasons for a verdict, on the keys 1 to 9, unless the configuration has others. */
const defaultTags = [
  'wrong value',
  'missing',
  'invented',
  'format',
  'language',
  'tone',
  'length',
  'refusal',
  'other',
] as const;

/** Returns a row of the table; `keys` stand between spaces. */
const row = <Id extends string>(
  id: Id,
  keys: string,
  modes: readonly ModeName[],
  label: string | null,
  help: string,
): KeyCommand & { readonly id: Id } => ({ id, keys: keys.split(' '), modes, label, help });

/** The commands: id, keys, modes, label in the footer, help. */
export const keyCommands = [
  row('verdict.agree', 'a', judging, 'agree', 'agree: the candidate is as good'),
  row('verdict.worse', 'x', judging, 'worse', 'the candidate is worse'),
  row('verdict.better', 'b', judging, 'better', 'the candidate is better'),
  row('verdict.left', ',', review, 'left better', 'in a blind review: the left answer is better'),
  row(
    'verdict.right',
    '.',
    review,
    'right better',
    'in a blind review: the right answer is better',
  ),
  row('verdict.both_bad', 'w', judging, 'both bad', 'both answers are bad'),
  row(
    'verdict.skip',
    'space',
    judging,
    'skip',
    'skip: the pair comes back later, without a verdict; a judged one keeps its verdict',
  ),
  row(
    'verdict.undo',
    'u backspace',
    [...judging, 'summary'],
    'undo',
    'undo, without limit, even after a restart',
  ),
  row('tag.1', '1', judging, null, `tag: ${defaultTags[0]}`),
  row('tag.2', '2', judging, null, `tag: ${defaultTags[1]}`),
  row('tag.3', '3', judging, null, `tag: ${defaultTags[2]}`),
  row('tag.4', '4', judging, null, `tag: ${defaultTags[3]}`),
  row('tag.5', '5', judging, null, `tag: ${defaultTags[4]}`),
  row('tag.6', '6', judging, null, `tag: ${defaultTags[5]}`),
  row('tag.7', '7', judging, null, `tag: ${defaultTags[6]}`),
  row('tag.8', '8', judging, null, `tag: ${defaultTags[7]}`),
  row('tag.9', '9', judging, null, `tag: ${defaultTags[8]}`),
  row('comment.open', 'c', review, null, 'comment on this pair'),
  row('comment.editor', 'e', review, null, 'write the comment in $VISUAL or $EDITOR'),
  row('copy.answer', 'y', review, null, 'copy the answer of a side; tab chooses the side'),
  row(
    'copy.request',
    'Y',
    review,
    null,
    'copy the request to that side as a curl command, the key as a variable',
  ),
  row(
    'pair.pager',
    'o',
    review,
    null,
    'open the pair in $PAGER, or in the difftool of the configuration',
  ),
  row('scroll.down', 'j down', scrollable, null, 'scroll down'),
  row('scroll.up', 'k up', scrollable, null, 'scroll up'),
  row('scroll.half_down', 'ctrl-d', scrollable, null, 'scroll down half a screen'),
  row('scroll.half_up', 'ctrl-u', scrollable, null, 'scroll up half a screen'),
  row('scroll.page_down', 'pagedown ctrl-f', scrollable, null, 'scroll down a screen'),
  row('scroll.page_up', 'pageup ctrl-b', scrollable, null, 'scroll up a screen'),
  row('scroll.top', 'g home', scrollable, null, 'go to the top'),
  row('scroll.bottom', 'G end', scrollable, null, 'go to the end'),
  row(
    'difference.next',
    ']',
    [...review, 'request'],
    'difference',
    'next difference; in a request, next message',
  ),
  row(
    'difference.previous',
    '[',
    [...review, 'request'],
    null,
    'previous difference; in a request, previous message',
  ),
  row('pair.next', 'J right', review, 'next', 'next pair, whatever its state'),
  row(
    'pair.ready',
    'enter',
    review,
    null,
    'go on to an answered pair while this one waits for its answers',
  ),
  row('pair.previous', 'K left', review, null, 'previous pair'),
  row(
    'judged.previous',
    'h',
    review,
    'back',
    'back to the pair that you judged last, then to the one before',
  ),
  row(
    'judged.next',
    'l',
    review,
    null,
    'forward through the judged pairs, then to the next one to judge',
  ),
  row(
    'candidate.next',
    ';',
    review,
    null,
    'next candidate of this request, in a review of several candidates',
  ),
  row(
    'turn.next',
    ')',
    review,
    null,
    'next turn of this conversation; escape goes back to the queue',
  ),
  row('turn.previous', '(', review, null, 'previous turn of this conversation'),
  row('pane.other', 'tab', review, null, 'show the other pane if there is room for only one'),
  row(
    'view.next',
    'v',
    review,
    'view',
    'next view: fields and arguments, side by side, unified, raw',
  ),
  row('view.raw', 'V', review, null, 'both answers as received; again: as before'),
  row(
    'view.fold',
    'z',
    [...review, 'request'],
    null,
    'fold or unfold equal lines; in a request, old turns',
  ),
  row('view.reasoning', 'R', review, null, 'show or hide reasoning'),
  row('view.layout', 's', review, null, 'side by side or stacked'),
  row('request.open', 'p', scrollable, 'request', 'show the whole request'),
  row(
    'details.open',
    'i',
    scrollable,
    'details',
    'show usage, timings, adaptations, attempts, and what reviewers said',
  ),
  row(
    'filter.open',
    'f',
    review,
    'filter',
    'filter: walk only the pairs that match, such as outcome:different cost>0.01',
  ),
  row('filter.end', 'F', review, null, 'walk every pair again'),
  row('filter.complete', 'tab', ['filter'], 'complete', 'complete a name or a value of the filter'),
  row('filter.apply', 'enter', ['filter'], 'walk', 'walk the pairs that match'),
  row('search.open', '/', review, 'search', 'search for a text in requests and answers'),
  row('search.start', 'enter', ['search'], 'search', 'search for the text'),
  row('line.earlier', 'up ctrl-p', lines, null, 'earlier filter or search'),
  row('line.later', 'down ctrl-n', lines, null, 'later filter or search'),
  row('match.next', 'n', review, null, 'next match, in this pair or another'),
  row('match.previous', 'N', review, null, 'previous match'),
  row('pair.unjudged', 'U', review, null, 'next pair that waits for a verdict'),
  row('pairs.open', 'L', [...review, 'pairs'], 'list', 'list the pairs'),
  row(
    'rows.open',
    'M',
    [...review, 'rows'],
    null,
    'several pairs on one screen, if their answers are one line each',
  ),
  row(
    'patterns.open',
    'P',
    [...review, 'patterns'],
    'patterns',
    'list the patterns of differences',
  ),
  row('pattern.rest', '=', judging, 'rest', 'give the rest of a pattern the verdict of its sample'),
  row('pattern.give', 'y', ['rest'], 'give', 'give the rest of the pattern this verdict'),
  row(
    'rule.open',
    'I',
    review,
    'rule',
    'make a rule: this difference does not count, here and in other pairs',
  ),
  row('rule.make', 'enter', ['rule'], 'make the rule', 'make the rule under the cursor'),
  row('rules.open', 'T', [...review, 'rules'], null, 'list the rules, and take one back'),
  row(
    'rule.take_back',
    'u backspace',
    ['rules'],
    'take back',
    'take the rule under the cursor back: pairs have their outcomes again',
  ),
  row(
    'comparisons.open',
    'C',
    [...review, 'comparisons'],
    null,
    'list the comparisons of this store, and open another',
  ),
  row(
    'palette.open',
    ': ctrl-p',
    review,
    'go to',
    'go to a pair by its number or id, or run a command by its words',
  ),
  row('list.down', 'j down', moving, null, 'next row'),
  row('list.up', 'k up', moving, null, 'previous row'),
  row('list.page_down', 'pagedown ctrl-f ctrl-d', moving, null, 'a screen down'),
  row('list.page_up', 'pageup ctrl-b ctrl-u', moving, null, 'a screen up'),
  row('list.top', 'g home', moving, null, 'first row'),
  row('list.bottom', 'G end', moving, null, 'last row'),
  row('palette.down', 'down ctrl-n', ['palette'], null, 'next command'),
  row('palette.up', 'up', ['palette'], null, 'previous command'),
  row('list.sort', 's', ['pairs'], 'sort', 'sort by the next column'),
  row('list.choose', 'enter', cursored, 'open', 'open the row under the cursor'),
  row('side.retry', 'r', review, 'retry', 'retry a side that failed'),
  row('summary.open', 'S', scrollable, 'summary', 'show the summary so far'),
  row('help.open', '?', scrollable, 'help', 'show this help'),
  row('comment.save', 'enter', ['comment'], 'save', 'save the comment'),
  row(
    'back',
    'escape',
    [...scrollable, ...lines, ...cursored, 'rule', 'comment', 'rest', 'quit'],
    'back',
    'close the open overlay',
  ),
  row('quit', 'q', [...scrollable, ...moving, 'quit'], 'quit', 'quit; everything is kept'),
  row(
    'interrupt',
    'ctrl-c',
    [...scrollable, ...lines, ...cursored, 'rule', 'comment', 'rest', 'quit'],
    null,
    'quit at once',
  ),
  row(
    'suspend',
    'ctrl-z',
    [...scrollable, ...lines, ...cursored, 'rule', 'comment', 'rest', 'quit'],
    null,
    'suspend to the shell; fg resumes',
  ),
] as const;

export type CommandId = (typeof keyCommands)[number]['id'];

/** A command with the keys that it has in this review. */
export type BoundCommand = Omit<KeyCommand, 'id'> & { readonly id: CommandId };

/** The keys of a review, and the tags on its tag keys in order. */
export type Keymap = {
  readonly commands: readonly BoundCommand[];
  readonly tags: readonly string[];
};

/** The keys and tags without a configuration. */
export const defaultKeymap: Keymap = { commands: keyCommands, tags: defaultTags };

export type TagCommand = Extract<CommandId, `tag.${number}`>;

const tagCommand = (index: number): string => `tag.${index + 1}`;

/** Returns the tag of a tag key: `tag.3` → `invented`; null if the configuration has fewer tags. */
export const tagName = ({ tags }: Keymap, id: TagCommand): string | null =>
  tags.find((_, index) => tagCommand(index) === id) ?? null;

/** Returns the tags with their keys, without those that have no key. */
export const tagKeys = (map: Keymap): readonly { readonly key: string; readonly tag: string }[] =>
  map.tags.flatMap((tag, index) => {
    const key = map.commands.find(({ id }) => id === tagCommand(index))?.keys[0];
    return key === undefined ? [] : [{ key, tag }];
  });

/** Returns the command of a key in a mode, or null if the key does nothing there. */
export const commandFor = (map: Keymap, mode: ModeName, key: string): CommandId | null =>
  map.commands.find(({ keys, modes }) => modes.includes(mode) && keys.includes(key))?.id ?? null;

/** Returns the first key of a command; null if it has none. */
export const keyOf = (map: Keymap, wanted: CommandId): string | null =>
  map.commands.find(({ id }) => id === wanted)?.keys[0] ?? null;

/** Returns the first key of a command for a sentence; without one, what the palette runs it by. */
export const keyHint = (map: Keymap, wanted: CommandId): string => {
  const key = keyOf(map, wanted) ?? `:${wanted}`;
  return key === 'escape' ? 'esc' : key;
};

/** Returns the commands in the footer of a mode that have a key, in the keymap's order. */
export const footerCommands = (
  map: Keymap,
  mode: ModeName,
): readonly { readonly id: CommandId; readonly key: string; readonly label: string }[] =>
  map.commands.flatMap(({ id, keys: [key], label, modes }) => {
    // The review itself has nothing to return to.
    if (label === null || !modes.includes(mode) || (id === 'back' && mode === 'review')) return [];
    // In a request, the same key goes from message to message.
    const isMessage = id === 'difference.next' && mode === 'request';
    const shown = isMessage ? 'message' : label;
    return key === undefined ? [] : [{ id, key: key === 'escape' ? 'esc' : key, label: shown }];
  });
