// Makes data/review.svg, the picture in the README, from the running program: the demo in a
// pseudo-terminal, a few verdicts, and the cells of the screen as they are then.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';

const columns = 120;
const rows = 28;
const cell = { width: 8.4, height: 18 };
const margin = 14;
const palette: Readonly<Record<number, string>> = {
  1: '#ff7b72',
  2: '#7ee787',
  3: '#e3b341',
  6: '#76e3ea',
};
const foreground = '#c9d1d9';
const background = '#0d1117';

const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
terminal.loadAddon(new Unicode11Addon());
terminal.unicode.activeVersion = '11';
const db = join(mkdtempSync(join(tmpdir(), 'understudy-picture-')), 'demo.db');
const program = new URL('../dist/understudy.js', import.meta.url).pathname;
const pty = spawn(process.execPath, [program, 'demo', '--db', db], {
  name: 'xterm-256color',
  cols: columns,
  rows,
  env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', CI: 'false' },
});
pty.onData((data) => terminal.write(data));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const row = (index: number): string =>
  terminal.buffer.active.getLine(index)?.translateToString(true) ?? '';
const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1200) throw new Error('The screen that the picture shows never came.');
    await pause(50);
  }
};

const screen = (): string => Array.from({ length: rows }, (_, index) => row(index)).join('\n');
const isToJudge = (): boolean => row(1).includes('not judged') && /^ DIFFERS /m.test(screen());

// Judges until a pair of JSON answers is on the screen that shows a difference in a field, and the
// replay is still under way.
await until(() => isToJudge());
const keys = ['a', 'x', 'a', 'b', 'a', 'w'];
for (let judged = 0; judged < 40; judged++) {
  if (judged >= 9 && /fields? differ/.test(screen()) && /ticket-zh/.test(row(1))) break;
  const before = row(1);
  pty.write(keys[judged % keys.length] ?? 'a');
  await until(() => row(1) !== before && isToJudge());
  await pause(250);
}
pty.write('j');
await pause(300);

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const parts: string[] = [];
for (let y = 0; y < rows; y++) {
  const line = terminal.buffer.active.getLine(y);
  let run = { x: 0, text: '', style: '' };
  const flush = (): void => {
    if (run.text.trim() !== '') {
      parts.push(
        `<text x="${(margin + run.x * cell.width).toFixed(1)}" y="${(margin + (y + 0.75) * cell.height).toFixed(1)}"${run.style} textLength="${(widthOf(run.text) * cell.width).toFixed(1)}">${escape(run.text)}</text>`,
      );
    }
    run = { x: 0, text: '', style: '' };
  };
  for (let x = 0; x < columns; x++) {
    const at = line?.getCell(x);
    if (at === undefined || at.getWidth() === 0) continue;
    const colour = at.isFgPalette() ? (palette[at.getFgColor()] ?? foreground) : foreground;
    const style = [
      ` fill="${colour}"`,
      at.isBold() ? ' font-weight="bold"' : '',
      at.isDim() ? ' opacity="0.6"' : '',
      at.isUnderline() ? ' text-decoration="underline"' : '',
    ].join('');
    const characters = at.getChars() || ' ';
    if (style !== run.style) {
      flush();
      run = { x, text: '', style };
    }
    run.text += characters;
  }
  flush();
}

function widthOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1;
  return cells;
}

const width = columns * cell.width + 2 * margin;
const height = rows * cell.height + 2 * margin;
writeFileSync(
  new URL('../data/review.svg', import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace" font-size="14" xml:space="preserve">
<rect width="${width}" height="${height}" rx="8" fill="${background}"/>
${parts.join('\n')}
</svg>
`,
);
pty.kill();
console.log('data/review.svg is written.');
