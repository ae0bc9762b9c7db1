import { RunbookError } from '../../errors.ts';
import type { PinnedManifest } from '../../s3/batch-job.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import { readPatiently, type Sleep } from '../backoff.ts';
import { MAX_ROW_BYTES, type ManifestBytes, READ_BYTES, type Split } from '../split.ts';
import type { RecordPlace } from './record-place.ts';

/**
 * Opens a manifest on S3 for one split. One range that holds the split with its neighbours is read and serves what
 * lies in it; anything beyond is read by itself.
 * @throws RunbookError RECORD_CHANGED, from a read, where the manifest has not the size of the plan's
 */
export function manifestObject(
  calls: Pick<ObjectCalls, 'readObject'>,
  place: RecordPlace,
  manifest: PinnedManifest,
  split: Split,
  pause: Sleep,
): ManifestBytes {
  const key = `${place.prefix}${manifest.path}`;
  const first = Math.max(0, split.start - MAX_ROW_BYTES);
  const last = Math.min(manifest.bytes, split.end + READ_BYTES);
  let window: Promise<Buffer> | null = null;

  const fetch = async (start: number, end: number): Promise<Buffer> => {
    const { bucket } = place;
    const { versionId } = manifest;
    const found = await readPatiently(
      () => calls.readObject({ bucket, key, versionId, range: { start, end } }),
      pause,
    );
    if (found.objectBytes === manifest.bytes && found.bytes.length === end - start) return found.bytes;
    throw new RunbookError(
      'RECORD_CHANGED',
      `${key} has ${found.objectBytes} bytes; the plan's has ${manifest.bytes}.`,
      { hint: 'what was reviewed is what runs, or nothing runs: put the file back, or plan again' },
    );
  };
  return {
    name: manifest.path,
    size: manifest.bytes,
    async read(start, end) {
      if (start >= end) return Buffer.alloc(0);
      if (start < first || end > last) return await fetch(start, end);
      window ??= fetch(first, last);
      return (await window).subarray(start - first, end - first);
    },
  };
}
