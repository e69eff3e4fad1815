import { ruleWords } from '../../comparison/settling-rules.ts';
import type { RuleContent } from '../../configuration/rule-content.ts';
import type { RuleRecord } from '../../store/comparisons/stored-rules.ts';
import { printableLine } from '../../text/printable.ts';
import { count } from '../../text/numbers.ts';
import { keyHint, type Keymap } from './keymap.ts';
import { hasPair, pairCount, type PairSet } from './pair-key.ts';
import { currentDifference } from './place.ts';
import { stillSaving } from './saving.ts';
import type { Viewport } from './scroll.ts';
import { currentEntry, type Session } from './session.ts';
import { noPair, only, refuse, say, type Step } from './step.ts';

/** Opens the choice of rules about the current difference, and has them found and counted. */
export const openRuleChoice = (session: Session, viewport: Viewport): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  if (currentEntry(session) === null) return say(session, noPair);
  const index = currentDifference(session, viewport.differences);
  return {
    session: { ...session, mode: { kind: 'rule', cursor: 0, rows: null } },
    effects: [
      {
        kind: 'offer_rules',
        place: index === null ? null : (viewport.places?.[index] ?? null),
        endpoints: endpointsOf(session),
      },
    ],
  };
};

/** The endpoint of the pair on the screen and, if there are others, all of them together. */
const endpointsOf = (session: Session): readonly (string | null)[] => {
  const own = currentEntry(session)?.endpoint ?? null;
  return session.entries.endpoints.some((endpoint) => endpoint !== own) ? [own, null] : [own];
};

/** Shows the rules that may be made; their counts follow. */
export const rulesOffered = (session: Session, rules: readonly RuleContent[]): Step => {
  if (session.mode.kind !== 'rule') return only(session);
  if (rules.length === 0) {
    return say(
      { ...session, mode: { kind: 'review' } },
      'no rule is about this: rules cover fields of JSON, arguments of tools, and an answer that differs in case or a number',
      'warning',
    );
  }
  const rows = rules.map((rule) => ({ rule, settles: null }));
  return only({ ...session, mode: { ...session.mode, rows } });
};

/** Shows how many pairs each offered rule would settle. `settled`: these pairs, in the order of the rules. */
export const rulesCounted = (session: Session, settled: readonly PairSet[]): Session => {
  const { entries, mode } = session;
  if (mode.kind !== 'rule' || mode.rows === null) return session;
  const judged = [...entries.marked()].filter(({ verdict }) => verdict !== null);
  const rows = mode.rows.map(({ rule }, index) => {
    const pairs: PairSet = settled[index] ?? new Map();
    const kept = judged.filter((entry) => hasPair(pairs, entry)).length;
    return { rule, settles: { unjudged: pairCount(pairs) - kept, judged: kept } };
  });
  return { ...session, mode: { ...mode, rows } };
};

/** Makes the rule under the cursor, unless its pairs are still being counted. */
export const makeRule = (session: Session): Step => {
  const { mode } = session;
  const row = mode.kind === 'rule' ? mode.rows?.[mode.cursor] : undefined;
  if (row === undefined || row.settles === null) {
    return say(session, 'still counting the pairs that it would settle', 'warning');
  }
  return {
    session: {
      ...session,
      mode: { kind: 'review' },
      notice: { text: `settling pairs: ${ruleWords(row.rule)}`, tone: 'plain' },
    },
    effects: [{ kind: 'make_rule', rule: row.rule }],
  };
};

/** Opens the list of rules, or closes it. */
export const openRules = (session: Session): Step =>
  session.mode.kind === 'rules'
    ? only({ ...session, mode: { kind: 'review' } })
    : {
        session: { ...session, mode: { kind: 'rules', cursor: 0, rows: null } },
        effects: [{ kind: 'list_rules' }],
      };

/** Puts loaded rules into the open list. */
export const rulesListed = (session: Session, rows: readonly RuleRecord[]): Session => {
  const { mode } = session;
  if (mode.kind !== 'rules') return session;
  const cursor = Math.min(mode.cursor, Math.max(0, rows.length - 1));
  return { ...session, mode: { ...mode, rows, cursor } };
};

/** Takes the rule under the cursor back, unless a configuration file gives it. */
export const takeBackRule = (session: Session): Step => {
  const { mode } = session;
  const row = mode.kind === 'rules' ? mode.rows?.[mode.cursor] : undefined;
  if (row === undefined) {
    const isLoading = mode.kind === 'rules' && mode.rows === null;
    return say(
      session,
      isLoading ? 'the list is still being loaded' : 'there is no rule to take back',
    );
  }
  if (row.takenBack !== null) return say(session, 'this rule is taken back already');
  if (row.madeBy === 'configuration') {
    const file = printableLine(row.author);
    return say(session, `this rule is in ${file}: take it out there, and open the review again`);
  }
  return {
    session: { ...session, notice: { text: 'taking the rule back', tone: 'plain' } },
    effects: [{ kind: 'take_back_rule', rule: row }],
  };
};

/** A rule that was made or taken back, and by how many the pairs that rules settle became more. */
export type RuleChange = {
  readonly kind: 'make_rule' | 'take_back_rule';
  readonly rule: RuleContent;
  readonly more: number;
};

/** Says what became of the pairs when a rule was made or taken back. */
export const rulesChangedText = (map: Keymap, { kind, more, rule }: RuleChange): string => {
  const pairs = `${count(Math.abs(more))} ${Math.abs(more) === 1 ? 'pair' : 'pairs'}`;
  const what =
    kind === 'take_back_rule' ? `${pairs} back, without the rule` : `${pairs} settled by the rule`;
  return `${what}: ${ruleWords(rule)} · ${keyHint(map, 'rules.open')} lists the rules`;
};
