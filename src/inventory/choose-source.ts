import { RunbookError } from '../errors.ts';
import type { MetadataConfiguration } from '../s3/metadata-tables.ts';
import { type ConsideredSource, reasonOf } from './considered.ts';
import { type FoundReport, findInventoryReport, type InventoryCalls } from './s3-inventory.ts';
import { assessMetadata, type MetadataTables } from './s3-metadata.ts';

/** The calls that the choice needs. */
export type SourceCalls = InventoryCalls & {
  readMetadataConfiguration(bucket: string): Promise<MetadataConfiguration | null>;
};

export type SourceRequest = {
  bucket: string;
  prefixes: readonly string[];
  timestamp: string;
  engine: 'embedded' | 'athena';
  /** whether S3 Metadata may be used at all */
  useMetadata: boolean;
};

export type SourceChoice =
  | { source: 's3-metadata'; tables: MetadataTables }
  | { source: 's3-inventory'; report: FoundReport }
  | { source: 'listing' };

/** The formats of S3 Inventory that each engine reads. */
export const ENGINE_FORMATS = { embedded: ['CSV', 'Parquet'], athena: ['CSV', 'Parquet', 'ORC'] } as const;
/** What keeps one source from being looked at, not the others. */
const PASSABLE = new Set(['ACCESS_DENIED', 'S3_FAILED']);

/**
 * Chooses where version entries come from, the most telling source first: S3 Metadata, which knows the order and what
 * was purged; the newest S3 Inventory report; a listing of the bucket now.
 * @returns the choice, and for each source why it was taken or not
 * @throws RunbookError BUCKET_NOT_FOUND, CREDENTIALS_MISSING, ENDPOINT_UNREACHABLE, WRONG_REGION
 */
export async function chooseSource(
  calls: SourceCalls,
  request: SourceRequest,
): Promise<{ choice: SourceChoice; considered: ConsideredSource[] }> {
  const metadata = await lookAtMetadata(calls, request);
  if (metadata.tables !== null) {
    const rest = [
      notNeeded('s3-inventory', 'S3 Metadata tells more: the order within a key, and what was purged'),
      notNeeded('listing', 'S3 Metadata serves'),
    ];
    return {
      choice: { source: 's3-metadata', tables: metadata.tables },
      considered: [metadata.considered, ...rest],
    };
  }
  const inventory = await lookAtInventory(calls, request);
  if (inventory.report !== null) {
    const listing = notNeeded('listing', 'a report serves; --list shows the bucket as it is now');
    return {
      choice: { source: 's3-inventory', report: inventory.report },
      considered: [metadata.considered, ...inventory.considered, listing],
    };
  }
  const listing: ConsideredSource = {
    source: 'listing',
    name: null,
    chosen: true,
    reason: 'nothing else serves: every version is listed now, a request for every 1,000 entries',
  };
  return {
    choice: { source: 'listing' },
    considered: [metadata.considered, ...inventory.considered, listing],
  };
}

async function lookAtMetadata(
  calls: SourceCalls,
  { bucket, engine, useMetadata }: SourceRequest,
): Promise<{ tables: MetadataTables | null; considered: ConsideredSource }> {
  const refuse = (reason: string) => ({ tables: null, considered: notNeeded('s3-metadata', reason) });
  if (!useMetadata) return refuse('left out, as asked with --no-use-metadata');
  if (engine === 'embedded') return refuse('its tables are read by Athena, which needs --record-bucket');
  try {
    const found = assessMetadata(await calls.readMetadataConfiguration(bucket), bucket);
    if ('reason' in found) return refuse(found.reason);
    const reason = 'the journal and the live inventory table are active';
    return {
      tables: found.tables,
      considered: { source: 's3-metadata', name: null, chosen: true, reason },
    };
  } catch (error) {
    return refuse(passOver(error));
  }
}

async function lookAtInventory(
  calls: SourceCalls,
  request: SourceRequest,
): Promise<{ report: FoundReport | null; considered: ConsideredSource[] }> {
  try {
    return await findInventoryReport(calls, { ...request, formats: ENGINE_FORMATS[request.engine] });
  } catch (error) {
    return { report: null, considered: [notNeeded('s3-inventory', passOver(error))] };
  }
}

/** The reason of going on without a source. @throws the error, where it would keep from every source */
function passOver(error: unknown): string {
  if (error instanceof RunbookError && PASSABLE.has(error.code)) return reasonOf(error);
  throw error;
}

function notNeeded(source: ConsideredSource['source'], reason: string): ConsideredSource {
  return { source, name: null, chosen: false, reason };
}
