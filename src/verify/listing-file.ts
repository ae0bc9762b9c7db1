import { open } from 'node:fs/promises';
import { formatCsvLine } from '../s3/csv.ts';
import { encodeKey } from '../s3/manifest.ts';
import type { ListedEntry } from '../s3/version-entry.ts';

/** One version entry as a lister yields it, in the order of the listing. */
export type ListingEntry = Omit<ListedEntry, 'storageClass'>;

const HEADER =
  'bucket_name,key_name,version_id,is_latest,delete_marker,size,last_modified,storage_class,e_tag,ordinal';
const WRITE_CHARACTERS = 262_144;

/** Writes a listing as an inventory file, which level 3 of verify reads like any other. */
export async function writeListingFile(
  path: string,
  bucket: string,
  entries: AsyncIterable<ListingEntry>,
): Promise<void> {
  const file = await open(path, 'w');
  let text = `${HEADER}\n`;
  let ordinal = 0;
  try {
    for await (const entry of entries) {
      ordinal += 1;
      const { versionId, isLatest, isDeleteMarker, size, lastModified, eTag } = entry;
      const fields = [
        bucket,
        encodeKey(entry.key),
        versionId,
        String(isLatest),
        String(isDeleteMarker),
        size,
      ];
      text += `${formatCsvLine([...fields, lastModified.toISOString(), null, eTag, ordinal])}\n`;
      if (text.length < WRITE_CHARACTERS) continue;
      await file.appendFile(text);
      text = '';
    }
    await file.appendFile(text);
  } finally {
    await file.close();
  }
}
