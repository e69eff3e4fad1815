import type { GateReport } from './decision-gate.ts';

/**
 * Formats a gate as JUnit XML, as servers of continuous integration read it: a test case for each
 * condition and one for the whole gate. A condition that is not met is a failure; one that is open is
 * skipped. `comparison`: the name of the suite.
 */
export const junitXml = (report: GateReport, comparison: string): string => {
  const cases = [
    ...report.conditions.map(({ figure, operator, threshold, value, result }) => ({
      name: `${figure} ${operator} ${threshold}`,
      result,
      message: value === null ? 'The figure is unknown.' : `The figure is ${value}.`,
    })),
    {
      name: 'gate',
      result: report.result,
      message: `The gate is ${report.result}: ${report.expression}`,
    },
  ];
  const number = (result: GateReport['result']): number =>
    cases.filter((one) => one.result === result).length;
  const lines = cases.map(({ name, result, message }) => {
    const start = `    <testcase classname="understudy" name="${escaped(name)}"`;
    if (result === 'met') return `${start}/>`;
    const element = result === 'open' ? 'skipped' : 'failure';
    return `${start}><${element} message="${escaped(message)}"/></testcase>`;
  });
  const counts = `tests="${cases.length}" failures="${number('not met')}" skipped="${number('open')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(comparison)}" ${counts}>`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** For an attribute. Characters that XML 1.0 does not allow become U+FFFD. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"]/g, (character) => entities[character] ?? character);
