import { completeFilter } from '../../filter/complete-filter.ts';
import { parseFilter } from '../../filter/parse-filter.ts';
import { printFilter } from '../../filter/filter.ts';
import { editLine, type LineEdit } from './line-edit.ts';
import type { LineMode } from './modes.ts';
import { paletteRows } from './lists.ts';
import type { Mode, Session } from './session.ts';
import { only, say, type Step } from './step.ts';

/** The most characters on a line. */
const maximumLine = 1000;

/** Returns whether typed text goes into a line. */
export const takesText = (mode: Mode['kind']): boolean =>
  mode === 'comment' || mode === 'filter' || mode === 'search' || mode === 'palette';

/** Adds typed or pasted text to the open line. */
export const addToLine = (session: Session, text: string): Step =>
  changeLine(session, (before) => before + text.replaceAll(/\s+/g, ' '));

/** Edits the open line, whose cursor always stands at its end. */
export const editTypedLine = (session: Session, edit: LineEdit): Step =>
  changeLine(session, (text) => editLine({ text, cursor: text.length }, edit).text);

const changeLine = (session: Session, change: (text: string) => string): Step => {
  const { mode } = session;
  switch (mode.kind) {
    case 'filter':
      return only({ ...session, mode: filterLine(limited(change(mode.text))) });
    case 'search':
      return only({ ...session, mode: { ...mode, text: limited(change(mode.text)) } });
    case 'palette': {
      const text = limited(change(mode.text));
      return only({
        ...session,
        mode: { ...mode, text, cursor: 0, rows: paletteRows(session.keymap, text) },
      });
    }
    default:
      return only(session);
  }
};

const limited = (text: string): string => text.slice(0, maximumLine).toWellFormed();

const filterLine = (text: string): LineMode => ({
  kind: 'filter',
  text,
  problem: null,
  options: [],
  option: 0,
});

/** Opens the line of the filter with the filter in force. */
export const openFilter = (session: Session): Step => {
  const { walk } = session;
  const mode = filterLine(walk?.choice.by === 'filter' ? walk.choice.text : '');
  return only({ ...session, mode });
};

/** Completes the word at the end of the filter; again: the next way to complete it. */
export const completeLine = (session: Session): Step => {
  const { entries, listed, mode, reviewer } = session;
  if (mode.kind !== 'filter') return only(session);
  if (mode.options.length > 1) {
    const option = (mode.option + 1) % mode.options.length;
    const text = mode.options[option] ?? mode.text;
    return only({ ...session, mode: { ...mode, text, option, problem: null } });
  }
  const options = completeFilter(mode.text, {
    endpoint: entries.endpoints,
    tag: [...new Set([...entries.marked()].flatMap(({ tags }) => tags))],
    reviewer: [reviewer],
    field: [...new Set((listed ?? []).flatMap(({ fields }) => fields))],
  });
  const [first] = options;
  if (first === undefined) return say(session, 'nothing completes this');
  const text = first;
  return only({ ...session, mode: { ...mode, text, options, option: 0, problem: null } });
};

/** Puts the typed filter in force, or shows what is wrong with it. */
export const applyFilter = (session: Session): Step => {
  const { mode } = session;
  if (mode.kind !== 'filter') return only(session);
  const parsed = parseFilter(mode.text);
  switch (parsed.kind) {
    case 'problem':
      return only({ ...session, mode: { ...mode, problem: parsed.problem } });
    case 'none':
      return say({ ...session, mode: { kind: 'review' }, walk: null }, 'no filter: every pair');
    case 'filter':
      return {
        session: {
          ...session,
          mode: { kind: 'review' },
          notice: { text: 'looking for the pairs that match', tone: 'plain' },
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
  const text = mode.text.trim();
  if (text === '') return say({ ...review, search: null }, 'no search');
  return {
    session: { ...review, notice: { text: 'searching', tone: 'plain' } },
    effects: [{ kind: 'search', text }],
  };
};
