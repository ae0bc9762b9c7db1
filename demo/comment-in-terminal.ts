import Table from 'cli-table3';
import { drawChart } from './chart-in-terminal.ts';
import { fold, paint, visibleLength } from './screen.ts';

const COLUMNS = 80;
/** What cli-table3 draws around and between the cells of a row. */
const FRAME_COLUMNS = 1;
const FRAME_COLUMNS_OF_A_CELL = 3;
/** Words longer than this may be cut to make a table fit; the next number counts where that is not enough. */
const WORD_COLUMNS = [30, 16, 8];

/**
 * The review comment of a plan as a terminal can show it: as GitHub does, with its folded sections folded.
 * @param markdown what the plan folder holds as comment.md; only the Markdown that its template uses is understood
 */
export function renderCommentForTerminal(markdown: string): string {
  const lines = markdown.split('\n');
  const shown: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const endOf = (isEnd: (text: string) => boolean) => {
      const end = lines.findIndex((text, at) => at > index && isEnd(text));
      return end === -1 ? lines.length : end;
    };
    if (line.startsWith('<!--') || line.startsWith('> [!')) continue;
    if (line.startsWith('|')) {
      const end = endOf((text) => !text.startsWith('|'));
      shown.push(drawTable(lines.slice(index, end)));
      index = end - 1;
    } else if (line.startsWith('```mermaid')) {
      const end = endOf((text) => text === '```');
      shown.push(drawChart(lines.slice(index + 1, end)));
      index = end;
    } else if (line.startsWith('<details>')) {
      const summary = showInline(/<summary>(.*)<\/summary>/.exec(line)?.[1] ?? '');
      shown.push(paint('dim', fold(`▸ ${summary}`, COLUMNS, '  ')));
      index = endOf((text) => text === '</details>');
      // Sections that follow each other stay together.
      if (lines[index + 1] === '' && lines[index + 2]?.startsWith('<details>')) index += 1;
    } else if (line.startsWith('#')) {
      shown.push(paint(['bold', 'underline'], fold(showInline(line.replace(/^#+ /, '')))));
    } else if (!/^(> )?```/.test(line)) {
      shown.push(fold(line.replace(/^> /, '').split('<br>').map(showInline).join('\n')));
    }
  }
  return shown.join('\n').trim();
}

function drawTable(rows: readonly string[]): string {
  const [head = [], aligns = [], ...body] = rows.map(cellsOf);
  const cells = [head, ...body].map((row) => row.map(showInline));
  const table = new Table({
    head: cells[0] ?? [],
    colAligns: aligns.map((align) => (align.endsWith(':') ? 'right' : 'left')),
    colWidths: fitColumns(cells).map((columns) => columns + FRAME_COLUMNS_OF_A_CELL - 1),
    wordWrap: true,
    style: { head: [], border: hasColours() ? ['dim'] : [], compact: true },
  });
  table.push(...cells.slice(1));
  return table.toString();
}

/** cli-table3 colours its frames where stderr or TERM would take it; what stdout takes is what counts. */
function hasColours(): boolean {
  return paint('dim', '─') !== '─';
}

function cellsOf(row: string): string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** The width of each column's text: as wide as its longest line, the widest narrowed until the table fits. */
function fitColumns(rows: readonly (readonly string[])[]): number[] {
  const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? ''));
  const longest = (texts: string[], separator: RegExp) =>
    Math.max(...texts.flatMap((text) => text.split(separator).map(visibleLength)), 1);
  const widths = columns.map((texts) => longest(texts, /\n/));
  const room = COLUMNS - FRAME_COLUMNS - widths.length * FRAME_COLUMNS_OF_A_CELL;
  for (const limit of WORD_COLUMNS) {
    const least = columns.map((texts) => Math.min(longest(texts, /\s/), limit));
    while (widths.reduce((sum, width) => sum + width, 0) > room) {
      const slack = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0));
      const widest = Math.max(...slack);
      if (widest === 0) break;
      widths[slack.indexOf(widest)] = widest - 1;
    }
  }
  return widths;
}

/** Emphasis, code, links, line breaks and escapes within a line. */
function showInline(text: string): string {
  return text
    .replaceAll('<br>', '\n')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/(?<!\\)`([^`]*)`/g, (_, code: string) => paint('cyan', code))
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/\*\*(.+?)\*\*/gs, (_, strong: string) => strong.split('\n').map(bold).join('\n'))
    .replace(/(?<![\w*\\])\*([^*\s][^*]*)\*/g, '$1')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
}

function bold(text: string): string {
  return paint('bold', text);
}
