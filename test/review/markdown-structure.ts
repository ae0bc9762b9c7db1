/**
 * What a reader of GitHub Markdown would make of a comment, line by line: a small scanner instead of a parser, for
 * the few forms that the comment uses. It follows GFM where that decides: a pipe splits cells even inside code unless
 * a backslash stands before it, and a code span ends at a run of backticks as long as its first.
 */

/** Everything that the comment may hold as HTML. */
const OWN_HTML = /<\/?details>|<\/?summary>|<br>/g;

export type CommentStructure = {
  /** Number of cells of each row, table by table, the delimiter row included. */
  tables: number[][];
  headings: string[];
  /** Lines outside code blocks, without code spans, escaped characters, links and HTML of our own. */
  bareLines: string[];
  codeBlocks: number;
};

export function readStructure(comment: string): CommentStructure {
  const structure: CommentStructure = { tables: [], headings: [], bareLines: [], codeBlocks: 0 };
  let inCode = false;
  let table: number[] | null = null;
  for (const raw of comment.split('\n').slice(1)) {
    const line = raw.replace(/^> /, '');
    if (/^(```|~~~)/.test(line)) {
      inCode = !inCode;
      if (inCode) structure.codeBlocks += 1;
      continue;
    }
    if (inCode) continue;
    if (line.startsWith('|')) {
      if (table === null) {
        table = [];
        structure.tables.push(table);
      }
      table.push(countCells(line));
    } else {
      table = null;
    }
    if (/^#{1,6} /.test(line)) structure.headings.push(line);
    structure.bareLines.push(dropInert(line));
  }
  return structure;
}

function countCells(row: string): number {
  return [...row.replace(/\\[\s\S]/g, '').matchAll(/\|/g)].length - 1;
}

function dropInert(line: string): string {
  let rest = line.startsWith('|') ? line.replaceAll('\\|', '¦') : line;
  let bare = '';
  while (rest !== '') {
    const [escaped] = /^\\[!-/:-@[-`{-~]/.exec(rest) ?? [];
    const [run] = /^`+/.exec(rest) ?? [];
    if (escaped !== undefined) {
      rest = rest.slice(2);
    } else if (run !== undefined) {
      const end = findRun(rest, run.length);
      if (end === -1) return `${bare}${rest}`;
      rest = rest.slice(end + run.length);
      bare += ' ';
    } else {
      bare += rest[0];
      rest = rest.slice(1);
    }
  }
  return bare
    .replace(OWN_HTML, ' ')
    .replace(/\[([^\][]*)\]\((?:https?:\/\/)?[\w%./#?=&+,;:@$~-]*\)/g, '$1')
    .replace(/^\[!(CAUTION|IMPORTANT|NOTE)\]$/, '');
}

function findRun(text: string, length: number): number {
  for (const match of text.slice(length).matchAll(/`+/g)) {
    if (match[0].length === length) return match.index + length;
  }
  return -1;
}
