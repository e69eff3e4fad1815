/** Whether a model refuses calls in the history that are not signed. Gemini has done so since version 3. */
export const asksForSignatures = (model: string | null): boolean =>
  model !== null && /gemini-(?:[3-9]|\d\d)/.test(model);

/** What Google has calls signed with that another model made: https://ai.google.dev/gemini-api/docs/thought-signatures. */
export const foreignSignature = 'skip_thought_signature_validator';
