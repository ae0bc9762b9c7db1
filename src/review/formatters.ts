import type { TemplateHelper } from '../render/handlebars.ts';
import { formatCodeSpan, formatInlineText, formatLink } from '../render/markdown.ts';
import { formatDuration } from '../s3/duration.ts';
import { formatBytes, formatCount, formatQuantity, formatShare, formatUsd, formatUtc } from './figures.ts';

/** Longest key, prefix or version ID in the comment, in characters as shown. */
const MAX_KEY_CHARACTERS = 88;
const MAX_VERSION_ID_CHARACTERS = 16;
const DIGEST_CHARACTERS = 12;

/**
 * The formatters of `templates/comment.md.hbs`, by name. Each checks its arguments: the strict mode of Handlebars
 * does not (it lets `{{count nothing}}` through).
 */
export const COMMENT_FORMATTERS: Record<string, TemplateHelper> = {
  count: (value) => formatCount(number(value)),
  quantity: (value, noun) => formatQuantity(number(value), string(noun)),
  bytes: (value) => formatBytes(number(value)),
  usd: (value) => formatUsd(number(value)),
  unbroken: (value) => string(value).replaceAll(' ', '&nbsp;'),
  share: (part, whole) => formatShare(number(part), number(whole)),
  duration: (value) => formatDuration(number(value)),
  utc: (value) => formatUtc(string(value)),
  text: (value, max) => formatInlineText(string(value), number(max)),
  key: (value) => formatCodeSpan(string(value), { cell: true, maxCharacters: MAX_KEY_CHARACTERS }),
  prefix: (value) =>
    value === ''
      ? '(no prefix)'
      : formatCodeSpan(string(value), { cell: true, maxCharacters: MAX_KEY_CHARACTERS }),
  code: (value) => formatCodeSpan(string(value), { cell: false, maxCharacters: MAX_KEY_CHARACTERS }),
  digest: (value) => formatCodeSpan(shortDigest(string(value)), { cell: true }),
  file: (path, destination) => formatLink(string(path).split('/').at(-1) ?? '', string(destination)),
};

/** Formats a version ID for a table cell: its two ends, which is what people compare. */
export function formatVersionId(versionId: string): string {
  const isLong = versionId.length > MAX_VERSION_ID_CHARACTERS;
  return formatCodeSpan(isLong ? `${versionId.slice(0, 8)}…${versionId.slice(-4)}` : versionId, {
    cell: true,
  });
}

/** The first digits of a digest: enough to tell two plans apart at a glance, never to prove anything. */
function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, DIGEST_CHARACTERS);
}

function number(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`expected a number, got ${typeof value}`);
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`expected a string, got ${typeof value}`);
}
