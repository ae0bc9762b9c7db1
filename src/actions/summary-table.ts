import { formatInlineText } from '../render/markdown.ts';

const MAX_CELL_CHARACTERS = 400;

/** A table of GitHub Markdown for the summary of a run. Cells are untrusted text, heads are ours. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map((cells) => line(cells.map((cell) => formatInlineText(cell, MAX_CELL_CHARACTERS)))),
    '',
  ].join('\n');
}
