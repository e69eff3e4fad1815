import { count } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';
import type { Change, PairComparison } from './outcome.ts';

/** The reasons that count or name fields and calls, of which the changes say more. */
const countingReason =
  /^(?:language differs, )?(?:[\d,]+ (?:or more )?fields differ|1 (?:missing |extra )?field(?: differs| of a different type| in a different order)?:|[\d,]+ tool calls differ|1 (?:missing|extra) tool call:|tool call arguments differ:)/;

/** The most changes that are told, and the cells of a value. */
const toldChanges = 5;
const valueCells = 24;

const importance: Readonly<Record<Change['kind'], number>> = {
  value: 0,
  type: 0,
  missing: 1,
  extra: 1,
  order: 2,
  text: 3,
};

/**
 * Says how a pair differs in a phrase that is safe to print: in values where fields of JSON or tool calls
 * differ (`priority high → urgent · + sum 17`), otherwise the machine's reason. Values are those that the
 * store keeps, so long ones are cut.
 */
export const differenceText = ({
  changes = [],
  differs,
  reason,
}: Pick<PairComparison, 'changes' | 'differs' | 'reason'>): string => {
  const phrases = changes
    .toSorted((one, other) => importance[one.kind] - importance[other.kind])
    .map(changeText);
  if (!countingReason.test(reason) || phrases.length === 0) return printableLine(reason);
  const told = [...new Set([...(differs.language ? ['language differs'] : []), ...phrases])];
  const more = told.length - toldChanges;
  return [...told.slice(0, toldChanges), ...(more > 0 ? [`${count(more)} more`] : [])].join(' · ');
};

const changeText = ({ baseline, candidate, kind, path }: Change): string => {
  const name = printableLine(path);
  switch (kind) {
    case 'missing':
      return `− ${name}${baseline === null ? '' : ` ${bare(baseline)}`}`;
    case 'extra':
      return `+ ${name}${candidate === null ? '' : ` ${bare(candidate)}`}`;
    case 'order':
      return `order of ${name}`;
    case 'text':
      return name === 'text' || name.endsWith('()') ? `${name} differs` : `${name} not compared`;
    case 'value':
    case 'type': {
      const isText = [baseline, candidate].every((value) => value?.startsWith('"') === true);
      const shown = isText ? bare : exact;
      const [before, after] = [shown(baseline ?? ''), shown(candidate ?? '')];
      return before === after ? `${name} differs` : `${name} ${before} → ${after}`;
    }
  }
};

const exact = (json: string): string => truncateCells(printableLine(json), valueCells);

/** A value without the quotes around a string. */
const bare = (json: string): string => exact(json.replace(/^"(.*?)"?$/su, '$1'));

/** What tells the sides apart in a reason of the machine, and what stands there if they are hidden. */
const sideWords: readonly (readonly [words: RegExp, instead: string])[] = [
  [/\bonly the (?:baseline|candidate) /g, 'only one side '],
  [/\bthe (?:baseline|candidate)'s JSON /g, 'the JSON of one side '],
  [/\bthe (?:baseline|candidate)'s in a code fence/g, 'one in a code fence'],
  [/\b1 (?:missing|extra) (field|tool call): /g, '1 $1 on one side only: '],
  [/ of the (?:baseline|candidate)(?=, |$)/g, ' of one side'],
];

/** Returns the machine's reason for a pair that is judged blind: it is the same with the sides swapped. */
export const sidelessReason = (reason: string): string =>
  sideWords
    .reduce((text, [words, instead]) => text.replaceAll(words, instead), printableLine(reason))
    .replaceAll(
      /(finish reason |looks the same: (?:.*, )?)(.+?) vs (.+?)(?=, |$)/g,
      (_, front: string, one: string, other: string) =>
        `${front}${[one, other].toSorted().join(' vs ')}`,
    );
