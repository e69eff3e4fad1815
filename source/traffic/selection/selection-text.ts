import { harmlessLine } from '../../text/harmless.ts';
import { truncateCells } from '../../text/width.ts';
import type { Selection } from './selection.ts';

/** A selection in one harmless line: `sample 10 %, endpoint classify_ticket`. */
export const selectionText = (selection: Selection): string => {
  const { sample, endpoints, since, until, where, stratify, limit } = selection;
  const parts = [
    ...(sample === null ? [] : [`sample ${Number((sample * 100).toPrecision(12))} %`]),
    ...(endpoints.length === 0 ? [] : [`endpoint ${endpoints.map(named).join(' or ')}`]),
    ...(since === null ? [] : [`since ${momentText(since)}`]),
    ...(until === null ? [] : [`until ${momentText(until)}`]),
    ...where.map(({ path, operator, value }) => `${named(path)}${operator}${named(value)}`),
    ...(stratify === null
      ? []
      : [`at most ${stratify.most.toLocaleString('en-US')} per ${named(stratify.by)}`]),
    ...(limit === null ? [] : [`limit ${limit.toLocaleString('en-US')}`]),
  ];
  return parts.length === 0 ? 'all' : parts.join(', ');
};

const named = (text: string): string => truncateCells(harmlessLine(text), 80);

const momentText = (moment: string): string =>
  moment.replace(/T00:00:00\.000Z$/, '').replace(/T23:59:59\.999Z$/, '');
