import { tagsCell, type VerdictRow } from '../intake/verdict-row.ts';
import { csvRow } from '../text/csv.ts';
import type { ExportFormat } from './export-format.ts';
import type { ExportedPair, ExportedSide } from './exported-pair.ts';

type Cell = string | number | null;

/** The columns of a verdict, then those of its pair. */
const verdictColumns: Readonly<Record<string, (row: VerdictRow | null) => Cell>> = {
  reviewer: (row) => row?.reviewer ?? null,
  verdict: (row) => row?.verdict ?? null,
  tags: (row) => (row === null ? null : tagsCell(row.tags)),
  comment: (row) => row?.comment ?? null,
  time: (row) => row?.time ?? null,
  id: (row) => row?.id ?? null,
  ahead: (row) => yesOrNo(row?.ahead ?? null),
  origin: (row) => row?.origin?.kind ?? null,
  origin_file: (row) => row?.origin?.file ?? null,
  origin_store: (row) => row?.origin?.store ?? null,
};

const pairColumns: Readonly<Record<string, (pair: ExportedPair) => Cell>> = {
  comparison: (pair) => pair.comparison.id,
  number: (pair) => pair.number,
  endpoint: (pair) => pair.endpoint,
  timestamp: (pair) => pair.timestamp,
  outcome: (pair) => pair.outcome,
  reason: (pair) => pair.reason,
  settled_by: (pair) => pair.settledBy,
  common_verdict: (pair) => pair.commonVerdict,
  resolved: (pair) => pair.resolved?.verdict ?? null,
  request: (pair) => JSON.stringify(pair.request),
};

const sideColumns: Readonly<Record<string, (side: ExportedSide) => Cell>> = {
  state: (side) => side.state,
  model: (side) => answered(side)?.model ?? null,
  text: (side) => answered(side)?.text ?? null,
  refusal: (side) => answered(side)?.refusal ?? null,
  tool_calls: (side) => {
    const calls = answered(side)?.toolCalls ?? [];
    return calls.length === 0 ? null : JSON.stringify(calls);
  },
  finish_reason: (side) => answered(side)?.finishReason ?? null,
  failure: (side) => (side.state === 'failed' ? side.failure.reason : null),
  input_tokens: (side) => answered(side)?.usage?.input ?? null,
  output_tokens: (side) => answered(side)?.usage?.output ?? null,
  cost_usd: (side) => answered(side)?.costUsd ?? null,
  time_to_first_token_ms: (side) => answered(side)?.timeToFirstTokenMs ?? null,
  total_ms: (side) => answered(side)?.totalMs ?? null,
};

const answered = (side: ExportedSide): Extract<ExportedSide, { state: 'answered' }> | null =>
  side.state === 'answered' ? side : null;

const yesOrNo = (value: boolean | null): Cell => (value === null ? null : String(value));

const header = csvRow([
  'capture',
  ...Object.keys(verdictColumns),
  ...Object.keys(pairColumns),
  ...(['baseline', 'candidate'] as const).flatMap((side) =>
    Object.keys(sideColumns).map((column) => `${side}_${column}`),
  ),
]);

/**
 * CSV with a row for each verdict of a pair; a pair on which nobody has done anything has one without a
 * reviewer. Cells that a spreadsheet would run as formulas have an apostrophe before them.
 */
export const csvRows: ExportFormat = {
  begin: () => header,
  rows: (pair) => {
    const ofPair = [
      ...Object.values(pairColumns).map((cell) => cell(pair)),
      ...[pair.baseline, pair.candidate].flatMap((side) =>
        Object.values(sideColumns).map((cell) => cell(side)),
      ),
    ];
    const rows: readonly (VerdictRow | null)[] =
      pair.verdicts.length === 0 ? [null] : pair.verdicts;
    return rows.map((row) =>
      csvRow([pair.capture, ...Object.values(verdictColumns).map((cell) => cell(row)), ...ofPair]),
    );
  },
  separator: '',
  end: '',
};
