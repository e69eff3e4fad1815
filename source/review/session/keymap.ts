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

export const keymap = [
  {
    id: 'verdict.agree',
    keys: ['a'],
    modes: judging,
    label: 'agree',
    help: 'agree: the candidate is as good',
  },
  {
    id: 'verdict.worse',
    keys: ['x'],
    modes: judging,
    label: 'worse',
    help: 'the candidate is worse',
  },
  {
    id: 'verdict.better',
    keys: ['b'],
    modes: judging,
    label: 'better',
    help: 'the candidate is better',
  },
  {
    id: 'verdict.left',
    keys: [','],
    modes: review,
    label: 'left better',
    help: 'in a blind review: the left answer is better',
  },
  {
    id: 'verdict.right',
    keys: ['.'],
    modes: review,
    label: 'right better',
    help: 'in a blind review: the right answer is better',
  },
  {
    id: 'verdict.both_bad',
    keys: ['w'],
    modes: judging,
    label: 'both bad',
    help: 'both answers are bad',
  },
  {
    id: 'verdict.skip',
    keys: ['space'],
    modes: judging,
    label: 'skip',
    help: 'skip: the pair comes back later, without a verdict; a judged one keeps its verdict',
  },
  {
    id: 'verdict.undo',
    keys: ['u', 'backspace'],
    modes: [...judging, 'summary'],
    label: 'undo',
    help: 'undo, without limit, even after a restart',
  },
  { id: 'tag.1', keys: ['1'], modes: judging, label: null, help: `tag: ${defaultTags[0]}` },
  { id: 'tag.2', keys: ['2'], modes: judging, label: null, help: `tag: ${defaultTags[1]}` },
  { id: 'tag.3', keys: ['3'], modes: judging, label: null, help: `tag: ${defaultTags[2]}` },
  { id: 'tag.4', keys: ['4'], modes: judging, label: null, help: `tag: ${defaultTags[3]}` },
  { id: 'tag.5', keys: ['5'], modes: judging, label: null, help: `tag: ${defaultTags[4]}` },
  { id: 'tag.6', keys: ['6'], modes: judging, label: null, help: `tag: ${defaultTags[5]}` },
  { id: 'tag.7', keys: ['7'], modes: judging, label: null, help: `tag: ${defaultTags[6]}` },
  { id: 'tag.8', keys: ['8'], modes: judging, label: null, help: `tag: ${defaultTags[7]}` },
  { id: 'tag.9', keys: ['9'], modes: judging, label: null, help: `tag: ${defaultTags[8]}` },
  { id: 'comment.open', keys: ['c'], modes: review, label: null, help: 'comment on this pair' },
  {
    id: 'comment.editor',
    keys: ['e'],
    modes: review,
    label: null,
    help: 'write the comment in $VISUAL or $EDITOR',
  },
  {
    id: 'copy.answer',
    keys: ['y'],
    modes: review,
    label: null,
    help: 'copy the answer of a side; tab chooses the side',
  },
  {
    id: 'copy.request',
    keys: ['Y'],
    modes: review,
    label: null,
    help: 'copy the request to that side as a curl command, the key as a variable',
  },
  {
    id: 'pair.pager',
    keys: ['o'],
    modes: review,
    label: null,
    help: 'open the pair in $PAGER, or in the difftool of the configuration',
  },
  { id: 'scroll.down', keys: ['j', 'down'], modes: scrollable, label: null, help: 'scroll down' },
  { id: 'scroll.up', keys: ['k', 'up'], modes: scrollable, label: null, help: 'scroll up' },
  {
    id: 'scroll.half_down',
    keys: ['ctrl-d'],
    modes: scrollable,
    label: null,
    help: 'scroll down half a screen',
  },
  {
    id: 'scroll.half_up',
    keys: ['ctrl-u'],
    modes: scrollable,
    label: null,
    help: 'scroll up half a screen',
  },
  {
    id: 'scroll.page_down',
    keys: ['pagedown', 'ctrl-f'],
    modes: scrollable,
    label: null,
    help: 'scroll down a screen',
  },
  {
    id: 'scroll.page_up',
    keys: ['pageup', 'ctrl-b'],
    modes: scrollable,
    label: null,
    help: 'scroll up a screen',
  },
  { id: 'scroll.top', keys: ['g', 'home'], modes: scrollable, label: null, help: 'go to the top' },
  {
    id: 'scroll.bottom',
    keys: ['G', 'end'],
    modes: scrollable,
    label: null,
    help: 'go to the end',
  },
  {
    id: 'difference.next',
    keys: [']'],
    modes: [...review, 'request'],
    label: 'difference',
    help: 'next difference; in a request, next message',
  },
  {
    id: 'difference.previous',
    keys: ['['],
    modes: [...review, 'request'],
    label: null,
    help: 'previous difference; in a request, previous message',
  },
  {
    id: 'pair.next',
    keys: ['J', 'right'],
    modes: review,
    label: 'next',
    help: 'next pair, whatever its state',
  },
  {
    id: 'pair.ready',
    keys: ['enter'],
    modes: review,
    label: null,
    help: 'go on to an answered pair while this one waits for its answers',
  },
  { id: 'pair.previous', keys: ['K', 'left'], modes: review, label: null, help: 'previous pair' },
  {
    id: 'judged.previous',
    keys: ['h'],
    modes: review,
    label: 'back',
    help: 'back to the pair that you judged last, then to the one before',
  },
  {
    id: 'judged.next',
    keys: ['l'],
    modes: review,
    label: null,
    help: 'forward through the judged pairs, then to the next one to judge',
  },
  {
    id: 'candidate.next',
    keys: [';'],
    modes: review,
    label: null,
    help: 'next candidate of this request, in a review of several candidates',
  },
  {
    id: 'pane.other',
    keys: ['tab'],
    modes: review,
    label: null,
    help: 'show the other pane if there is room for only one',
  },
  {
    id: 'view.next',
    keys: ['v'],
    modes: review,
    label: 'view',
    help: 'next view: fields and arguments, side by side, unified, raw',
  },
  {
    id: 'view.raw',
    keys: ['V'],
    modes: review,
    label: null,
    help: 'both answers as received; again: as before',
  },
  {
    id: 'view.fold',
    keys: ['z'],
    modes: [...review, 'request'],
    label: null,
    help: 'fold or unfold equal lines; in a request, old turns',
  },
  { id: 'view.reasoning', keys: ['R'], modes: review, label: null, help: 'show or hide reasoning' },
  { id: 'view.layout', keys: ['s'], modes: review, label: null, help: 'side by side or stacked' },
  {
    id: 'request.open',
    keys: ['p'],
    modes: scrollable,
    label: 'request',
    help: 'show the whole request',
  },
  {
    id: 'details.open',
    keys: ['i'],
    modes: scrollable,
    label: 'details',
    help: 'show usage, timings, adaptations and attempts',
  },
  {
    id: 'filter.open',
    keys: ['f'],
    modes: review,
    label: 'filter',
    help: 'filter: walk only the pairs that match, such as outcome:different cost>0.01',
  },
  { id: 'filter.end', keys: ['F'], modes: review, label: null, help: 'walk every pair again' },
  {
    id: 'filter.complete',
    keys: ['tab'],
    modes: ['filter'],
    label: 'complete',
    help: 'complete a name or a value of the filter',
  },
  {
    id: 'filter.apply',
    keys: ['enter'],
    modes: ['filter'],
    label: 'walk',
    help: 'walk the pairs that match',
  },
  {
    id: 'search.open',
    keys: ['/'],
    modes: review,
    label: 'search',
    help: 'search for a text in requests and answers',
  },
  {
    id: 'search.start',
    keys: ['enter'],
    modes: ['search'],
    label: 'search',
    help: 'search for the text',
  },
  {
    id: 'line.earlier',
    keys: ['up', 'ctrl-p'],
    modes: lines,
    label: null,
    help: 'earlier filter or search',
  },
  {
    id: 'line.later',
    keys: ['down', 'ctrl-n'],
    modes: lines,
    label: null,
    help: 'later filter or search',
  },
  {
    id: 'match.next',
    keys: ['n'],
    modes: review,
    label: null,
    help: 'next match, in this pair or another',
  },
  { id: 'match.previous', keys: ['N'], modes: review, label: null, help: 'previous match' },
  {
    id: 'pair.unjudged',
    keys: ['U'],
    modes: review,
    label: null,
    help: 'next pair that waits for a verdict',
  },
  {
    id: 'pairs.open',
    keys: ['L'],
    modes: [...review, 'pairs'],
    label: 'list',
    help: 'list the pairs',
  },
  {
    id: 'rows.open',
    keys: ['M'],
    modes: [...review, 'rows'],
    label: null,
    help: 'several pairs on one screen, if their answers are one line each',
  },
  {
    id: 'patterns.open',
    keys: ['P'],
    modes: [...review, 'patterns'],
    label: 'patterns',
    help: 'list the patterns of differences',
  },
  {
    id: 'pattern.rest',
    keys: ['='],
    modes: review,
    label: null,
    help: 'give the rest of a pattern the verdict of its sample',
  },
  {
    id: 'pattern.give',
    keys: ['y'],
    modes: ['rest'],
    label: 'give',
    help: 'give the rest of the pattern this verdict',
  },
  {
    id: 'rule.open',
    keys: ['I'],
    modes: review,
    label: 'rule',
    help: 'make a rule: this difference does not count, here and in other pairs',
  },
  {
    id: 'rule.make',
    keys: ['enter'],
    modes: ['rule'],
    label: 'make the rule',
    help: 'make the rule under the cursor',
  },
  {
    id: 'rules.open',
    keys: ['T'],
    modes: [...review, 'rules'],
    label: null,
    help: 'list the rules, and take one back',
  },
  {
    id: 'rule.take_back',
    keys: ['u', 'backspace'],
    modes: ['rules'],
    label: 'take back',
    help: 'take the rule under the cursor back: pairs have their outcomes again',
  },
  {
    id: 'comparisons.open',
    keys: ['C'],
    modes: [...review, 'comparisons'],
    label: null,
    help: 'list the comparisons of this store, and open another',
  },
  {
    id: 'palette.open',
    keys: [':', 'ctrl-p'],
    modes: review,
    label: 'go to',
    help: 'go to a pair by its number or id, or run a command by its words',
  },
  { id: 'list.down', keys: ['j', 'down'], modes: moving, label: null, help: 'next row' },
  { id: 'list.up', keys: ['k', 'up'], modes: moving, label: null, help: 'previous row' },
  {
    id: 'list.page_down',
    keys: ['pagedown', 'ctrl-f', 'ctrl-d'],
    modes: moving,
    label: null,
    help: 'a screen down',
  },
  {
    id: 'list.page_up',
    keys: ['pageup', 'ctrl-b', 'ctrl-u'],
    modes: moving,
    label: null,
    help: 'a screen up',
  },
  { id: 'list.top', keys: ['g', 'home'], modes: moving, label: null, help: 'first row' },
  { id: 'list.bottom', keys: ['G', 'end'], modes: moving, label: null, help: 'last row' },
  {
    id: 'palette.down',
    keys: ['down', 'ctrl-n'],
    modes: ['palette'],
    label: null,
    help: 'next command',
  },
  { id: 'palette.up', keys: ['up'], modes: ['palette'], label: null, help: 'previous command' },
  {
    id: 'list.sort',
    keys: ['s'],
    modes: ['pairs'],
    label: 'sort',
    help: 'sort by the next column',
  },
  {
    id: 'list.choose',
    keys: ['enter'],
    modes: cursored,
    label: 'open',
    help: 'open the row under the cursor',
  },
  {
    id: 'side.retry',
    keys: ['r'],
    modes: review,
    label: 'retry',
    help: 'retry a side that failed',
  },
  {
    id: 'summary.open',
    keys: ['S'],
    modes: scrollable,
    label: 'summary',
    help: 'show the summary so far',
  },
  { id: 'help.open', keys: ['?'], modes: scrollable, label: 'help', help: 'show this help' },
  {
    id: 'comment.save',
    keys: ['enter'],
    modes: ['comment'],
    label: 'save',
    help: 'save the comment',
  },
  {
    id: 'back',
    keys: ['escape'],
    modes: [...scrollable, ...lines, ...cursored, 'rule', 'comment', 'rest', 'quit'],
    label: 'back',
    help: 'close the open overlay',
  },
  {
    id: 'quit',
    keys: ['q'],
    modes: [...scrollable, ...moving, 'quit'],
    label: 'quit',
    help: 'quit; everything is kept',
  },
  {
    id: 'interrupt',
    keys: ['ctrl-c'],
    modes: [...scrollable, ...lines, ...cursored, 'rule', 'comment', 'rest', 'quit'],
    label: null,
    help: 'quit at once',
  },
  {
    id: 'suspend',
    keys: ['ctrl-z'],
    modes: [...scrollable, ...lines, ...cursored, 'rule', 'comment', 'rest', 'quit'],
    label: null,
    help: 'suspend to the shell; fg resumes',
  },
] as const satisfies readonly KeyCommand[];

export type CommandId = (typeof keymap)[number]['id'];

/** A command with the keys that it has in this review. */
export type BoundCommand = Omit<KeyCommand, 'id'> & { readonly id: CommandId };

/** The keys of a review, and the tags on its tag keys in order. */
export type Keymap = {
  readonly commands: readonly BoundCommand[];
  readonly tags: readonly string[];
};

/** The keys and tags without a configuration. */
export const defaultKeymap: Keymap = { commands: keymap, tags: defaultTags };

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
    return key === undefined ? [] : [{ id, key: key === 'escape' ? 'esc' : key, label }];
  });
