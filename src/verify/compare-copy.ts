import { haveSameData } from '../execute/own-copy.ts';
import type { PlannedRow } from '../s3/manifest.ts';
import type { ObjectHead } from '../s3/version-entry.ts';
import type { LiveChecker } from './live.ts';

/**
 * Compares a copy with its source: data by size and checksum or ETag, headers, metadata, redirect, tags, and the
 * storage class that was asked for.
 * @param made the copy; its HEAD where that has just been asked for
 * @param dataOnly for a version that was there before: its headers are not the plan's promise
 * @returns what differs, or null
 */
export async function compareCopy(
  checker: LiveChecker,
  row: PlannedRow,
  made: { versionId: string; head: ObjectHead | null },
  dataOnly: boolean,
): Promise<string | null> {
  const { calls, read, writtenBucket } = checker;
  const source = { bucket: row.bucket, key: row.key, versionId: row.versionId ?? '' };
  const copied = { bucket: writtenBucket, key: row.key, versionId: made.versionId };
  const [original, copy] = await Promise.all([
    read(() => calls.headObject(source)),
    made.head ?? read(() => calls.headObject(copied)),
  ]);
  if (original.kind !== 'version') return 'the source version still there';
  if (copy.kind !== 'version') return 'an object version';
  if (haveSameData(original, copy) === false) return 'size and checksum';
  if (dataOnly) return null;
  const difference = compareAttributes(original, copy, checker);
  if (difference !== null) return difference;
  if (original.tagCount === 0 && copy.tagCount === 0) return null;
  const [tags, copiedTags] = await Promise.all([
    read(() => calls.readTags(source)),
    read(() => calls.readTags(copied)),
  ]);
  return sorted(tags) === sorted(copiedTags) ? null : 'tags';
}

function compareAttributes(
  original: ObjectHead,
  copy: ObjectHead,
  { storageClass, keepsRedirect }: LiveChecker,
): string | null {
  for (const name of new Set([...Object.keys(original.headers), ...Object.keys(copy.headers)])) {
    if (original.headers[name] !== copy.headers[name]) return name;
  }
  for (const name of new Set([...Object.keys(original.metadata), ...Object.keys(copy.metadata)])) {
    if (original.metadata[name] !== copy.metadata[name]) return `metadata ${name}`;
  }
  if (keepsRedirect && original.websiteRedirect !== copy.websiteRedirect) return 'website redirect';
  const wanted = storageClass === 'as-source' ? original.storageClass : storageClass;
  return copy.storageClass === wanted ? null : `storage class ${wanted}`;
}

function sorted(tags: readonly { key: string; value: string }[]): string {
  return JSON.stringify(tags.map(({ key, value }) => [key, value]).toSorted());
}
