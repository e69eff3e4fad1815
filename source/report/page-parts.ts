/** The style of the HTML report: light and dark, and for paper. */
export const style = `
:root { --paper: #fff; --ink: #1c1c1c; --soft: #595959; --line: #d6d6d6; --removed: #fbe3e1; --added: #dff3e5; --moved: #e6ebf7; --removed-mark: #f0a8a2; --added-mark: #9ad9ae; --accent: #1f5fa8; }
@media (prefers-color-scheme: dark) { :root { --paper: #161616; --ink: #e6e6e6; --soft: #a8a8a8; --line: #3a3a3a; --removed: #3d1d1b; --added: #17351f; --moved: #1f2a44; --removed-mark: #7d322b; --added-mark: #24673a; --accent: #8ab8f0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.program, .id, footer, caption, figcaption { color: var(--soft); font-size: .85rem; }
.sentence { font-size: 1.25rem; } .note { border: 1px solid var(--line); padding: .5rem .75rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
caption { text-align: left; } th, td { padding: .2rem .75rem .2rem 0; text-align: right; font-weight: normal; white-space: nowrap; }
thead { border-bottom: 1px solid var(--line); } th[scope=row], td.text, th.text, thead th:first-child { text-align: left; } td.text { white-space: normal; }
.sortable th[scope=col] button { all: inherit; display: inline; padding: 0; cursor: pointer; color: var(--accent); text-decoration: underline; } .sortable th[scope=col] button:focus-visible { outline: 2px solid var(--accent); }
figure { margin: 1rem 0; } .plot { display: block; max-width: 100%; height: auto; } .interval { stroke: var(--accent); } .estimate { fill: var(--accent); stroke: var(--paper); } .bar { fill: var(--accent); }
.legend { margin: 0; font-size: .85rem; } .swatch { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .8em; } .swatch.agree { background: #2f7d4f; } .swatch.better { background: #3b6fb6; } .swatch.both-bad { background: #8a6d1f; } .swatch.conflict { background: #7a7a7a; } .swatch.worse { background: #b3372f; }
details { border-top: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
.verdict { display: inline-block; min-width: 6rem; font-weight: bold; } .endpoint { color: var(--soft); } blockquote { margin: .5rem 0; padding-left: .75rem; border-left: 3px solid var(--line); }
.question { white-space: pre-wrap; overflow-wrap: anywhere; } .diff { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); padding: .5rem; font-size: .85rem; line-height: 1.4; }
.diff span { display: block; } .removed { background: var(--removed); } .added { background: var(--added); } .moved { background: var(--moved); } mark { color: inherit; text-decoration: underline; } .removed mark { background: var(--removed-mark); } .added mark { background: var(--added-mark); } .moved mark { background: transparent; }
@media print { :root { --paper: #fff; --ink: #000; --soft: #444; --line: #999; } body { max-width: none; padding: 0; font-size: 11pt; } details::details-content { content-visibility: visible; block-size: auto; } section, figure, details { break-inside: avoid; } }
`;

/** The script of the HTML report: a click on a heading sorts its table by that column. */
export const script = `
for (const table of document.querySelectorAll('table.sortable')) {
  const [body] = table.tBodies;
  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const isRising = heading.ariaSort !== 'ascending';
      for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
      heading.ariaSort = isRising ? 'ascending' : 'descending';
      const valueOf = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const rows = [...body.rows].sort((one, other) => {
        const [a, b] = [valueOf(one), valueOf(other)];
        const difference = Number(a === '' ? NaN : a) - Number(b === '' ? NaN : b);
        return Number.isNaN(difference) ? a.localeCompare(b, 'en') : difference;
      });
      body.append(...(isRising ? rows : rows.reverse()));
    });
  }
}
`;
