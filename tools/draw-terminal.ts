import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { stripVTControlCharacters, styleText } from 'node:util';

/**
 * Draws the pictures of docs/demo.md: runs the demo, and shows what it printed in a terminal of 80 columns.
 *
 *   npm run draw:demo
 */

const CHARACTER_WIDTH = 8.43;
const LINE_HEIGHT = 18;
const PADDING = 16;
const BACKGROUND = '#0d1117';
const FOREGROUND = '#d1d7e0';
const COLOURS: Record<number, string> = {
  31: '#ff7b72',
  32: '#3fb950',
  33: '#d29922',
  34: '#58a6ff',
  35: '#bc8cff',
  36: '#39c5cf',
};
type Excerpt = [from: RegExp, to: RegExp];

/** What each picture shows of the output: from the first line that matches to before the second. */
const PICTURES: { name: string; title: string; excerpts: Excerpt[] }[] = [
  {
    name: 'demo-three-objects.svg',
    title: 'Part one of npm run demo: three objects, rolled back',
    excerpts: [[/^━━ Part 1/, /^So the rollback can be undone/]],
  },
  {
    name: 'demo-bad-deploy.svg',
    title: 'Part two of npm run demo: a bad deploy, planned, approved, rolled back, verified and undone',
    excerpts: [
      [/^━━ Part 2/, /^Estimate: /],
      [/^Activity around P/, /^Grey column/],
      [/^✓ Nothing has changed/, /^Every planned row/],
      [/^\$ .* verify /, /^And back again/],
      [/^✓ All .* as the deploy/, /^Done in/],
    ],
  },
];

/** `ESC [ codes m`; \p{Cc} stands for ESC, the only control character in the output. */
const STYLE_SEQUENCE = /(\p{Cc}\[[\d;]*m)/u;
const STYLE_CODES = /^\p{Cc}\[([\d;]*)m$/u;

type Style = { colour: string | null; bold: boolean; dim: boolean; underline: boolean };
const PLAIN: Style = { colour: null, bold: false, dim: false, underline: false };

async function runDemo(): Promise<string> {
  const child = spawn(process.execPath, ['demo/main.ts', '--yes'], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`the demo ended with ${status}`);
  return output;
}

/** The lines of the excerpts, with an ellipsis between two of them. */
function linesOf(output: string, excerpts: readonly Excerpt[]): string[] {
  const lines = output.split('\n');
  const plain = lines.map((line) => stripVTControlCharacters(line));
  const shown: string[] = [];
  let after = 0;
  for (const [from, to] of excerpts) {
    const start = plain.findIndex((line, index) => index >= after && from.test(line));
    const end = plain.findIndex((line, index) => index > start && to.test(line));
    if (start === -1 || end === -1) throw new Error(`the output has no lines from ${from} to ${to}`);
    if (shown.length > 0) shown.push(styleText('dim', '⋮', { validateStream: false }));
    shown.push(...lines.slice(start, end).join('\n').trimEnd().split('\n'));
    after = end;
  }
  return shown;
}

/** One line as text spans; the style goes on from the line before. */
function drawLine(line: string, index: number, before: Style): { svg: string; style: Style } {
  let style = before;
  let column = 0;
  const spans: string[] = [];
  for (const piece of line.split(STYLE_SEQUENCE)) {
    const codes = STYLE_CODES.exec(piece);
    if (codes !== null) {
      for (const code of (codes[1] ?? '').split(';')) style = applyCode(style, Number(code));
      continue;
    }
    if (piece === '') continue;
    const x = PADDING + column * CHARACTER_WIDTH;
    const width = [...piece].length;
    column += width;
    if (piece.trim() === '') continue;
    spans.push(
      `<tspan x="${x.toFixed(2)}" textLength="${(width * CHARACTER_WIDTH).toFixed(2)}"${attributes(style)}>${escapeXml(piece)}</tspan>`,
    );
  }
  const y = PADDING + (index + 0.75) * LINE_HEIGHT;
  return { svg: `<text y="${y}" xml:space="preserve">${spans.join('')}</text>`, style };
}

function applyCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 4 || code === 24) return { ...style, underline: code === 4 };
  if (code === 39) return { ...style, colour: null };
  return { ...style, colour: COLOURS[code] ?? style.colour };
}

function attributes({ colour, bold, dim, underline }: Style): string {
  return [
    colour === null ? '' : ` fill="${colour}"`,
    bold ? ' font-weight="bold"' : '',
    dim ? ' opacity="0.6"' : '',
    underline ? ' text-decoration="underline"' : '',
  ].join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function drawTerminal(lines: readonly string[], title: string): string {
  const width = Math.ceil(2 * PADDING + 80 * CHARACTER_WIDTH);
  const height = Math.ceil(2 * PADDING + lines.length * LINE_HEIGHT);
  let style = PLAIN;
  const drawn = lines.map((line, index) => {
    const next = drawLine(line, index, style);
    style = next.style;
    return next.svg;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${FOREGROUND}">
${drawn.join('\n')}
</g>
</svg>
`;
}

const output = await runDemo();
for (const { name, title, excerpts } of PICTURES) {
  const picture = drawTerminal(linesOf(output, excerpts), title);
  await writeFile(new URL(`../docs/images/${name}`, import.meta.url), picture);
  process.stdout.write(`docs/images/${name}\n`);
}
