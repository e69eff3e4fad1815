import { createHash } from 'node:crypto';
import {
  unifiedLines,
  type Alignment,
  type UnifiedLine,
} from '../comparison/alignment/alignment.ts';
import { sides, type Side } from '../comparison/outcome.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import { callTexts, conversationTexts } from '../summary/conversation-text.ts';
import { gateText, type GateReport } from '../summary/decision-gate.ts';
import type { Figures } from '../summary/figures.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { otherCallsText } from '../summary/bill.ts';
import { judgeTexts } from '../summary/judges-text.ts';
import { conditionsText } from '../summary/latency-conditions.ts';
import { monthlyText } from '../summary/monthly-cost.ts';
import { excessOfTwiceText, noiseResults, noiseRows, pointsText } from '../summary/noise-text.ts';
import { bounds, costRatio, sentence, skipText, times } from '../summary/sentence.ts';
import { slicesTable } from '../summary/slices-text.ts';
import { coverageText } from '../summary/sides-text.ts';
import { unknownText } from '../summary/unknown-figures.ts';
import { count, dollars, duration, isKnown, percent, unknown } from '../text/numbers.ts';
import { markup, Markup } from './markup.ts';
import { plotsOf, type Figure } from './plots.ts';
import { limitsOf, ruleTexts, type ReportedPair, type ReportWithPairs } from './report-contents.ts';
import { script, style } from './page-parts.ts';

/**
 * Formats a report as one HTML file. It needs no network and no JavaScript; with JavaScript, a click on a
 * heading sorts its table. Its Content Security Policy allows its own style and script, by their hashes,
 * and nothing else. Text from outside is escaped, and characters that a browser would hide are shown.
 */
export const htmlReport = (report: ReportWithPairs): string => {
  const { summary } = report;
  const { comparison } = summary;
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${comparison.baseline} → ${comparison.candidate}</title>
        <style>${new Markup(style)}</style>
      </head>
      <body>
        <header>
          <p class="program">understudy · ${comparison.name} · ${summary.at.slice(0, 10)}</p>
          <h1>
            <span class="model">${comparison.baseline}</span> →
            <span class="model">${comparison.candidate}</span>
          </h1>
        </header>
        <main>
          ${report.note === null ? null : markup`<p class="note" role="note">${report.note}</p>`}
          <p class="sentence">${sentence(summary)}</p>
          ${gateSection(report.gate)} ${numbersSection(summary)} ${plotsSection(plotsOf(summary))}
          ${denominatorSection(summary)} ${sidesSection(summary)} ${endpointSection(summary)}
          ${slicesSection(summary)} ${noiseSection(summary)}
          ${judgeSection(summary)} ${evidenceSection(summary)} ${limitsSection(summary)} ${pairsSection(report)}
        </main>
        <footer>
          <p>
            Made by understudy from ${comparison.id}. Intervals: 95 %, Wilson. Prices:
            ${summary.cost.prices ?? 'unknown'}.
          </p>
        </footer>
        <script>${new Markup(script)}</script>
      </body>
    </html> `;
  return page.html;
};

const hashOf = (text: string): string =>
  `sha256-${createHash('sha256').update(text).digest('base64')}`;

const gateSection = (gate: GateReport | null): Markup | null =>
  gate === null ? null : markup`<pre class="gate">${gateText(gate)}</pre>`;

const rateCells = (rate: RateInterval): Markup =>
  markup`<td data-value="${rate.rate ?? ''}">${percent(rate.rate)}</td>
    <td>${bounds(rate)}</td>
    <td data-value="${rate.n}">${count(rate.n)}</td>`;

const numbersSection = (summary: Summary): Markup => {
  const { aheadVerdicts, ruledVerdicts, settledVerdicts, verdicts } = summary;
  const rows = [
    ['no worse', 'agree, better or equally bad, of all requests', summary.noWorse],
    ['agreement', 'agree, of all requests', summary.agreement],
    ['better', 'better, of all requests', summary.better],
    ['no worse, judged', 'of the judged pairs', summary.judgedRates.noWorse],
    ['agreement, judged', 'of the judged pairs', summary.judgedRates.agreement],
    ['no worse in production', 'if traffic stays like this', summary.productionRates.noWorse],
  ] as const;
  const known = rows.filter(([, , rate]) => rate.rate !== null);
  const table = markup`<table>
      <caption>
        Rates, with 95 % intervals
      </caption>
      <thead>
        <tr>
          <th scope="col">rate</th>
          <th scope="col" class="text">is</th>
          <th scope="col">%</th>
          <th scope="col">interval</th>
          <th scope="col">n</th>
        </tr>
      </thead>
      <tbody>
        ${known.map(
          ([name, formula, rate]) =>
            markup`<tr>
              <th scope="row">${name}</th>
              <td class="text">${formula}</td>
              ${rateCells(rate)}
            </tr> `,
        )}
      </tbody>
    </table>`;
  return markup`<section aria-labelledby="numbers">
    <h2 id="numbers">The numbers</h2>
    ${known.length === 0 ? null : table}
    <p>
      Verdicts:
      ${verdictText(verdicts)}.${isEmpty(aheadVerdicts) ? null : ` Ahead of the random order, and in no rate: ${verdictText(aheadVerdicts)}.`}${isEmpty(settledVerdicts) ? null : ` On pairs that the machine settled: ${verdictText(settledVerdicts)}.`}${isEmpty(ruledVerdicts) ? null : ` On pairs that rules settle: ${verdictText(ruledVerdicts)}.`}${summary.skips.pairs === 0 ? null : ` Of the unjudged pairs, ${skipText(summary)}.`}
    </p>
    ${[...conversationTexts(summary), ...callTexts(summary)].map((text) => markup`<p>${text}</p> `)}
  </section>`;
};

const isEmpty = (verdicts: Figures['verdicts']): boolean =>
  Object.values(verdicts).every((number) => number === 0);

const verdictText = ({ agree, better, bothBad, conflict, worse }: Figures['verdicts']): string =>
  [
    `agree ${count(agree)}`,
    `worse ${count(worse)}`,
    `better ${count(better)}`,
    `both bad ${count(bothBad)}`,
    ...(conflict === 0 ? [] : [`conflict ${count(conflict)}`]),
  ].join(' · ');

const plotsSection = (figures: readonly Figure[]): Markup | null =>
  figures.length === 0
    ? null
    : markup`<section aria-labelledby="plots">
        <h2 id="plots">Plots</h2>
        ${figures.map(
          ({ svg, title }) =>
            markup`<figure>
              <figcaption>${title}</figcaption>
              ${title.startsWith('Verdicts') ? legend : null}${svg}
            </figure> `,
        )}
      </section>`;

const legend = markup`<p class="legend">
  ${['agree', 'better', 'both bad', 'conflict', 'worse'].map((name) => markup`<span class="swatch ${name.replace(' ', '-')}"></span>${name} `)}
</p>`;

const denominatorSection = (summary: Summary): Markup => {
  const { counts, failures, leftOut, notReplayableReasons, notSentReasons } = summary;
  const sum = (
    name: string,
    total: number,
    parts: readonly (readonly [string, number])[],
  ): Markup =>
    markup`<tr>
      <th scope="row">${name}</th>
      <td>${count(total)}</td>
      <td class="text">
        = ${parts.map(([part, number]) => `${count(number)} ${part}`).join(' + ')}
      </td>
    </tr> `;
  const reasons = (name: string, parts: readonly string[]): Markup | null =>
    parts.length === 0 ? null : markup`<li>${name}: ${parts.join('; ')}</li> `;
  const bySide = (one: {
    readonly baseline: string | null;
    readonly candidate: string | null;
    readonly pairs: number;
  }): string =>
    `${sides.flatMap((side) => (one[side] === null ? [] : [`${side} ${one[side]}`])).join(', ')} ${count(one.pairs)}`;
  return markup`<section aria-labelledby="denominator">
    <h2 id="denominator">What was counted</h2>
    <table>
      <caption>
        What happened to each record
      </caption>
      <tbody>
        ${sum('imported', counts.imported, [
          ['replayable', counts.replayable],
          ['not replayable', counts.notReplayable],
        ])}${sum('replayable', counts.replayable, [
          ['answered', counts.answered],
          ['failed', counts.failed],
          ['not sent', counts.notSent],
        ])}${sum('answered', counts.answered, [
          ['settled by the machine', counts.settledByMachine],
          ['settled by rules', counts.settledByRule],
          ['judged', counts.judged],
          ['unjudged', counts.unjudged],
          ['not yet compared', counts.notCompared],
        ])}
      </tbody>
    </table>
    <ul>
      ${reasons(
        'not replayable',
        notReplayableReasons.map((one) => `${one.reason} ${count(one.records)}`),
      )}${reasons(
        'left out',
        leftOut.reasons.map((one) => `${one.reason} ${count(one.captures)}`),
      )}${reasons('failed', failures.map(bySide))}${reasons('not sent', notSentReasons.map(bySide))}
      <li>
        by the machine: ${count(counts.identical)} identical, ${count(counts.equivalent)}
        equivalent, ${count(counts.different)} different
      </li>
      ${reasons('rules', ruleTexts(summary))}
    </ul>
  </section>`;
};

const sidesSection = (summary: Summary): Markup => {
  const { cost, latency, tokens } = summary;
  type Row = readonly [name: string, cells: readonly string[], ratio: string];
  const row = (name: string, value: (side: Side) => string, ratio: string): Row => [
    name,
    sides.map(value),
    ratio,
  ];
  const points = ['p50', 'p90', 'p95', 'p99'] as const;
  const timesOf = (key: 'timeToFirstToken' | 'total', name: string): readonly Row[] =>
    points.map((point) =>
      row(
        `${name} ${point}`,
        (side) => duration(latency[side][key][point]),
        point === 'p95' ? times(latency[key].p95) : '',
      ),
    );
  const durations = [
    ...timesOf('timeToFirstToken', 'first token'),
    ...timesOf('total', 'total'),
  ].filter(([, cells]) => isKnown(cells));
  const rows = [
    row('cost', (side) => dollars(cost[side]), costRatio(cost.ratio)),
    row('tokens in', (side) => count(tokens[side].input), ''),
    row('tokens out', (side) => count(tokens[side].output), ''),
    ...durations,
    ...(durations.length === 0
      ? []
      : [row('latency was', (side) => latency[side].source ?? unknown, '')]),
  ].filter(([, cells]) => isKnown(cells));
  const hasRatio = isKnown(rows.map(([, , ratio]) => ratio));
  const missing = unknownText(summary);
  const table = markup`<table>
      <caption>
        Over the answered pairs
      </caption>
      <thead>
        <tr>
          <td></td>
          <th scope="col">baseline</th>
          <th scope="col">candidate</th>
          ${hasRatio ? markup`<th scope="col">the candidate is</th>` : null}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, cells, ratio]) =>
            markup`<tr>
              <th scope="row">${name}</th>
              ${cells.map((cell) => markup`<td>${cell}</td>`)}${hasRatio ? markup`<td>${ratio}</td>` : null}
            </tr> `,
        )}
      </tbody>
    </table>`;
  return markup`<section aria-labelledby="bill">
    <h2 id="bill">Cost and latency</h2>
    ${rows.length === 0 ? null : table}
    ${[coverageText(summary), conditionsText(summary.latencyConditions), monthlyText(cost), otherCallsText(cost), missing].map((text) => (text === null ? null : markup`<p>${text}</p> `))}
  </section>`;
};

/** A heading and the cell of an endpoint below it. */
type EndpointColumn = readonly [
  heading: string,
  value: (figures: Figures) => number | null,
  text: (figures: Figures) => string,
];

const endpointColumns: readonly EndpointColumn[] = [
  ['answered', ({ counts }) => counts.answered, ({ counts }) => count(counts.answered)],
  ['failed', ({ counts }) => counts.failed, ({ counts }) => count(counts.failed)],
  ['judged', ({ counts }) => counts.judged, ({ counts }) => count(counts.judged)],
  ['no worse', ({ noWorse }) => noWorse.rate, ({ noWorse }) => percent(noWorse.rate)],
  ['interval', ({ noWorse }) => noWorse.lower, ({ noWorse }) => bounds(noWorse)],
  ['n', ({ noWorse }) => noWorse.n, ({ noWorse }) => count(noWorse.n)],
  ['latency', ({ latency }) => latency.total.paired, ({ latency }) => times(latency.total.paired)],
  ['cost', ({ cost }) => cost.ratio, ({ cost }) => costRatio(cost.ratio)],
  ...sides.flatMap((side): readonly EndpointColumn[] => [
    [`${side} in`, ({ tokens }) => tokens[side].input, ({ tokens }) => count(tokens[side].input)],
    ['out', ({ tokens }) => tokens[side].output, ({ tokens }) => count(tokens[side].output)],
    [`${side} USD`, ({ cost }) => cost[side], ({ cost }) => dollars(cost[side])],
  ]),
];

const endpointSection = ({ byEndpoint }: Summary): Markup | null => {
  if (byEndpoint.length < 2) return null;
  const columns = endpointColumns.filter(([, , text]) => isKnown(byEndpoint.map(text)));
  return markup`<section aria-labelledby="endpoints">
    <h2 id="endpoints">By endpoint</h2>
    <table class="sortable">
      <caption>
        Quality, latency and cost of the candidate by endpoint
      </caption>
      <thead>
        <tr>
          ${['endpoint', ...columns.map(([heading]) => heading)].map((name) => markup`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${byEndpoint.map(
          (figures) =>
            markup`<tr>
              <th scope="row">${figures.endpoint}</th>
              ${columns.map(([, value, text]) => markup`<td data-value="${value(figures) ?? ''}">${text(figures)}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
};

const slicesSection = ({ by }: Summary): Markup | null => {
  const found = slicesTable(by);
  if (found === null) return null;
  const { columns, notes, rows, title } = found;
  const table = markup`<table class="sortable">
      <caption>
        The pairs ${title.toLowerCase()}
      </caption>
      <thead>
        <tr>
          ${columns.map((name) => markup`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ cells: [name, ...cells] }) =>
            markup`<tr>
              <th scope="row">${name?.text ?? ''}</th>
              ${cells.map(({ text, value }) => markup`<td data-value="${value ?? ''}">${text}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>`;
  const comments = rows.flatMap(({ cells: [name], comments: own }) =>
    own.map((comment) => markup`<li>${name?.text ?? ''}: ${comment}</li> `),
  );
  return markup`<section aria-labelledby="slices">
    <h2 id="slices">${title}</h2>
    ${rows.length === 0 ? null : table}
    ${comments.length === 0 ? null : markup`<ul>${comments}</ul>`}
    ${notes.map((note) => markup`<p>${note}</p> `)}
  </section>`;
};

const judgeSection = ({ judgedRates, judges }: Summary): Markup | null =>
  judges.length === 0
    ? null
    : markup`<section aria-labelledby="judges">
        <h2 id="judges">What a model judges</h2>
        ${judgeTexts(judges, judgedRates).map((texts) => markup`<p>${texts.join(' ')}</p> `)}
      </section>`;

const noiseSection = ({ noise }: Summary): Markup | null =>
  noise === null
    ? null
    : markup`<section aria-labelledby="noise">
        <h2 id="noise">Against the noise of the baseline</h2>
        <p>${excessOfTwiceText(noise)}</p>
        <table class="sortable">
          <caption>
            How often the candidate differs from the baseline, and the baseline from itself
          </caption>
          <thead>
            <tr>
              ${['endpoint', 'field', 'requests', 'candidate', 'baseline', 'points', 'interval', 'result'].map((name) => markup`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${noiseRows(noise).map(
              ({ differing, endpoint, excess, field, result }) =>
                markup`<tr>
                  <th scope="row">${endpoint}</th>
                  <td class="text">${field ?? 'whole answers'}</td>
                  <td data-value="${excess.n}">${count(excess.n)}</td>
                  <td data-value="${differing.candidate.rate ?? ''}">${percent(differing.candidate.rate)}</td>
                  <td data-value="${differing.baseline.rate ?? ''}">${percent(differing.baseline.rate)}</td>
                  <td data-value="${excess.difference ?? ''}">${pointsText(excess).split(' ')[0] ?? ''}</td>
                  <td>${pointsText(excess).split(' ')[1] ?? ''}</td>
                  <td class="text">${noiseResults[result]}</td>
                </tr> `,
            )}
          </tbody>
        </table>
      </section>`;

const evidenceSection = ({ evidence }: Summary): Markup | null =>
  evidence.notes.length === 0
    ? null
    : markup`<section aria-labelledby="evidence">
        <h2 id="evidence">What has changed since</h2>
        <ul>
          ${evidence.notes.map((note) => markup`<li>${note}</li> `)}
        </ul>
      </section>`;

const limitsSection = (summary: Summary): Markup =>
  markup`<section aria-labelledby="limits">
    <h2 id="limits">What this cannot tell you</h2>
    <ul>
      ${limitsOf(summary).map((text) => markup`<li>${text}</li> `)}
    </ul>
  </section>`;

const pairsSection = ({ allPairs, pairs }: ReportWithPairs): Markup =>
  markup`<section aria-labelledby="pairs">
    <h2 id="pairs">Pairs</h2>
    <p>
      ${pairs.length === allPairs ? `All ${count(allPairs)} pairs` : `${count(pairs.length)} of ${count(allPairs)} pairs, those with bad news first`}.
      − is the baseline’s text, + the candidate’s.
    </p>
    ${pairs.map(pairDetails)}
  </section>`;

const pairDetails = (pair: ReportedPair): Markup => {
  const facts = [...pair.verdicts, ...pair.tags.map((tag) => `#${tag}`)];
  return markup`<details>
    <summary>
      <span class="verdict ${(pair.verdict ?? 'none').replace('_', '-')}"
        >${pair.verdict === null ? (pair.outcome ?? 'open') : pair.verdict.replace('_', ' ')}</span
      >
      <span class="endpoint">${pair.endpoint}</span>
      <span class="difference">${pair.difference}</span>
    </summary>
    <p class="id">${pair.captureId}${facts.length === 0 ? null : ` · ${facts.join(' · ')}`}</p>
    ${pair.comments.map((comment) => markup`<blockquote>${comment}</blockquote> `)}
    <p class="question">${pair.question}</p>
    <pre class="diff">${diffLines(pair.alignment)}</pre>
  </details> `;
};

const marks: Readonly<Record<UnifiedLine['mark'], string>> = {
  ' ': ' ',
  '-': '−',
  '+': '+',
  '<': '‹',
  '>': '›',
};

const lineClasses: Readonly<Record<UnifiedLine['mark'], string>> = {
  ' ': 'same',
  '-': 'removed',
  '+': 'added',
  '<': 'moved',
  '>': 'moved',
};

/** The most lines shown of a pair. */
const shownLines = 200;

const diffLines = (alignment: Alignment | null): Markup => {
  if (alignment === null) return markup`The answers are too large to align.`;
  const lines = unifiedLines(alignment);
  const more = lines.length - shownLines;
  const shown = lines.slice(0, shownLines).map(({ mark, segments }) => {
    const texts = segments.map(({ changed, text }) =>
      changed && mark !== ' ' ? markup`<mark>${text}</mark>` : markup`${text}`,
    );
    // The browser would show white space from the template.
    return markup`<span class="${lineClasses[mark]}">${marks[mark]} ${texts}</span>`;
  });
  return markup`${shown}${more > 0 ? `… and ${count(more)} more lines` : null}`;
};
