import { sides } from '../../../source/comparison/outcome.ts';
import type { Scene } from '../../helpers/scene.ts';
import type { Look } from './strike.ts';

/**
 * What is wrong with the account that a run has left, as sentences; empty when nothing is. Every pair
 * has an answer or a reason on each side, but for those that an interrupted run left over; the server
 * gave each side at most one whole answer, and exactly those that it gave are in the store; the
 * summary counts the same pairs, and its parts make its sums.
 */
export const accountErrors = (
  look: Look,
  summary: Awaited<ReturnType<Scene['summary']>>,
  { interrupted = false } = {},
): readonly string[] => {
  const wrong = [...answerErrors(look)];
  const { counts, failures, notSentReasons } = summary;
  const need = (holds: boolean, sentence: string): void => {
    if (!holds) wrong.push(sentence);
  };
  for (const [name, { state, reason }] of look.states) {
    // A run that was interrupted has not come to an end with every side, and says so.
    if (interrupted && state === 'unaccounted') continue;
    need(state === 'answered' || Boolean(reason), `${name} is ${state} without a reason`);
  }
  const pairs = look.states.size / 2;
  const ids = [...new Set([...look.states.keys()].map((name) => name.split(' ')[0] ?? ''))];
  const statesOf = (id: string): readonly string[] =>
    sides.map((side) => look.states.get(`${id} ${side}`)?.state ?? '');
  const stored = {
    answered: ids.filter((id) => statesOf(id).every((state) => state === 'answered')).length,
    failed: ids.filter((id) => statesOf(id).includes('failed')).length,
  };
  const { answered, failed, notSent, replayable } = counts;
  need(replayable === pairs, `${replayable} of ${pairs} pairs are replayable`);
  need(answered + failed + notSent === pairs, `${answered} + ${failed} + ${notSent} ≠ ${pairs}`);
  need(answered === stored.answered, `${answered} answered, ${stored.answered} in the store`);
  need(failed === stored.failed, `${failed} failed, ${stored.failed} in the store`);
  need(
    counts.identical + counts.equivalent + counts.different === answered,
    'an answered pair is not compared',
  );
  for (const [what, reasons, count] of [
    ['failed', failures, failed],
    ['not sent', notSentReasons, notSent],
  ] as const) {
    const sum = reasons.reduce((all, { pairs: some }) => all + some, 0);
    need(sum === count, `the reasons of ${what} make ${sum} of ${count}`);
    need(
      reasons.every(({ baseline, candidate }) => baseline !== null || candidate !== null),
      `a pair is ${what} without a reason`,
    );
  }
  const said = `${pairs} pairs = ${answered} answered + ${failed} failed + ${notSent} not sent`;
  need(look.stdout.startsWith(said), `it said: ${look.stdout.split('\n')[0]}`);
  return wrong;
};

/** What keeps a run from being the end of it: nothing, when all is answered and it exits with 0. */
export const completionErrors = (look: Look): readonly string[] => {
  const wrong = [...answerErrors(look)];
  const pairs = look.states.size / 2;
  const said = `${pairs} pairs = ${pairs} answered + 0 failed + 0 not sent`;
  if (look.code !== 0 || !look.stdout.startsWith(said))
    wrong.push(`it ended with ${look.code}: ${look.stdout}${look.stderr}`);
  for (const [name, { state }] of look.states)
    if (state !== 'answered') wrong.push(`${name} is ${state}`);
  if (look.outcomes !== pairs) wrong.push(`${look.outcomes} of ${pairs} pairs are compared`);
  return wrong;
};

/** Whether what the servers gave and what the store has are the same, and nothing was thrown. */
const answerErrors = (look: Look): readonly string[] => {
  const wrong: string[] = [];
  for (const [name, { state }] of look.states) {
    const whole = look.wholeAnswers.get(name) ?? 0;
    if (whole > 1) wrong.push(`${name} was answered ${whole} times`);
    if ((state === 'answered') !== whole > 0)
      wrong.push(`${name} is ${state}, given ${whole} answers`);
  }
  if (/\n\s+at /.test(look.stderr)) wrong.push(`it threw: ${look.stderr}`);
  return wrong;
};
