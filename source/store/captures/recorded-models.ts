import type { Store } from '../open.ts';

/** A model that answered captures of a comparison when the traffic was recorded. */
export type RecordedModel = {
  readonly model: string;
  /** It is what production answered, which a plain `recorded` names. */
  readonly production: boolean;
  readonly captures: number;
};

/** The recorded models of a comparison's captures, those with the most answers first. */
export const recordedModels = async (
  store: Store,
  comparisonId: string,
): Promise<readonly RecordedModel[]> => {
  const rows = await store.db
    .selectFrom('comparison_capture as selected')
    .innerJoin('capture', 'capture.id', 'selected.capture_id')
    .innerJoin('recorded_response as recorded', 'recorded.capture_number', 'capture.number')
    .select((e) => ['model', 'production', e.fn.countAll<number>().as('captures')])
    .where('comparison_id', '=', comparisonId)
    .groupBy(['model', 'production'])
    .orderBy('captures', 'desc')
    .orderBy('model')
    .execute();
  return rows.map(({ model, production, captures }) => ({
    model,
    production: production === 1,
    captures: Number(captures),
  }));
};
