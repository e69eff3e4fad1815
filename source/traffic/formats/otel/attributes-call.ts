import type { JsonObject } from '../../../text/json.ts';
import type { TracedCall } from '../parts/traced-call.ts';
import { genAiCall, hasGenAiContent } from './gen-ai.ts';
import { isOpenInference, openInferenceCall } from './open-inference.ts';
import { hasFlatContent, openLlmetryCall } from './open-llmetry.ts';
import { isVercel, vercelCall } from './vercel.ts';

/**
 * The content of a call that stands in the attributes of its span, in the conventions that they follow; null
 * where they have none, though events may.
 */
export const callOfAttributes = (attributes: JsonObject): TracedCall | null => {
  if (isOpenInference(attributes)) return openInferenceCall(attributes);
  if (isVercel(attributes)) return vercelCall(attributes);
  if (hasGenAiContent(attributes)) return genAiCall(attributes);
  return hasFlatContent(attributes) ? openLlmetryCall(attributes) : null;
};
