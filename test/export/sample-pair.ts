import type { ExportedPair, ExportedSide } from '../../source/export/exported-pair.ts';
import type { VerdictRow } from '../../source/intake/verdict-row.ts';

/** What a spreadsheet, a terminal, a template or a browser would obey. */
export const hostile = '=1+1\u001B[31m"\',;\r\n{{ range }}{% raw %}{# x #}</script>\u202E';

export const sampleSide = (
  text: string,
  change: Partial<Extract<ExportedSide, { state: 'answered' }>> = {},
): ExportedSide => ({
  state: 'answered',
  model: 'gpt-4o',
  text,
  refusal: '',
  reasoning: '',
  toolCalls: [],
  finishReason: 'stop',
  usage: { input: 7, output: 3, cachedInput: null, reasoning: null },
  costUsd: 0.25,
  timeToFirstTokenMs: 240,
  totalMs: 812,
  recorded: false,
  batch: false,
  adaptations: [],
  path: 'native',
  time: '2026-11-20T08:15:00.000Z',
  ...change,
});

export const sampleVerdict = (
  reviewer: string,
  verdict: VerdictRow['verdict'],
  change: Partial<VerdictRow> = {},
): VerdictRow => ({
  id: '019a9f7e-0001-7000-8000-000000000001',
  reviewer,
  verdict,
  skipped: false,
  tags: [],
  comment: null,
  time: '2026-11-21T09:00:00.000Z',
  ahead: false,
  left: null,
  chosen: null,
  group: null,
  origin: { kind: 'review', file: null, store: null },
  ...change,
});

export const samplePair = (change: Partial<ExportedPair> = {}): ExportedPair => ({
  schema: 'understudy.pair/1',
  comparison: { id: 'c0ffee00', name: 'a → b', baseline: 'a', candidate: 'b' },
  capture: 'req_1',
  number: 1,
  endpoint: 'classify_ticket',
  timestamp: null,
  metadata: null,
  partial: [],
  dialect: 'chat',
  model: null,
  request: { messages: [{ role: 'user', content: 'Is it urgent?' }] },
  baseline: sampleSide('yes'),
  candidate: sampleSide('no'),
  outcome: 'different',
  reason: 'the text differs',
  settledBy: null,
  rules: [],
  verdicts: [sampleVerdict('ada', 'worse')],
  resolved: null,
  commonVerdict: 'worse',
  ...change,
});
