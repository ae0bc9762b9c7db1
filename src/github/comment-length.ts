/** GitHub answers 422 "Body is too long (maximum is 65536 characters)" above this. */
export const MAX_BODY_CHARACTERS = 65_536;
/** What a body is cut to; the rest is room for what says so, and for characters that GitHub may count twice. */
const CUT_CHARACTERS = 55_000;

const FENCE = /^\s*(?:> )?(`{3,}|~{3,})/;

/**
 * Makes a body fit into a comment. It is cut at an empty line outside of code and `<details>`; the first line, by which
 * the comment is found again, and the last one, which names the digest, stay.
 * @param whole Markdown of our own that says where the whole text is
 */
export function fitBody(body: string, whole: string): string {
  if (body.length <= CUT_CHARACTERS) return body;
  const last = body.trimEnd().split('\n').at(-1) ?? '';
  const notice = `\n> [!WARNING]\n> **Cut here: the text is too long for a comment.** ${whole}\n`;
  const closing = last.length <= 1000 ? `\n${last}\n` : '';
  return `${cutAtBreak(body, CUT_CHARACTERS - notice.length - closing.length)}${notice}${closing}`;
}

/** The longest beginning that ends at an empty line at the top level, or the first line where there is none. */
function cutAtBreak(body: string, room: number): string {
  const lines = body.split('\n');
  let fence = '';
  let depth = 0;
  let length = 0;
  let kept = 1;
  for (const [index, line] of lines.entries()) {
    length += line.length + 1;
    if (length > room) break;
    const [, mark = ''] = FENCE.exec(line) ?? [];
    if (fence === '') {
      fence = mark;
      depth += line.startsWith('<details>') ? 1 : line.startsWith('</details>') ? -1 : 0;
    } else if (mark.startsWith(fence)) {
      fence = '';
    }
    if (line === '' && fence === '' && depth === 0) kept = index;
  }
  return `${lines.slice(0, Math.max(kept, 1)).join('\n')}\n`;
}
