import { nameOf, textOf } from './xml-text.ts';

/**
 * A scanner for one kind of document: ListVersionsResult. A general parser takes several times as long, and the SDK's
 * sorts object versions and delete markers into two lists, which loses the order across them.
 */

/** A version entry as the document of ListObjectVersions spells it. */
export type ScannedEntry = {
  /** as the page has it, URL-encoded or not, until the page is known to be the one or the other */
  key: string;
  versionId: string;
  isLatest: boolean;
  isDeleteMarker: boolean;
  /** decimal digits; empty for a delete marker */
  size: string;
  /** ISO 8601, with the fraction that the store gives */
  lastModified: string;
  storageClass: string;
  /** without quotes */
  eTag: string;
};

export type PageElements = {
  /** text of the elements beside the entries, such as IsTruncated */
  header: ReadonlyMap<string, string>;
  entries: ScannedEntry[];
};

const SLASH = 47;
const EXCLAMATION = 33;
const QUESTION = 63;
const ROOT = /<(?:\w+:)?ListVersionsResult[\s>]/;

/** Fields of an entry; the scanner knows them by length and text, without making a string of every tag's name. */
const FIELDS = ['Key', 'VersionId', 'IsLatest', 'LastModified', 'ETag', 'Size', 'StorageClass'] as const;
type Field = (typeof FIELDS)[number];
const FIELDS_BY_LENGTH = new Map<number, readonly Field[]>(
  [3, 4, 8, 9, 12].map((length) => [length, FIELDS.filter((name) => name.length === length)]),
);

/** Reads a page in document order. @returns null when it is no listing, or not a whole one */
export function scanPage(xml: string): PageElements | null {
  const root = ROOT.exec(xml);
  if (root === null) return null;
  const header = new Map<string, string>();
  const entries: ScannedEntry[] = [];
  let entry: ScannedEntry | null = null;
  let depth = 1;
  // Name and text start of the innermost element, while it has no child.
  let leaf = '';
  let textStart = 0;
  let at = xml.indexOf('>', root.index) + 1;
  for (;;) {
    const open = xml.indexOf('<', at);
    const close = open < 0 ? -1 : xml.indexOf('>', open);
    if (close < 0) return null;
    const first = xml.charCodeAt(open + 1);
    if (first === SLASH) {
      depth -= 1;
      if (depth === 0) return { header, entries };
      if (leaf !== '') {
        if (depth === 2 && entry !== null) setField(entry, leaf, xml, textStart, open);
        else if (depth === 1) header.set(leaf, textOf(xml, textStart, open));
        leaf = '';
      }
      if (depth === 1) entry = null;
    } else if (first !== EXCLAMATION && first !== QUESTION && xml.charCodeAt(close - 1) !== SLASH) {
      if (depth === 2 && entry !== null) {
        leaf = fieldOf(xml, open + 1, close);
        if (leaf === '') {
          // The owner, checksums, the state of a restore: passed over with all that is in them.
          const name = xml.slice(open + 1, close).split(/\s/, 1)[0];
          const end = xml.indexOf(`</${name}>`, close);
          if (end < 0) return null;
          at = end + 1;
          at = xml.indexOf('>', at) + 1;
          continue;
        }
      } else leaf = nameOf(xml, open + 1, close);
      depth += 1;
      textStart = close + 1;
      if (depth === 2 && (leaf === 'Version' || leaf === 'DeleteMarker')) {
        entry = emptyEntry(leaf === 'DeleteMarker');
        entries.push(entry);
        leaf = '';
      }
    }
    at = close + 1;
  }
}

function emptyEntry(isDeleteMarker: boolean): ScannedEntry {
  return {
    key: '',
    // A store that leaves it out has no versions: S3's null version.
    versionId: 'null',
    isLatest: false,
    isDeleteMarker,
    size: '',
    lastModified: '',
    storageClass: '',
    eTag: '',
  };
}

function setField(entry: ScannedEntry, name: string, xml: string, start: number, end: number): void {
  switch (name) {
    case 'Key':
      entry.key = textOf(xml, start, end);
      break;
    case 'VersionId':
      entry.versionId = textOf(xml, start, end) || 'null';
      break;
    case 'IsLatest':
      entry.isLatest = xml.startsWith('true', start);
      break;
    case 'LastModified':
      entry.lastModified = xml.slice(start, end);
      break;
    case 'Size':
      if (!entry.isDeleteMarker) entry.size = xml.slice(start, end);
      break;
    case 'ETag':
      if (!entry.isDeleteMarker) entry.eTag = eTagOf(xml, start, end);
      break;
    case 'StorageClass':
      if (!entry.isDeleteMarker) entry.storageClass = textOf(xml, start, end);
      break;
  }
}

/** An ETag without the quotes that S3 sends as `&quot;`. */
function eTagOf(xml: string, start: number, end: number): string {
  if (xml.startsWith('&quot;', start) && xml.startsWith('&quot;', end - 6) && end - start >= 12) {
    const plain = xml.slice(start + 6, end - 6);
    if (!plain.includes('&')) return plain;
  }
  return textOf(xml, start, end).replaceAll('"', '');
}

/** The field that a tag names; empty for any other element. */
function fieldOf(xml: string, start: number, end: number): string {
  for (const name of FIELDS_BY_LENGTH.get(end - start) ?? []) {
    if (xml.startsWith(name, start)) return name;
  }
  if (xml.startsWith('Owner', start) && end - start === 5) return '';
  const name = nameOf(xml, start, end);
  return (FIELDS as readonly string[]).includes(name) ? name : '';
}
