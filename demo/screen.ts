import process from 'node:process';
import { stripVTControlCharacters, styleText } from 'node:util';

/** Everything the demo prints fits into this many columns, or breaks at a space. */
const COLUMNS = 80;

/** Colours a text where stdout can show it; NO_COLOR, FORCE_COLOR and NODE_DISABLE_COLORS are honoured. */
export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function printTitle(text: string): void {
  print(`\n${paint(['bold', 'cyan'], `━━ ${text} ${'━'.repeat(Math.max(0, COLUMNS - text.length - 4))}`)}`);
}

/** What the narrator says: a paragraph, after a blank line. */
export function say(text: string): void {
  print(`\n${paint('bold', fold(text))}`);
}

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Breaks each line at spaces so that it fits; the rest of a broken line is indented as its beginning is, and more. */
export function fold(text: string, columns = COLUMNS, hang = ''): string {
  return text
    .split('\n')
    .map((line) => foldLine(line, columns, hang))
    .join('\n');
}

function foldLine(line: string, columns: number, hang: string): string {
  if (visibleLength(line) <= columns) return line;
  const [indent = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let last = indent;
  let isEmpty = true;
  for (const word of line.slice(indent.length).split(' ')) {
    if (!isEmpty && visibleLength(last) + 1 + visibleLength(word) > columns) {
      lines.push(last);
      last = `${indent}${hang}${word}`;
    } else {
      last = isEmpty ? `${last}${word}` : `${last} ${word}`;
    }
    isEmpty = false;
  }
  return [...lines, last].join('\n');
}
