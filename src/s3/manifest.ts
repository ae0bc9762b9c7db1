import { formatCsvLine, parseCsvLine } from './csv.ts';

/** One row of a manifest (design, section 3). An empty field is null; the key is decoded. */
export type PlannedRow = {
  bucket: string;
  key: string;
  /** the entry acted on: the marker to remove, the version to copy; null to add a marker */
  versionId: string | null;
  /** the key's current entry when the plan was made */
  currentVersionId: string | null;
  /** bytes */
  size: number | null;
  storageClass: string | null;
  /**
   * the version that comes to the top when the key's markers are gone; only in rows that remove one, and left out where
   * the plan does not know for sure
   */
  exposedVersionId?: string;
};

const COLUMNS = 6;
/** Rows that remove a delete marker end in one more. */
const MARKER_COLUMNS = 7;
/** What encodeURIComponent leaves as it is although it is reserved; `~` so that `+`-aware decoders agree too. */
const LEFT_BARE = /[!'()*~]/g;
/** Keys that are spelled as they are. */
const PLAIN = /^[A-Za-z0-9\-_./]*$/;

/** A key as manifests spell it: UTF-8, percent-encoded, slashes kept, so that both decoders in use agree. */
export function encodeKey(key: string): string {
  if (PLAIN.test(key)) return key;
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(LEFT_BARE, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** @returns the key, or null where the text is not percent-encoded UTF-8 */
export function decodeKey(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return null;
  }
}

/** @returns the row, or null where the line is not one of a manifest */
export function parseManifestLine(line: string): PlannedRow | null {
  const fields = parseCsvLine(line);
  if (fields === null || (fields.length !== COLUMNS && fields.length !== MARKER_COLUMNS)) return null;
  const [bucket = '', encodedKey = '', versionId = '', currentVersionId = '', size = '', storageClass = ''] =
    fields;
  const exposedVersionId = fields[COLUMNS] ?? '';
  const key = decodeKey(encodedKey);
  if (bucket === '' || key === null || key === '' || !/^\d*$/.test(size)) return null;
  return {
    bucket,
    key,
    versionId: versionId || null,
    currentVersionId: currentVersionId || null,
    size: size === '' ? null : Number(size),
    storageClass: storageClass || null,
    ...(exposedVersionId !== '' && { exposedVersionId }),
  };
}

/** Formats a row as a line of a manifest, without its line break. */
export function formatManifestLine(row: PlannedRow): string {
  const fields = [
    row.bucket,
    encodeKey(row.key),
    row.versionId,
    row.currentVersionId,
    row.size,
    row.storageClass,
  ];
  return formatCsvLine(row.exposedVersionId === undefined ? fields : [...fields, row.exposedVersionId]);
}
