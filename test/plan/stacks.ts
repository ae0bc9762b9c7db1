/**
 * Version stacks in one line of text, the notation of the truth table (semantics, section 4): entries oldest first,
 * `V` an object version and `DM` a delete marker, each with a name, and `->` where the point in time P lies:
 *
 *     V1 -> DM1, V2[GLACIER size=7]
 *
 * An entry without `at` is ten days before P, or after it, a minute behind the entry before. In brackets, apart by
 * spaces: `at=-5` seconds from P, `tie` the second of the entry before, `latest` the current entry (else the last),
 * `id=` the version ID (else the name in lower case), `size=` bytes (else 10), `mpu` a multipart upload, `SSE-C`,
 * `tier=` the Intelligent-Tiering access tier, and any other word is the storage class (else STANDARD).
 */

/** P of all tests. */
export const POINT_IN_TIME = '2025-08-22T12:00:00Z';
/** Seconds. */
export const MINUTE = 60;
/** Seconds. */
export const DAY = 86_400;

/** A version entry; `at` is its last_modified in seconds from P. */
export type Entry = {
  isMarker: boolean;
  versionId: string;
  at: number;
  isLatest: boolean;
  size: number;
  storageClass: string;
  isMultipart: boolean;
  isCustomerKey: boolean;
  accessTier: string;
};

/** The entries of one key, newest first in S3's own order, which times alone may not tell. */
export type Stack = readonly Entry[];

const TOKEN = /^(?<kind>V|DM)(?<name>\w*)(?:\[(?<words>[^\]]*)\])?$/;
const ATTRIBUTE = /^(?<name>at|id|size|tier)=(?<value>.*)$/;

/** Reads the notation. */
export function parseStack(notation: string): Stack {
  const [before = '', after = ''] = notation.split('->');
  const entries: Entry[] = [];
  for (const [side, start] of [
    [before, -10 * DAY],
    [after, MINUTE],
  ] as const) {
    for (const [index, token] of tokensOf(side).entries()) {
      entries.push(parseEntry(token, start + index * MINUTE, entries.at(-1)));
    }
  }
  const current = entries.find((entry) => entry.isLatest) ?? entries.at(-1);
  return entries.map((entry) => ({ ...entry, isLatest: entry === current })).reverse();
}

function tokensOf(side: string): string[] {
  return side.split(/,\s*/).flatMap((token) => (token.trim() === '' ? [] : [token.trim()]));
}

function parseEntry(token: string, defaultAt: number, previous: Entry | undefined): Entry {
  const groups = TOKEN.exec(token)?.groups;
  if (groups === undefined) throw new Error(`'${token}' is not an entry of a stack`);
  const { kind, name, words = '' } = groups;
  const entry: Entry = {
    isMarker: kind === 'DM',
    versionId: `${kind}${name}`.toLowerCase(),
    at: defaultAt,
    isLatest: false,
    size: 10,
    storageClass: 'STANDARD',
    isMultipart: false,
    isCustomerKey: false,
    accessTier: '',
  };
  for (const word of words.split(' ').filter((part) => part !== '')) applyWord(entry, word, previous);
  return entry;
}

function applyWord(entry: Entry, word: string, previous: Entry | undefined): void {
  const attribute = ATTRIBUTE.exec(word)?.groups;
  const value = attribute?.value ?? '';
  if (attribute?.name === 'at') entry.at = Number(value);
  else if (attribute?.name === 'id') entry.versionId = value;
  else if (attribute?.name === 'size') entry.size = Number(value);
  else if (attribute?.name === 'tier') entry.accessTier = value;
  else if (word === 'tie') entry.at = previous?.at ?? entry.at;
  else if (word === 'latest') entry.isLatest = true;
  else if (word === 'mpu') entry.isMultipart = true;
  else if (word === 'SSE-C') entry.isCustomerKey = true;
  else if (word === 'no-class') entry.storageClass = '';
  else entry.storageClass = word;
}

/** Writes the notation that reads back as the same stack. */
export function formatStack(stack: Stack): string {
  // The arrow is only there to be read: every entry has its own time.
  const oldestFirst = stack.toReversed();
  const split = oldestFirst.findIndex((entry) => entry.at > 0);
  const tokens = oldestFirst.map(formatEntry);
  const before = split === -1 ? tokens : tokens.slice(0, split);
  return `${before.join(', ')} -> ${tokens.slice(before.length).join(', ')}`.trim();
}

function formatEntry(entry: Entry): string {
  const words = [
    `at=${entry.at}`,
    `id=${entry.versionId}`,
    entry.isLatest ? 'latest' : '',
    entry.size === 10 ? '' : `size=${entry.size}`,
    entry.storageClass === 'STANDARD' ? '' : entry.storageClass || 'no-class',
    entry.isMultipart ? 'mpu' : '',
    entry.isCustomerKey ? 'SSE-C' : '',
    entry.accessTier === '' ? '' : `tier=${entry.accessTier}`,
  ];
  return `${entry.isMarker ? 'DM' : 'V'}[${words.filter((word) => word !== '').join(' ')}]`;
}
