import type { Answer, Choice } from '../models/answer.ts';

/** Whether the choices after the first differ in a byte; one with a part that cannot be compared always does. */
export const otherChoicesDiffer = (
  { otherChoices: some }: Pick<Answer, 'otherChoices'>,
  { otherChoices: others }: Pick<Answer, 'otherChoices'>,
): boolean =>
  some.length !== others.length ||
  some.some((choice, index) => {
    const other = others[index];
    return other === undefined || !isSameChoice(choice, other);
  });

/** Whether text, refusal, tool calls and finish reason are equal byte for byte, and nothing else came. */
export const isSameChoice = (a: Omit<Choice, 'index'>, b: Omit<Choice, 'index'>): boolean =>
  a.otherParts === undefined &&
  b.otherParts === undefined &&
  a.text === b.text &&
  a.refusal === b.refusal &&
  a.finishReason === b.finishReason &&
  a.toolCalls.length === b.toolCalls.length &&
  a.toolCalls.every((call, index) => {
    const other = b.toolCalls[index];
    return other !== undefined && call.name === other.name && call.arguments === other.arguments;
  });
