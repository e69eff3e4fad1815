import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { PairView } from '../pair-view.ts';
import type { View } from '../session/session.ts';
import {
  fieldsDocument,
  folded,
  rawDocument,
  sideBySideDocument,
  unifiedDocument,
  type Document,
} from './document.ts';

const known = new WeakMap<PairView, Map<string, Document>>();

/**
 * The document of a pair in a view. A view that the pair cannot have (fields of prose, a unified
 * view of an answer that is still arriving) falls back to the texts beside each other and says so.
 */
export const documentOf = (view: PairView, kind: View, fold: boolean): Document => {
  const documents = known.get(view) ?? new Map<string, Document>();
  known.set(view, documents);
  const key = `${kind} ${fold}`;
  const document = documents.get(key) ?? make(view, kind, fold);
  documents.set(key, document);
  return document;
};

const make = (view: PairView, kind: View, fold: boolean): Document => {
  const { alignment } = view;
  if (alignment === null) {
    return {
      ...rawDocument(sideText(view, 'baseline'), sideText(view, 'candidate')),
      remark: view.refused,
    };
  }
  switch (kind) {
    case 'side_by_side': {
      const document = sideBySideDocument(alignment);
      return fold ? folded(document) : document;
    }
    case 'unified': {
      const document = unifiedDocument(alignment);
      const remark = join('unified', document.remark);
      return { ...(fold ? folded(document) : document), remark };
    }
    case 'fields': {
      if (view.fields === null) {
        return { ...sideBySideDocument(alignment), remark: 'JSON fields: an answer is no JSON' };
      }
      return fieldsDocument(view.fields);
    }
    case 'raw':
      return {
        ...rawDocument(sideText(view, 'baseline'), sideText(view, 'candidate')),
        remark: 'raw: as it came, differences not marked',
      };
  }
};

const join = (name: string, remark: string | null): string =>
  remark === null ? name : `${name} · ${remark}`;

/** The text of a side as far as it is known. */
const sideText = (view: PairView, side: Side): string => {
  const record = view.sides[side];
  if (record.kind === 'answered') return rawText(record.answer);
  const live = view.live[side];
  if (live !== null) return live.text;
  return record.kind === 'failed' && record.partial !== null ? rawText(record.partial) : '';
};

const rawText = (answer: Answer): string =>
  [
    answer.text,
    answer.refusal,
    ...answer.toolCalls.map((call) => `tool ${call.name}(${call.arguments})`),
  ]
    .filter((part) => part !== '')
    .join('\n');
