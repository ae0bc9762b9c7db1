import { RunbookError } from '../errors.ts';
import { ENGINE_FORMATS } from '../inventory/choose-source.ts';
import { type FoundReport, findInventoryReport, type InventoryCalls } from '../inventory/s3-inventory.ts';
import type { BucketFacts } from '../s3/bucket-facts.ts';
import type { MetadataConfiguration } from '../s3/metadata-tables.ts';
import type { Reading } from './check.ts';
import { takeReading } from './reading.ts';

/** The calls of S3 that a bucket is read by. */
export type BucketCalls = InventoryCalls & {
  readFacts(bucket: string): Promise<BucketFacts>;
  readMetadataConfiguration(bucket: string): Promise<MetadataConfiguration | null>;
  /** one entry of the list of versions */
  listVersions(bucket: string): Promise<unknown>;
};

export type InventoryLook =
  | { report: FoundReport; frequency: string }
  /** why each configuration serves or not; `configured`: whether there is one */
  | { report: null; configured: boolean; reasons: string[] };

export type BucketReadings = {
  facts: Reading<BucketFacts>;
  listing: Reading<unknown>;
  metadata: Reading<MetadataConfiguration | null>;
  inventory: Reading<InventoryLook>;
};

export async function readBucket(calls: BucketCalls, bucket: string): Promise<BucketReadings> {
  // First and alone: what is wrong with the bucket itself need not be found out four times.
  const facts = await takeReading(() => calls.readFacts(bucket));
  if (!facts.readable) return { facts, listing: facts, metadata: facts, inventory: facts };
  const [listing, metadata, inventory] = await Promise.all([
    takeReading(() => calls.listVersions(bucket)),
    takeReading(() => calls.readMetadataConfiguration(bucket)),
    takeReading(() => lookForReport(calls, bucket)),
  ]);
  return { facts, listing, metadata, inventory };
}

/** Any report will do for finding the newest: how old it may be is decided later. */
const ANY_TIME = '1970-01-01T00:00:00Z';

/** @throws RunbookError what kept from looking, where no report was found */
async function lookForReport(calls: InventoryCalls, bucket: string): Promise<InventoryLook> {
  const configurations = await calls.listConfigurations(bucket);
  const refusals: RunbookError[] = [];
  const watched =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    (...args: Args): Promise<Answer> =>
      call(...args).catch((error: unknown) => {
        if (error instanceof RunbookError) refusals.push(error);
        throw error;
      });
  const { report, considered } = await findInventoryReport(
    {
      listConfigurations: async () => configurations,
      listFolders: watched((...args) => calls.listFolders(...args)),
      readText: watched((...args) => calls.readText(...args)),
    },
    { bucket, prefixes: [], timestamp: ANY_TIME, formats: ENGINE_FORMATS.athena },
  );
  if (report !== null) {
    const frequency = configurations.find(({ id }) => id === report.configuration)?.frequency ?? '';
    return { report, frequency };
  }
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  const reasons = considered.map(({ name, reason }) => (name === null ? reason : `'${name}': ${reason}`));
  return { report: null, configured: configurations.length > 0, reasons };
}
