import { RunbookError } from '../../errors.ts';
import { decodeListedKey } from '../../s3/listed-key.ts';
import { RetryableError } from '../../s3/retryable.ts';
import { type PageElements, type ScannedEntry, scanPage } from '../../s3/scan-versions.ts';

/** Where a page begins: behind this version entry, or behind this key where no version is named. */
export type Marker = { key: string; versionId: string | null };

export type VersionsPage = {
  entries: ScannedEntry[];
  /** where the next page begins; null on the last */
  next: Marker | null;
};

/**
 * Reads one answer of ListObjectVersions, keys decoded if the answer says that they are encoded: stores that do not
 * know `encoding-type` send them plain and do not echo it.
 * @throws RetryableError when the answer is cut off or is an error in disguise
 * @throws RunbookError LISTING_STUCK, S3_FAILED
 */
export function parsePage(xml: string): VersionsPage {
  const page = scanPage(xml);
  if (page === null) throw incomplete();
  const decode = page.header.get('EncodingType') === 'url' ? decodeOrRefuse : assertReadable;
  let rawKey: string | null = null;
  let key = '';
  for (const entry of page.entries) {
    // Entries of a stack follow each other and share the text of their key.
    if (entry.key !== rawKey) {
      rawKey = entry.key;
      key = decode(rawKey);
    }
    entry.key = key;
  }
  return { entries: page.entries, next: nextMarker(page, decode) };
}

function nextMarker({ header }: PageElements, decode: (text: string) => string): Marker | null {
  if (header.get('IsTruncated') !== 'true') return null;
  const key = decode(header.get('NextKeyMarker') ?? '');
  if (key === '') {
    throw new RunbookError('LISTING_STUCK', 'The store says that there is more, but not where it begins.', {
      hint: 'this store cannot be listed page by page; take the inventory with its own tools',
    });
  }
  return { key, versionId: header.get('NextVersionIdMarker') || null };
}

function decodeOrRefuse(text: string): string {
  try {
    return decodeListedKey(text);
  } catch (cause) {
    throw notUtf8(text, cause);
  }
}

/** The replacement character stands where the answer's bytes were not UTF-8, or is part of a key: no telling which. */
function assertReadable(text: string): string {
  if (text.includes('\ufffd')) throw notUtf8(text, undefined);
  return text;
}

function notUtf8(text: string, cause: unknown): RunbookError {
  return new RunbookError('S3_FAILED', `The key '${text}' of the listing is not UTF-8.`, {
    hint: 'S3 keys are UTF-8; rename this one with the tools of the store, or leave it out with --prefix',
    cause,
  });
}

function incomplete(): RetryableError {
  const refusal = new RunbookError(
    'S3_FAILED',
    'The store answered with something that is no whole listing.',
    {
      hint: 'check the endpoint; then run the same command again with --resume',
    },
  );
  return new RetryableError(refusal, { slowDown: false });
}
