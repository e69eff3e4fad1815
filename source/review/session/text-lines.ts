import { completeFilter } from '../../filter/complete-filter.ts';
import { parseFilter } from '../../filter/parse-filter.ts';
import { printFilter } from '../../filter/filter.ts';
import { maximumComment } from './comment.ts';
import { editLine, insertText, lineOf, type LineEdit, type TypedLine } from './line-edit.ts';
import type { Recall } from './modes.ts';
import { paletteRows } from './lists.ts';
import type { Mode, Session } from './session.ts';
import { only, say, type Step } from './step.ts';

/** The most characters on a line other than a comment. */
const maximumLine = 1000;

/** Returns whether typed text goes into a line. */
export const takesText = (mode: Mode['kind']): boolean =>
  mode === 'comment' || mode === 'filter' || mode === 'search' || mode === 'palette';

/** Adds typed or pasted text to the open line where its cursor is. A text that is too long is cut off. */
export const addToLine = (session: Session, text: string): Step => {
  const added = text.replaceAll(/\s+/g, ' ');
  const isComment = session.mode.kind === 'comment';
  const maximum = isComment ? maximumComment : maximumLine;
  const next = changeLine(session, (line) => insertText(line, added, maximum));
  if (next === session) return only(session);
  const before = lineIn(session.mode);
  const isCut = before !== null && before.text.length + added.length > maximum;
  const what = isComment ? 'a comment' : 'a line';
  return isCut
    ? say(next, `${what} has at most ${maximum} characters: the rest is cut off`, 'warning')
    : only({ ...next, notice: null });
};

/** Edits the open line, or moves its cursor. */
export const editTypedLine = (session: Session, edit: LineEdit): Step =>
  only(changeLine(session, (line) => editLine(line, edit)));

const lineIn = (mode: Mode): TypedLine | null => ('line' in mode ? mode.line : null);

const changeLine = (session: Session, change: (line: TypedLine) => TypedLine): Session => {
  const { mode } = session;
  if (!('line' in mode)) return session;
  const line = change(mode.line);
  const isMoved = line.text === mode.line.text;
  switch (mode.kind) {
    case 'filter': {
      // What is wrong stays marked while the cursor goes there.
      const problem = isMoved ? mode.problem : null;
      return { ...session, mode: { ...mode, line, problem, options: [], option: 0 } };
    }
    case 'palette': {
      if (isMoved) return { ...session, mode: { ...mode, line } };
      const rows = paletteRows(session.keymap, line.text);
      return { ...session, mode: { ...mode, line, cursor: 0, rows } };
    }
    default:
      return { ...session, mode: { ...mode, line } };
  }
};

/** What is said until a filter and a search have found something. */
export const lookingTexts = ['looking for the pairs that match', 'searching'] as const;

const notRecalled: Recall = { steps: 0, draft: '' };

/** Opens the line of the filter with the filter in force. */
export const openFilter = (session: Session): Step => {
  const { walk } = session;
  const text = walk?.choice.kind === 'filter' ? walk.choice.text : '';
  return only({
    ...session,
    mode: {
      kind: 'filter',
      line: lineOf(text),
      recall: notRecalled,
      problem: null,
      options: [],
      option: 0,
    },
  });
};

/** Opens the line of the search with the text that is searched now. */
export const openSearch = (session: Session): Step =>
  only({
    ...session,
    mode: { kind: 'search', line: lineOf(session.search?.text ?? ''), recall: notRecalled },
  });

/** Puts the next earlier (1) or later (-1) filter or search into the open line, last what was typed. */
export const recallLine = (session: Session, by: 1 | -1): Step => {
  const { history, mode } = session;
  if (mode.kind !== 'filter' && mode.kind !== 'search') return only(session);
  const steps = mode.recall.steps + by;
  if (steps < 0) return say(session, `no later ${mode.kind}`);
  if (steps > history[mode.kind].length) return say(session, `no earlier ${mode.kind}`);
  const draft = mode.recall.steps === 0 ? mode.line.text : mode.recall.draft;
  const text = steps === 0 ? draft : (history[mode.kind].at(-steps) ?? '');
  const recalling: Session = { ...session, mode: { ...mode, recall: { steps, draft } } };
  return only(changeLine(recalling, () => lineOf(text)));
};

const remembered = (session: Session, kind: 'filter' | 'search', text: string): Session => ({
  ...session,
  history: {
    ...session.history,
    [kind]: [...session.history[kind].filter((earlier) => earlier !== text), text],
  },
});

/**
 * Completes the word before the cursor of the filter; again: the next way to complete it. `conversation`: the hash of
 * that of the pair on the screen; null if it is of none.
 */
export const completeLine = (session: Session, conversation: string | null): Step => {
  const { entries, fields, keymap, mode, reviewer } = session;
  if (mode.kind !== 'filter') return only(session);
  const { cursor, text } = mode.line;
  const completed = (options: readonly string[], option: number): Step => {
    const before = options[option] ?? '';
    const line = { text: before + text.slice(cursor), cursor: before.length };
    return only({ ...session, mode: { ...mode, line, options, option, problem: null } });
  };
  if (mode.options.length > 1) {
    return completed(mode.options, (mode.option + 1) % mode.options.length);
  }
  const options = completeFilter(text.slice(0, cursor), {
    endpoint: entries.endpoints,
    tag: [...new Set([...keymap.tags, ...[...entries.marked()].flatMap(({ tags }) => tags)])],
    reviewer: [reviewer],
    field: fields,
    conversation: conversation === null ? [] : [conversation],
  });
  return options.length === 0 ? say(session, 'nothing completes this') : completed(options, 0);
};

/** Puts the typed filter in force, or shows what is wrong with it. */
export const applyFilter = (session: Session): Step => {
  const { mode } = session;
  if (mode.kind !== 'filter') return only(session);
  const { text } = mode.line;
  const parsed = parseFilter(text);
  switch (parsed.kind) {
    case 'problem':
      return only({ ...session, mode: { ...mode, problem: parsed.problem } });
    case 'none':
      return say({ ...session, mode: { kind: 'review' }, walk: null }, 'no filter: every pair');
    case 'filter':
      return {
        session: {
          ...remembered(session, 'filter', text.trim()),
          mode: { kind: 'review' },
          notice: { text: lookingTexts[0], tone: 'plain' },
        },
        effects: [{ kind: 'filter', text: printFilter(parsed.filter) }],
      };
  }
};

/** Searches for the typed text. */
export const applySearch = (session: Session): Step => {
  const { mode } = session;
  if (mode.kind !== 'search') return only(session);
  const review: Session = { ...session, mode: { kind: 'review' } };
  const text = mode.line.text.trim();
  if (text === '') return say({ ...review, search: null }, 'no search');
  return {
    session: {
      ...remembered(review, 'search', text),
      notice: { text: lookingTexts[1], tone: 'plain' },
    },
    effects: [{ kind: 'search', text }],
  };
};
