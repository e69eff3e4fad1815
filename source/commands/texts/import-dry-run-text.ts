import { printableLine } from '../../text/printable.ts';
import { count } from '../../text/numbers.ts';
import { truncateCells } from '../../text/width.ts';
import { wrapped } from '../../text/wrap.ts';
import { reportText, sumText } from './import-text.ts';
import type { DryRunReport } from '../../replay/estimate/report.ts';
import { replayParagraphs } from './dry-run-text.ts';
import type { ImportDryRun, TokenCount } from '../import-dry-run.ts';
import type { TrafficOverview } from '../../intake/traffic-overview.ts';

/** Returns the output of `import --dry-run`. */
export const importDryRunText = (dry: ImportDryRun): string => {
  const { overview, replay, reports, tokens } = dry;
  const contents =
    overview.captures === 0
      ? []
      : [
          namesText('Endpoints', overview.endpoints),
          namesText('Models that production used', overview.models),
          [spanText(overview), ...(tokens === null ? [] : tokenLines(tokens))].join('\n'),
        ];
  const paragraphs = [
    'Dry run: nothing was sent, and nothing was stored.',
    ...reports.map(reportText),
    `would have ${sumText(reports)}`,
    ...contents,
    ...(replay === null ? [] : costParagraphs(dry.hasBaseline, replay)),
    ...(tokens === null
      ? []
      : ['What a replay would cost: --model openai/gpt-4o-mini, as often as you like.']),
  ];
  return `${paragraphs.join('\n\n')}\n`;
};

/** Wraps the sentences below the table. */
const costParagraphs = (baseline: boolean, replay: DryRunReport): readonly string[] => {
  const [table = '', ...notes] = replayParagraphs(replay, { baseline });
  const wrappedNotes = notes.map((note) =>
    note
      .split('\n')
      .flatMap((line) => wrapped(line.trimStart(), line.startsWith(' ') ? '  ' : ''))
      .join('\n'),
  );
  return [table, ...wrappedNotes];
};

const namesText = (title: string, { named, others }: TrafficOverview['endpoints']): string => {
  const lines = named.map((one) =>
    truncateCells(`${count(one.count).padStart(11)}  ${printableLine(one.name)}`, 80),
  );
  const more =
    others.captures > 0 ? [`${count(others.captures).padStart(11)}  of ${others.names} more`] : [];
  return [title, ...lines, ...more].join('\n');
};

const spanText = ({ from, to, withoutTime, captures }: TrafficOverview): string => {
  if (from === null || to === null) return 'Time: no capture has a timestamp';
  const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
  const without =
    withoutTime === 0 ? '' : `; ${count(withoutTime)} of ${count(captures)} have no timestamp`;
  return `Time: ${minute(from)} to ${minute(to)} UTC${without}`;
};

const tokenLines = (tokens: TokenCount): readonly string[] => {
  const mark = tokens.exact && tokens.countedAll ? '' : '≈ ';
  const output =
    tokens.output === null ? 'no answer is recorded' : `≈ ${count(tokens.output)} out as recorded`;
  return [
    ...wrapped(`Tokens: ${mark}${count(tokens.input)} in (${tokens.encoding}), ${output}`, ''),
    ...(tokens.countedAll
      ? []
      : wrapped(`Estimated from ${count(tokens.countedCaptures)} captures drawn at random.`, '  ')),
    ...(tokens.attachments > 0
      ? wrapped(
          `${count(tokens.attachments)} images, sounds or files are not counted in tokens.`,
          '  ',
        )
      : []),
  ];
};
