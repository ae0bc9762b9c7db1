/**
 * Untrusted text in GitHub Markdown. Keys, prefixes and messages come from a bucket that anyone may have written to;
 * what these functions return shows the text and does nothing else, in a table cell as well as in a sentence.
 */

/** Characters that nobody sees, or that change how their neighbours look: controls, bidi, zero width, odd spaces. */
const UNSEEN = /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]$/u;
const COMBINING_MARK = /^\p{M}$/u;
/** Living scripts stack up to four marks on a letter; longer piles reach into the lines above and below. */
const MAX_COMBINING_MARKS = 4;
const NAMED_ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Characters that mean something to Markdown inside a line. */
const MARKDOWN_PUNCTUATION = /[\\`*_[\]<>|~&!]/g;

/**
 * Words that GitHub turns into links, pictures or formulas after Markdown, where a backslash no longer helps:
 * mentions, issue and commit references, addresses, :emoji:, $math$ (but a price is no formula). ("Autolinked references and URLs", GitHub Docs.)
 */
const AUTOLINKED =
  /[@#`]|\$(?!\d)|[^(]\$|:\/\/|www\.|(?:mailto|xmpp):|\bGH-\d|\b[0-9a-f]{7,}\b|:(?:[a-z+-][\w+-]*|100|1234):/i;

/** A word that the author of a message marked as code, and an option of a command, read best as code. */
const QUOTED_WORD = /^`([^`]+)`([.,;:]?)$/;
const OPTION = /^--[a-z][a-z-]*$/;

/** A text that is nothing but a command of the AWS CLI is copied as a whole, so it is shown as one piece. */
const COMMAND = /^aws(?: [\w./:=-]+)+$/;

const LINK_SCHEME = /^(?:https?:\/\/|(?![a-z][a-z0-9+.-]*:))/i;
/** All but the characters of a URL that mean nothing to Markdown inside the parentheses of a link, and `&`. */
const LINK_UNSAFE = /[^A-Za-z0-9\-._~:/?#@$+,;=%&]/gu;
/** A longer address is not shown as a link: it would take the room of the review itself. */
const MAX_LINK_CHARACTERS = 2000;

const encoder = new TextEncoder();

/**
 * Shows a text as a code span that the text cannot leave. Escapes are those of a JavaScript string: `\n`, `\u{202e}`,
 * and `\\` for a backslash; so are spaces at the ends and in a row, which a browser would swallow.
 * @param options `cell`: the span stands in a table cell, where a pipe needs a backslash even inside code;
 *   `maxCharacters`: a longer text is cut in the middle and its length in bytes of UTF-8 is added
 */
export function formatCodeSpan(text: string, options: { cell: boolean; maxCharacters?: number }): string {
  if (text === '') return '(empty)';
  const kept = cutMiddle(text, options.maxCharacters ?? Number.POSITIVE_INFINITY);
  const shown = showUnseen(kept).join('');
  // A span ends at a run of backticks as long as the one that began it, so any length that does not occur will do.
  const runs = new Set((shown.match(/`+/g) ?? []).map((run) => run.length));
  let fenceLength = 1;
  while (runs.has(fenceLength)) fenceLength += 1;
  const fence = '`'.repeat(fenceLength);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  // Backslashes come in pairs or before a letter in `shown`, so the one before a pipe is never itself escaped.
  const body = options.cell ? shown.replaceAll('|', '\\|') : shown;
  const note = kept !== text ? ` (${encoder.encode(text).length.toLocaleString('en-US')} bytes)` : '';
  return `${fence}${pad}${body}${pad}${fence}${note}`;
}

/**
 * Shows a text as ordinary words of a sentence or a cell, on one line. Words that GitHub would turn into something
 * else are shown as code.
 * @param maxCharacters a longer text is cut in the middle
 */
export function formatInlineText(text: string, maxCharacters: number): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  if (COMMAND.test(line)) return formatCodeSpan(line, { cell: true, maxCharacters });
  return cutMiddle(line, maxCharacters)
    .split(' ')
    .map((word) => word.split('|').map(formatWord).join('\\|'))
    .join(' ');
}

function formatWord(word: string): string {
  const [, quoted, after = ''] = QUOTED_WORD.exec(word) ?? [];
  if (quoted !== undefined) return `${formatCodeSpan(quoted, { cell: true })}${after}`;
  return AUTOLINKED.test(word) || OPTION.test(word)
    ? formatCodeSpan(word, { cell: true })
    : showUnseen(word, '\\').join('').replace(MARKDOWN_PUNCTUATION, '\\$&');
}

/**
 * Formats a link. Where the destination is neither http(s) nor relative, or too long, the label stands alone.
 * @param label untrusted text
 */
export function formatLink(label: string, destination: string): string {
  const text = formatInlineText(label, 60);
  if (!LINK_SCHEME.test(destination)) return text;
  const encoded = destination.toWellFormed().replace(LINK_UNSAFE, percentEncode).replaceAll('&', '&amp;');
  return encoded.length > MAX_LINK_CHARACTERS ? text : `[${text}](${encoded})`;
}

/**
 * Formats an HTML comment that carries a name and one line of JSON, for a program that looks for it later. No value
 * can end the comment: JSON escapes stand for everything but plain ASCII, for `<`, `>`, `&` and for a second hyphen.
 */
export function formatJsonComment(name: string, value: object): string {
  const json = JSON.stringify(value).replace(
    /[<>&]|[^\x20-\x7e]|(?<=-)-/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `<!-- ${name} ${json} -->`;
}

/** One string for each code point: itself where it is seen, an escape where it is not. */
function showUnseen(text: string, backslash = '\\\\'): string[] {
  const points = [...text];
  let marks = 0;
  return points.map((point, i) => {
    marks = COMBINING_MARK.test(point) ? marks + 1 : 0;
    if (point === '\\') return backslash;
    const named = NAMED_ESCAPES[point];
    if (named !== undefined) return named;
    const lost =
      point === ' '
        ? i === 0 || i === points.length - 1 || points[i - 1] === ' '
        : UNSEEN.test(point) || marks > MAX_COMBINING_MARKS || (marks > 0 && marks === i + 1);
    return lost ? `\\u{${(point.codePointAt(0) ?? 0).toString(16)}}` : point;
  });
}

/** Keeps the two ends, which tell keys apart. Characters are counted as they will be shown, escapes included. */
function cutMiddle(text: string, maxCharacters: number): string {
  const points = [...text];
  const widths = showUnseen(text).map((piece) => piece.length);
  if (sum(widths) <= maxCharacters) return text;
  const half = Math.floor((maxCharacters - 1) / 2);
  const head = countFitting(widths, half);
  const tail = countFitting(widths.toReversed(), half);
  return `${points.slice(0, head).join('')}…${points.slice(points.length - tail).join('')}`;
}

function countFitting(widths: number[], room: number): number {
  let used = 0;
  const index = widths.findIndex((width) => {
    used += width;
    return used > room;
  });
  return index === -1 ? widths.length : index;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percentEncode(text: string): string {
  return [...encoder.encode(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
