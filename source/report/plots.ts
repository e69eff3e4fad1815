import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { sides } from '../comparison/outcome.ts';
import type { Figures } from '../summary/figures.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { printableLine } from '../text/printable.ts';
import { markup, Markup } from './markup.ts';

/** A plot as SVG, with a description in words. */
export type Figure = { readonly svg: Markup; readonly title: string; readonly description: string };

/** The most endpoints in a plot. */
const plottedEndpoints = 20;

/** Draws the plots for which a summary has numbers. */
export const plotsOf = (summary: Summary): readonly Figure[] =>
  [ratesPlot(summary), verdictsPlot(summary), latencyPlot(summary), costPlot(summary)].filter(
    (figure) => figure !== null,
  );

const common = {
  width: 680,
  marginLeft: 150,
  marginRight: 30,
  className: 'plot',
} as const;

const draw = (title: string, description: string, options: Plot.PlotOptions): Figure => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = outerHtml(Plot.plot({ ...common, ...options, document }));
  // The page has the styles; its Content Security Policy forbids inline ones.
  const svg = drawn
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/ (?:style|aria-label|aria-hidden)="[^"]*"/g, '')
    .replace(
      '<svg ',
      () => `<svg role="img" aria-label="${attribute(`${title}. ${description}`)}" `,
    );
  return { svg: new Markup(svg), title, description };
};

/** Escapes text for an attribute. Control characters are visible already. */
const attribute = (text: string): string => markup`${text}`.html;

const outerHtml = (element: unknown): string => {
  if (typeof element === 'object' && element !== null && 'outerHTML' in element) {
    return String(element.outerHTML);
  }
  throw new Error('The plot is not an element.');
};

/** Shortens a name to at most 24 characters, for an axis label. */
const label = (name: string): string => {
  const shown = Array.from(printableLine(name));
  return shown.length > 24 ? `${shown.slice(0, 23).join('')}…` : shown.join('');
};

const biggest = ({ byEndpoint }: Summary): Summary['byEndpoint'] =>
  byEndpoint.toSorted((a, b) => b.counts.answered - a.counts.answered).slice(0, plottedEndpoints);

const percentText = (share: number): string => `${(share * 100).toFixed(1)} %`;

const ratesPlot = (summary: Summary): Figure | null => {
  const rows = [
    { name: 'no worse', figures: summary.noWorse },
    { name: 'agreement', figures: summary.agreement },
    { name: 'agreement, judged', figures: summary.judgedRates.agreement },
    ...biggest(summary).map(({ endpoint, noWorse }) => ({
      name: label(endpoint),
      figures: noWorse,
    })),
  ].flatMap(({ name, figures: { lower, rate, upper } }) =>
    lower === null || rate === null || upper === null ? [] : [{ name, lower, rate, upper }],
  );
  if (rows.length === 0) return null;
  const description = rows
    .map(
      ({ lower, name, rate, upper }) =>
        `${name} ${percentText(rate)}, from ${percentText(lower)} to ${percentText(upper)}`,
    )
    .join('; ');
  return draw('Rates with their 95 % intervals', description, {
    height: 50 + rows.length * 24,
    x: {
      domain: [0, 1],
      label: null,
      tickFormat: (share: number) => `${Math.round(share * 100)} %`,
    },
    y: { domain: rows.map(({ name }) => name), label: null },
    marks: [
      Plot.gridX(),
      Plot.ruleY(rows, {
        y: 'name',
        x1: 'lower',
        x2: 'upper',
        strokeWidth: 3,
        className: 'interval',
      }),
      Plot.dot(rows, { y: 'name', x: 'rate', r: 5, className: 'estimate' }),
    ],
  });
};

const verdictNames = {
  agree: 'agree',
  better: 'better',
  bothBad: 'both bad',
  conflict: 'conflict',
  worse: 'worse',
} as const satisfies Record<keyof Figures['verdicts'], string>;

const verdictsPlot = (summary: Summary): Figure | null => {
  const rows = biggest(summary).flatMap(({ endpoint, verdicts }) =>
    Object.entries(verdictNames).map(([key, verdict]) => ({
      name: label(endpoint),
      verdict,
      pairs: verdicts[key as keyof Figures['verdicts']],
    })),
  );
  if (rows.every(({ pairs }) => pairs === 0)) return null;
  const names = [...new Set(rows.map(({ name }) => name))];
  const description = names
    .map((name) => {
      const own = rows.filter((row) => row.name === name && row.pairs > 0);
      return `${name}: ${own.map(({ pairs, verdict }) => `${verdict} ${pairs}`).join(', ')}`;
    })
    .join('; ');
  return draw('Verdicts by endpoint', description, {
    height: 60 + names.length * 24,
    x: { label: null },
    y: { domain: names, label: null },
    color: {
      domain: Object.values(verdictNames),
      range: ['#2f7d4f', '#3b6fb6', '#8a6d1f', '#7a7a7a', '#b3372f'],
    },
    marks: [Plot.barX(rows, { x: 'pairs', y: 'name', fill: 'verdict' })],
  });
};

const points = ['p50', 'p90', 'p95', 'p99'] as const;

const latencyPlot = ({ latency }: Summary): Figure | null => {
  const rows = sides.flatMap((side) =>
    points.flatMap((point) => {
      const ms = latency[side].total[point];
      return ms === null ? [] : [{ side, point, seconds: ms / 1000 }];
    }),
  );
  if (rows.length === 0) return null;
  const description = rows
    .map(({ point, seconds, side }) => `${side} ${point} ${seconds.toFixed(2)} s`)
    .join('; ');
  return draw('Time to the whole answer, in seconds', description, {
    height: 50 + sides.length * 40,
    x: { label: null, zero: true },
    y: { domain: [...sides], label: null },
    marks: [
      Plot.gridX(),
      Plot.lineX(rows, { x: 'seconds', y: 'side', z: 'side', className: 'interval' }),
      Plot.dot(rows, { x: 'seconds', y: 'side', r: 5, className: 'estimate' }),
      Plot.text(rows, { x: 'seconds', y: 'side', text: 'point', dy: -12 }),
    ],
  });
};

const costPlot = ({ cost }: Summary): Figure | null => {
  const rows = sides.flatMap((side) => {
    const usd = cost[side];
    return usd === null ? [] : [{ side, usd }];
  });
  if (rows.length < 2) return null;
  const description = rows.map(({ side, usd }) => `${side} $${usd.toPrecision(3)}`).join('; ');
  return draw('Cost of these answers, in USD', description, {
    height: 50 + sides.length * 30,
    x: { label: null, zero: true },
    y: { domain: [...sides], label: null },
    marks: [Plot.gridX(), Plot.barX(rows, { x: 'usd', y: 'side', className: 'bar' })],
  });
};
