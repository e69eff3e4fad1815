import type { Kysely, Transaction } from 'kysely';
import { splitAtPlaceholders } from '../../redaction/placeholder.ts';
import { canonicalJson } from '../../text/json.ts';
import { sha256 } from '../../traffic/hash.ts';
import { loadBodyText } from '../bodies.ts';
import { moveToPlace, renameCapture } from '../rename-ids.ts';
import type { Tables } from '../tables.ts';
import {
  allRows,
  rowsLike,
  type StoredRow,
  type RowUnion,
  type UnitedTable,
} from './unite-rows.ts';

const captureTable: UnitedTable = {
  name: 'capture',
  key: ['id'],
  bodies: ['request_body'],
  local: ['number'],
  // Placeholders, which are different in every store, may be part of the conversation.
  unremarkable: ['imported_at', 'source', 'conversation', 'messages', 'chain', 'previous'],
  stands: { column: 'imported_at', which: 'smaller' },
};

const recordedTable: UnitedTable = {
  name: 'recorded_response',
  key: ['capture_number', 'model', 'production'],
  bodies: ['response_body'],
  local: ['capture_number'],
};

/** Production gave one answer, whatever its model is called. */
const productionTable: UnitedTable = { ...recordedTable, key: ['capture_number', 'production'] };

/** The outcome of merging another store's captures. */
export type UnitedCaptures = {
  /** The ids here of captures that have another id in the other store. */
  readonly ids: ReadonlyMap<string, string>;
  /** Ids that stand for different requests in the two stores. Both requests are kept. */
  readonly sameIdOtherRequest: number;
};

/**
 * Unites the captures and their recorded answers. A capture is the same if it has the same id and
 * the same request, placeholders aside: every store has its own. Of several requests with one id, the
 * one that was imported first keeps it; the others get an id of their own beside it.
 */
export const uniteCaptures = async (
  union: RowUnion,
  deferForeignKeys: () => Promise<void>,
): Promise<UnitedCaptures> => {
  const ids = new Map<string, string>();
  let sameIdOtherRequest = 0;
  await deferForeignKeys();
  for await (const theirs of allRows(union.source, captureTable)) {
    const id = String(theirs['id']);
    const { isBesideOther, own } = await placeOf(union, theirs);
    if (own !== id) ids.set(id, own);
    if (isBesideOther) sameIdOtherRequest += 1;
    await union.unite(captureTable, { ...theirs, id: own });
    await uniteRecorded(union, Number(theirs['number']), own);
  }
  return { ids, sameIdOtherRequest };
};

/**
 * Finds the id for a capture of the other store, and makes room for it. `isBesideOther`: its id
 * stood for another request here.
 */
const placeOf = async (
  { source, into }: RowUnion,
  theirs: StoredRow,
): Promise<{ readonly own: string; readonly isBesideOther: boolean }> => {
  const mark = await requestMark(source, theirs);
  const id = String(theirs['id']);
  const beside = idBeside('', mark);
  const base = id.endsWith(beside) ? id.slice(0, -beside.length) : id;
  const [ours] = await rowsLike(into, 'capture', ['id'], { id: base });
  if (ours === undefined) return { own: base, isBesideOther: false };
  const standing = await requestMark(into, ours);
  if (standing === mark) return { own: base, isBesideOther: false };
  const [known] = await rowsLike(into, 'capture', ['id'], { id: idBeside(base, mark) });
  const isBesideOther = known === undefined;
  const first = [known, theirs].flatMap((row) => (row === undefined ? [] : [rank(row, mark)]));
  if (first.every((own) => rank(ours, standing) < own)) {
    return { own: idBeside(base, mark), isBesideOther };
  }
  await moveCapture(into, base, idBeside(base, standing));
  if (known !== undefined) await moveCapture(into, idBeside(base, mark), base);
  return { own: base, isBesideOther };
};

const rank = (row: StoredRow, mark: string): string => JSON.stringify([row['imported_at'], mark]);

/** A hash of a request's meaning: of its dialect, and of its body without the placeholders in it. */
const requestMark = async (db: Kysely<Tables>, row: StoredRow): Promise<string> => {
  const text = await loadBodyText(db, Number(row['request_body']));
  const body = splitAtPlaceholders(canonicalJson(JSON.parse(text))).join('[]');
  // Stores that were merged before there were dialects have marks of the body alone.
  const isChat = row['dialect'] === 'chat';
  return sha256(isChat ? body : `${row['dialect']} ${row['model']} ${body}`).slice(0, 8);
};

const idBeside = (id: string, mark: string): string => `${id}~${mark}`;

const uniteRecorded = async (union: RowUnion, number: number, id: string): Promise<void> => {
  const recorded = await rowsLike(union.source, 'recorded_response', ['capture_number'], {
    capture_number: number,
  });
  if (recorded.length === 0) return;
  const { number: own } = await union.into
    .selectFrom('capture')
    .select('number')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  for (const row of recorded) {
    const table = row['production'] === 1 ? productionTable : recordedTable;
    await union.unite(table, { ...row, capture_number: own });
  }
};

/** Changes the id of a capture, and with it its place in every queue. */
const moveCapture = async (
  transaction: Transaction<Tables>,
  from: string,
  to: string,
): Promise<void> => {
  await renameCapture(transaction, { from, to });
  await moveToPlace(transaction, { captureId: to });
};
