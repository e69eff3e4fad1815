import type { Store } from '../open.ts';
import { queuePosition } from './comparisons.ts';

/**
 * Selects into one comparison what another one selects, with what was rejected and what was left out,
 * and what was asked for. What it has already stays.
 */
export const selectLike = async (
  store: Store,
  comparisonId: string,
  intoId: string,
): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    const captures = await transaction
      .selectFrom('comparison_capture as here')
      .leftJoin('comparison_capture as there', (join) =>
        join
          .onRef('there.capture_id', '=', 'here.capture_id')
          .on('there.comparison_id', '=', intoId),
      )
      .select('here.capture_id')
      .where('here.comparison_id', '=', comparisonId)
      .where('there.capture_id', 'is', null)
      .execute();
    for (const { capture_id } of captures) {
      const position = queuePosition(intoId, capture_id);
      await transaction
        .insertInto('comparison_capture')
        .values({ comparison_id: intoId, capture_id, position })
        .execute();
      await transaction
        .deleteFrom('comparison_left_out')
        .where('comparison_id', '=', intoId)
        .where('capture_id', '=', capture_id)
        .execute();
    }
    await transaction
      .insertInto('comparison_rejected')
      .columns(['comparison_id', 'rejected_id'])
      .expression((e) =>
        e
          .selectFrom('comparison_rejected')
          .select((s) => [s.val(intoId).as('comparison_id'), 'rejected_id'])
          .where('comparison_id', '=', comparisonId),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await transaction
      .insertInto('comparison_left_out')
      .columns(['comparison_id', 'capture_id', 'reason'])
      .expression((e) =>
        e
          .selectFrom('comparison_left_out')
          .select((s) => [s.val(intoId).as('comparison_id'), 'capture_id', 'reason'])
          .where('comparison_id', '=', comparisonId)
          .where('capture_id', 'not in', (s) =>
            s
              .selectFrom('comparison_capture')
              .select('capture_id')
              .where('comparison_id', '=', intoId),
          ),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await transaction
      .updateTable('comparison')
      .set((e) => ({
        selection: e
          .selectFrom('comparison as own')
          .select('own.selection')
          .where('own.id', '=', comparisonId),
      }))
      .where('id', '=', intoId)
      .execute();
  });
};
