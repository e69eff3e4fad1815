import { cellWidth } from '../../text/width.ts';
import { harmlessLine } from '../../text/harmless.ts';
import type { Verdict } from '../../store/verdicts.ts';
import { footerCommands } from '../session/keymap.ts';
import type { Session } from '../session/session.ts';
import { fitRuns, leftAndRight } from './paint.ts';
import { dim, plain, type Run, type Style } from './run.ts';

const marks: Record<Verdict, { text: string; style: Style }> = {
  agree: { text: '✓', style: 'good' },
  worse: { text: '✗', style: 'error' },
  better: { text: '▲', style: 'accent' },
  both_bad: { text: '○', style: 'warning' },
};

/** How many of the last verdicts the strip shows. */
const stripLength = 10;

/**
 * The three rows below the panes: what to know of this view, the last verdicts and the replay, the
 * keys that work now.
 */
export const bottomRuns = (
  session: Session,
  options: {
    /** How the document on the screen is to be read, or null. */
    readonly remark: string | null;
    /** `12–40 of 318 rows`, or null when all of it is visible. */
    readonly position: string | null;
    /** What the replay is doing, or null when none runs. */
    readonly progress: string | null;
  },
  width: number,
): readonly (readonly Run[])[] => {
  const { notice, mode } = session;
  const status: readonly Run[] =
    mode.kind === 'comment'
      ? [{ text: 'comment: ', style: 'accent' }, plain(harmlessLine(mode.text))]
      : mode.kind === 'quit'
        ? [
            {
              text: 'The replay is still running. q stops it and quits, nothing is lost; esc stays.',
              style: 'warning',
            },
          ]
        : notice === null
          ? [dim(options.remark ?? '')]
          : [{ text: harmlessLine(notice.text), style: notice.tone }];
  return [
    leftAndRight(status, [dim(options.position ?? '')], width),
    leftAndRight(strip(session), [plain(options.progress ?? '')], width),
    keyRuns(session, width),
  ];
};

const strip = (session: Session): readonly Run[] =>
  session.standing
    .filter((event) => event.kind === 'verdict')
    .slice(-stripLength)
    .flatMap((event) => [marks[event.verdict], plain(' ')]);

/** As many keys as fit as wholes; the last one, help, always. */
const keyRuns = (session: Session, width: number): readonly Run[] => {
  const commands = footerCommands(session.mode.kind).map(({ key, label }) => ({
    key: key === 'escape' ? 'esc' : key,
    label,
  }));
  const shown = commands.map(({ key, label }) => ({
    cells: cellWidth(key) + 1 + cellWidth(label) + 2,
    runs: [{ text: key, style: 'bold' as const }, dim(` ${label}  `)],
    always: label === 'help' || label === 'quit' || label === 'back',
  }));
  let room =
    width - shown.filter(({ always }) => always).reduce((sum, { cells }) => sum + cells, 0);
  const runs: Run[] = [];
  for (const command of shown) {
    if (!command.always) {
      room -= command.cells;
      if (room < 0) continue;
    }
    runs.push(...command.runs);
  }
  return fitRuns(runs, width);
};
