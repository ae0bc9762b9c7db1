import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bucket } from '../../sandbox/bucket.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import { openInventory } from '../../src/inventory/open.ts';
import { type ListingEntry, writeListingFile } from '../../src/verify/listing-file.ts';
import { type StateVerification, verifyState } from '../../src/verify/state.ts';

/** Every version entry of a bucket, as a lister yields them. */
export async function* listingOf(bucket: Bucket): AsyncGenerator<ListingEntry> {
  for (const [key] of bucket.stacks.from(() => true)) {
    for (const [index, entry] of bucket.stack(key).entries()) {
      const { versionId, isDeleteMarker } = entry;
      const lastModified = new Date(entry.lastModified);
      const [size, eTag] = entry.isDeleteMarker ? [null, null] : [entry.content.size, entry.eTag];
      yield { key, versionId, isLatest: index === 0, isDeleteMarker, size, lastModified, eTag };
    }
  }
}

/** Level 3 against a fresh listing of a bucket. */
export async function stateAfter(
  parent: string,
  record: PlanRecord,
  bucket: Bucket,
): Promise<StateVerification> {
  const workFolder = await mkdtemp(join(parent, 'state-'));
  const path = join(workFolder, 'fresh.csv');
  await writeListingFile(path, bucket.name, listingOf(bucket));
  const engine = await openDuckDb({ workFolder, memoryLimit: '1GB', threads: 1 });
  try {
    const before = await openInventory([record.plan.inventory.location], async () => []);
    const after = await openInventory([path], async () => []);
    return await verifyState({ engine, record, before, after, progress: () => {} });
  } finally {
    engine.close();
  }
}
